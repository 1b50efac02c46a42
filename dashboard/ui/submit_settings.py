"""What is asked before files are sent: operation and language first, everything else of the service further down."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation
from dashboard.models.languages import LANGUAGES, SPELL_CHECKED
from dashboard.models.recognition import MOST_DEGREES, RecognitionSettings
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.ui import messages
from dashboard.ui.submit_plan import FOR_IMAGES, WITHOUT_SETTINGS
from dashboard.ui.submit_words import (
    CONFIDENCES,
    MODES,
    RESULT_TYPES,
    SWITCHES,
    TABLE_RESULT_TYPES,
    regions_of,
    regions_text,
)
from dashboard.ui.wording import OPERATIONS

TOKEN_KEY = "submit_token"  # noqa: S105 - the key of a box

_PREFIX = "submit_"
_READ = "submit_read"
"""A mark that this session has begun with somebody's last settings."""

_TITLES = {one.code: one.title for one in LANGUAGES}


def key_of(name: str) -> str:
    """The key of the widget that shows a setting."""
    return f"{_PREFIX}{name}"


def begin(app: Dashboard) -> None:
    """Show what somebody sent with last, once in a session; call before the widgets are drawn."""
    if _READ not in st.session_state:
        st.session_state[_READ] = True
        last = app.team.presets.last()
        # Whoever has no token yet can only try.
        show(
            last
            if app.team.credentials.all()
            else replace(last, trial=True, operation=Operation.RECOGNIZE_IMAGE)
        )


def show(settings: SubmissionSettings) -> None:
    """Put settings into the widgets, before they are drawn."""
    operation = _operation(settings.operation)
    st.session_state[key_of("operation")] = operation.value
    st.session_state[key_of("trial")] = settings.trial
    st.session_state.pop(TOKEN_KEY, None)  # the default one
    if settings.credential_id is not None:
        st.session_state[TOKEN_KEY] = settings.credential_id
    for name in settings.recognition.__slots__:
        value = getattr(settings.recognition, name)
        st.session_state[key_of(name)] = regions_text(value) if name == "regions" else value


def first() -> tuple[Operation, bool]:
    """Draw the operation and the mode."""
    left, right = st.columns([3, 3], vertical_alignment="bottom")
    with left:
        chosen = st.selectbox(
            "Read images as",
            [one.value for one in FOR_IMAGES],
            format_func=lambda value: f"{OPERATIONS[Operation(value)]} ({value})",
            key=key_of("operation"),
            persist_state="session",
            on_change=_as_usual_for,
            help="PDFs go to RecognizePdf and DjVu files to DjVu2PDF, whatever is chosen here.",
        )
    operation = _operation(chosen)
    with right:
        trial = st.toggle(
            "Evaluation mode: free, without a token",
            key=key_of("trial"),
            disabled=not operation.has_trial,
            persist_state="session",
            help="The service masks one word in ten by asterisks. It reads images only in this mode, no documents.",
        )
    return operation, trial and operation.has_trial


def second(operation: Operation) -> None:
    """Draw the language, and what is to come back."""
    if operation in WITHOUT_SETTINGS:
        st.caption("This operation changes the picture and has no settings; a PNG comes back.")
        return
    left, right = st.columns([3, 3])
    with left:
        st.selectbox(
            "Language of the text",
            list(_TITLES),
            format_func=_TITLES.__getitem__,
            key=key_of("language"),
            persist_state="session",
            help="Type a part of its English name or of its own.",
        )
    with right:
        if operation is Operation.RECOGNIZE_TABLE:
            _choice("Result", "result_type_table", TABLE_RESULT_TYPES)
        else:
            _choice("Result", "result_type", RESULT_TYPES)
    if operation is Operation.RECOGNIZE_REGIONS:
        st.text_area(
            "Rectangles to read, one a line: left, top, right, bottom in pixels",
            key=key_of("regions"),
            placeholder="120 80 900 240",
            height=100,
            persist_state="session",
        )


def more(operation: Operation) -> None:
    """Draw everything else of the service; its defaults are what stands there at first."""
    if operation in WITHOUT_SETTINGS:
        return
    for column, (name, (title, text)) in zip(st.columns(len(SWITCHES)), SWITCHES, strict=True):
        column.toggle(title, key=key_of(name), help=text, persist_state="session")
    language = st.session_state.get(key_of("language"))
    checked = language in SPELL_CHECKED
    if not checked:
        st.session_state[key_of("make_spell_check")] = False
    st.toggle(
        "Correct the spelling",
        key=key_of("make_spell_check"),
        disabled=not checked,
        persist_state="session",
        help="The service has this for 20 languages.",
    )
    if not checked:
        st.caption(
            f"There is no spell check for {messages.plain(_TITLES.get(str(language), 'this language'))}."
        )
    left, middle, right = st.columns(3)
    with left:
        st.number_input(
            "Turn by degrees",
            min_value=-MOST_DEGREES,
            max_value=MOST_DEGREES,
            step=90,
            key=key_of("rotate"),
            persist_state="session",
        )
    with middle:
        _choice("How text is found", "dsr_mode", MODES)
    with right:
        _choice("How sure it must be", "dsr_confidence", CONFIDENCES)


def chosen(operation: Operation, *, trial: bool, credential_id: int | None) -> SubmissionSettings:
    """What the widgets say; raises InputRefused with what is wrong, and what to do."""
    state = st.session_state
    usual = RecognitionSettings.defaults_for(operation)
    values: dict[str, Any] = {}
    for name in usual.__slots__:
        given = state.get(key_of(name))
        values[name] = getattr(usual, name) if given is None else given
    is_regions = operation is Operation.RECOGNIZE_REGIONS
    values["regions"] = regions_of(str(state.get(key_of("regions")) or "")) if is_regions else ()
    recognition = RecognitionSettings(**values)
    if operation not in WITHOUT_SETTINGS:
        recognition.check(operation)
    return SubmissionSettings(
        operation=operation, trial=trial, credential_id=credential_id, recognition=recognition
    )


def _choice(title: str, name: str, words: Mapping[Any, str]) -> None:
    st.selectbox(title, list(words), format_func=words.__getitem__, key=key_of(name), persist_state="session")


def _as_usual_for() -> None:
    """Deskewing is the one default that depends on the operation."""
    operation = _operation(st.session_state.get(key_of("operation")))
    usual = RecognitionSettings.defaults_for(operation)
    st.session_state[key_of("make_skew_correct")] = usual.make_skew_correct


def _operation(value: object) -> Operation:
    return next((one for one in FOR_IMAGES if one.value == value), Operation.RECOGNIZE_IMAGE)
