"""The form that takes pasted task IDs; it reads them while somebody types."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Operation
from dashboard.redaction import redacted
from dashboard.services.credentials.service_list import service_name
from dashboard.services.tasks.intake import Preview, Registration
from dashboard.ui import display, id_file_form, messages, paste_preview, paste_token, routes
from dashboard.ui.components import FOCUS, LIVE_TYPING
from dashboard.ui.options import told_apart
from dashboard.ui.paste_rows import Answers, Row, new_task, rest_of, rows_of
from dashboard.ui.wording import OPERATIONS

TEXT_KEY = "paste_form_text"
_DONE = "paste_form_done"
_REST = "paste_form_rest"
_VERSION = "paste_form_version"
_DRAWN = "paste_form_submitted_known"
"""A control that is on the page whenever the form is, and that Streamlit forgets with the page."""

_LISTED = 8


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a text that was registered, and what came of it."""

    of: str
    text: str
    came_of_it: Registration


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it; said until something else is in the box."""

    registration: Registration
    text: str


def prepare() -> None:
    """Put what the last registration left over into the box; call before :func:`show`."""
    typed: str = st.session_state.get(TEXT_KEY, "")
    if is_new_visit():
        st.session_state.pop(_DONE, None)
        # The box is filled from here now, and a secret is not shown again.
        hidden = "\n".join(map(redacted, typed.splitlines()))
        if hidden != "\n".join(typed.splitlines()):
            st.session_state[TEXT_KEY] = hidden
        if st.query_params.get("trial") == "true":
            st.session_state["paste_form_trial"] = True
    rest: _Rest | None = st.session_state.pop(_REST, None)
    if rest is None:
        return
    # What was typed in the meantime stays; what of it is registered by now is known.
    if typed.startswith(rest.of):
        typed = st.session_state[TEXT_KEY] = rest.text + typed.removeprefix(rest.of)
    st.session_state[_DONE] = _Done(rest.came_of_it, typed)


def is_new_visit() -> bool:
    """Whether the form is drawn for the first time since somebody has come to its page; ask before it is drawn."""
    return _DRAWN not in st.session_state


def show(app: Dashboard) -> None:
    """Draw the whole form; registering keeps the lines that could not be used in the box.

    The button stands above what is said about the lines, so that it stays where it is while that changes.
    """
    box = st.container()
    file = id_file_form.choose(_viewer_zone())
    with box:
        text = _box() if file is None else st.session_state.get(TEXT_KEY) or ""
    answers = _questions(app)
    preview = app.team.intake.preview(text if file is None else file.read.lines, api_url=answers.api_url)
    button, said, below = st.container(), st.container(), st.container()
    with below:
        rows = _say_preview(app, preview, answers)
        if file is not None:
            id_file_form.offer_rest(file, preview)
    taken = [row for row in rows if row.taken]
    with button:
        clicked = st.button(
            f"Register {count_of(len(taken), 'task')}" if taken else "Register",
            type="primary",
            key="paste_form_register",
        )
    done: _Done | None = st.session_state.get(_DONE)
    if done is not None and done.text != text:
        done = None
        del st.session_state[_DONE]
    with said, messages.on_failure():
        if clicked and taken:
            _register(app, text, preview, rows, answers, file)
            st.rerun()
        if done is not None:
            _say_done(done.registration)
            id_file_form.offer_left()
        elif clicked:
            messages.callout(
                "There is nothing to register yet.",
                "Tick a line below." if rows else "Paste at least one task ID into the box.",
                tone="quiet",
            )


def _box() -> str:
    """Where IDs are pasted; read while somebody types."""
    text = st.text_area(
        "Task IDs, with or without text around them",
        key=TEXT_KEY,
        height=180,
        placeholder="0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01\n7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5  Invoice March",
        help="Task IDs are found wherever they stand in a line, and what stands beside one becomes its label. "
        "Whole request URLs work too: the operation is read from them.",
        persist_state="session",
    )
    with st.container(key="paste_unseen"):
        LIVE_TYPING(data={"selector": f".st-key-{TEXT_KEY} textarea"}, key="live_typing")
    return text or ""


def _say_preview(app: Dashboard, preview: Preview, answers: Answers) -> list[Row]:
    """Say what would happen; returns what the lines become."""
    paste_preview.say_facts(preview)
    paste_preview.say_secrets(app, preview)
    answers = replace(answers, unusual=paste_preview.take_unusual(preview))
    rows = rows_of(preview, answers, paste_preview.edits())
    paste_preview.show(preview, rows, answers, version=st.session_state.get(_VERSION, 0))
    return rows


def _register(
    app: Dashboard,
    text: str,
    preview: Preview,
    rows: list[Row],
    answers: Answers,
    file: id_file_form.ChosenFile | None,
) -> None:
    """Register what is taken; what is not, and what is refused, stays in the box with what was corrected about it.

    Of a file, it comes back as a file; the box is as it was.
    """
    registration = app.team.intake.register([new_task(row, answers) for row in rows if row.taken])
    refused = {task_id for task_id, _ in registration.rejected}
    kept = [row for row in rows if not row.taken or row.line.task_id in refused]
    if file is None:
        rest = rest_of(text, preview, [*preview.malformed, *(row.line for row in kept)])
    else:
        rest = text
        id_file_form.done(file, preview, kept, dict(registration.rejected))
        kept = []
    st.session_state[_REST] = _Rest(text, rest, registration)
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    paste_preview.forget_edits(but={row.key for row in kept})


def _questions(app: Dashboard) -> Answers:
    urls = app.api_urls
    first, second, *third, fourth = st.columns(
        [3, 3, 2, 3] if len(urls) > 1 else [3, 3, 3], vertical_alignment="bottom"
    )
    with first:
        operation = _operation()
    with second:
        st.session_state.setdefault("paste_form_trial", False)
        trial = st.toggle(
            "Sent in evaluation mode",
            key="paste_form_trial",
            disabled=not operation.has_trial,
            help="Trial tasks need no token and are fetched from the trial address. One word in ten is masked.",
            persist_state="session",
        )
        trial = trial and operation.has_trial
    api_url = urls[0]
    if third:
        services = told_apart({url: service_name(url) for url in urls})
        api_url = (
            third[0].selectbox(
                "Service",
                urls,
                format_func=services.__getitem__,
                key="paste_form_service",
                persist_state="session",
            )
            or urls[0]
        )
    tokens = [] if trial else paste_token.views_of(app, api_url)
    with fourth:
        credential_id = None if trial else paste_token.choose(tokens)
    paste_token.say_health(app, tokens, credential_id, trial=trial)
    with st.expander("Optional: label and submission time"):
        label = st.text_input(
            "Label for all of them", key="paste_form_label", max_chars=200, persist_state="session"
        )
        submitted_at = _submission_time(app.clock())
    return Answers(
        operation=operation,
        trial=trial,
        api_url=api_url,
        credential_id=credential_id,
        label=label,
        submitted_at=submitted_at,
        zone=_viewer_zone(),
    )


def _operation() -> Operation:
    # Without "required" the box can be emptied; its type says so even though the setting forbids it.
    chosen = st.selectbox(
        "Operation",
        [one.value for one in Operation],
        format_func=lambda value: f"{OPERATIONS[Operation(value)]} ({value})",
        key="paste_form_operation",
        persist_state="session",
        help="The endpoint that took the images. A result can only be fetched from the same one.",
    )
    return Operation(chosen or Operation.RECOGNIZE_IMAGE)


def _submission_time(now: datetime) -> datetime | None:
    known = st.toggle(
        "I know when the images were submitted",
        key=_DRAWN,
        help="The service deletes results 24 hours after submission and never says when that was. "
        "Without it, the countdown shows the latest possible moment.",
    )
    if not known:
        return None
    zone = _viewer_zone()
    given = st.datetime_input(
        f"Submitted at ({messages.plain(str(zone))})",
        value=now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0),
        max_value=now.astimezone(zone).replace(tzinfo=None) + timedelta(minutes=5),
        step=timedelta(minutes=1),
        key="paste_form_submitted_at",
    )
    return given.replace(tzinfo=zone).astimezone(UTC) if given else None


def _viewer_zone() -> tzinfo:
    try:
        return ZoneInfo(display.zone() or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _more(count: int) -> str:
    return f"… and {count - _LISTED:,} more" if count > _LISTED else ""


def _say_done(registration: Registration) -> None:
    count = len(registration.registered)
    if count:
        st.success(
            f"Registered {count:,} task{'s' if count != 1 else ''}. Polling has begun; results appear on the board.",
            icon=":material/done:",
        )
    if registration.known:
        st.info(
            f"{len(registration.known):,} were here already and stay as they are.", icon=":material/info:"
        )
    if registration.rejected:
        reasons = [f"{task_id}: {reason}" for task_id, reason in registration.rejected[:_LISTED]]
        messages.callout("Not registered:", *reasons, _more(len(registration.rejected)))
    only = next(iter(registration.registered.values())) if count == 1 else None
    with st.container(key="paste_form_done"):
        if only is None:
            st.page_link(routes.BOARD, label="Go to the board", icon=":material/table_rows:")
        else:
            st.page_link(
                routes.TASK,
                label="Open the task",
                icon=":material/arrow_forward:",
                query_params={"id": str(only)},
            )
    refs = [*registration.registered.values(), *registration.known.values()]
    with st.container(key="unseen_paste_form_focus"):
        FOCUS(data={"selector": ".st-key-paste_form_done a", "turn": f"{refs[:1]} {len(refs)}"}, key="focus")
