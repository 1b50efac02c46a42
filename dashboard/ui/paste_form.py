"""The form that takes pasted task IDs, and the preview of what would become of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation
from dashboard.services.intake import NewTask, Preview, Registration, service_name
from dashboard.services.lines import Line
from dashboard.ui import messages, routes
from dashboard.ui.wording import OPERATIONS

TEXT_KEY = "paste_form_text"
_DONE = "paste_form_done"
_LISTED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was chosen for all pasted lines; a line's own URL wins for operation and service."""

    operation: Operation
    trial: bool
    api_url: str
    credential_id: int | None
    label: str
    submitted_at: datetime | None


def show(app: Dashboard) -> None:
    """Draw the whole form; registering keeps the lines that could not be used in the box."""
    done = st.session_state.pop(_DONE, None)
    if done is not None:
        _say_done(done)
    text = st.text_area(
        "Task IDs, one per line",
        key=TEXT_KEY,
        height=180,
        placeholder="0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01\n7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5  Invoice March",
        help="Text after an ID becomes its label. Whole request URLs work too: the operation is read from them.",
    )
    answers = _questions(app)
    preview = app.intake.preview(text or "", api_url=answers.api_url)
    lines = _show_preview(preview)
    count = len(lines)
    label = f"Register {count:,} task{'s' if count != 1 else ''}" if count else "Register"
    if st.button(label, type="primary", disabled=not count, key="paste_form_register"):
        with messages.on_failure():
            registration = app.intake.register([_entry(line, answers) for line in lines])
            st.session_state[_DONE] = registration
            # The callback-free way to change a widget's text: it is set before the widget is drawn again.
            st.session_state["paste_form_rest"] = "\n".join(line.text for line in _left_over(preview, lines))
            st.rerun()


def prepare() -> None:
    """Put what the last registration left over into the box; call before :func:`show`."""
    rest = st.session_state.pop("paste_form_rest", None)
    if rest is not None:
        st.session_state[TEXT_KEY] = rest


def _left_over(preview: Preview, taken: list[Line]) -> list[Line]:
    numbers = {line.number for line in taken}
    rest = [line for line in (*preview.malformed, *preview.unusual) if line.number not in numbers]
    return sorted(rest, key=lambda line: line.number)


def _questions(app: Dashboard) -> Answers:
    urls = app.api_urls
    first, second, *third, fourth = st.columns(
        [3, 3, 2, 3] if len(urls) > 1 else [3, 3, 3], vertical_alignment="bottom"
    )
    with first:
        operation = _operation()
    with second:
        st.session_state.setdefault("paste_form_trial", st.query_params.get("trial") == "true")
        trial = st.toggle(
            "Sent in evaluation mode",
            key="paste_form_trial",
            disabled=not operation.has_trial,
            help="Trial tasks need no token and are fetched from the trial address. One word in ten is masked.",
        )
        trial = trial and operation.has_trial
    api_url = urls[0]
    if third:
        api_url = (
            third[0].selectbox("Service", urls, format_func=service_name, key="paste_form_service") or urls[0]
        )
    with fourth:
        credential_id = None if trial else _token(app, api_url)
    with st.expander("Optional: label and submission time"):
        label = st.text_input("Label for all of them", key="paste_form_label", max_chars=200)
        submitted_at = _submission_time(app.clock())
    return Answers(
        operation=operation,
        trial=trial,
        api_url=api_url,
        credential_id=credential_id,
        label=label,
        submitted_at=submitted_at,
    )


def _operation() -> Operation:
    # Without "required" the box can be emptied; its type says so even though the setting forbids it.
    chosen = st.selectbox(
        "Operation",
        [one.value for one in Operation],
        format_func=lambda value: f"{OPERATIONS[Operation(value)]} ({value})",
        key="paste_form_operation",
        help="The endpoint that took the images. A result can only be fetched from the same one.",
    )
    return Operation(chosen or Operation.RECOGNIZE_IMAGE)


def _token(app: Dashboard, api_url: str) -> int | None:
    by_id = {view.id: view for view in app.credentials.all() if view.api_url == api_url}
    if not by_id:
        st.page_link(
            routes.TOKENS,
            label="Register a token",
            icon=":material/key:",
            help="There is no token for this service yet; these tasks will wait until one is registered.",
        )
        return None
    default = max(by_id.values(), key=lambda view: (view.is_default, view.id))
    return st.selectbox(
        "Token",
        [None, *by_id],
        format_func=lambda one: (
            f"{by_id[one].label} (…{by_id[one].hint})" if one else f"Default: {default.label}"
        ),
        key="paste_form_token",
    )


def _submission_time(now: datetime) -> datetime | None:
    known = st.toggle(
        "I know when the images were submitted",
        key="paste_form_submitted_known",
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
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _show_preview(preview: Preview) -> list[Line]:
    """Say what would happen; returns the lines to register."""
    facts = [f"{len(preview.new):,} new"]
    if preview.unusual:
        facts.append(f"{len(preview.unusual):,} unusual")
    if preview.known:
        facts.append(f"{len(preview.known):,} already known")
    if preview.malformed:
        facts.append(f"{len(preview.malformed):,} malformed")
    if preview.repeated:
        facts.append(f"{preview.repeated:,} repeated")
    if preview.new or len(facts) > 1:
        st.caption(" · ".join(facts))
    lines = list(preview.new)
    if preview.unusual:
        _list([line.text for line in preview.unusual])
        if st.checkbox(
            "Register the unusual ones too",
            key="paste_form_unusual",
            help="Task IDs have 8 to 64 letters, digits and hyphens. The service may know others.",
        ):
            lines = sorted([*lines, *preview.unusual], key=lambda line: line.number)
    for line, task_ref in preview.known[:_LISTED]:
        st.page_link(
            routes.TASK,
            label=f"Already here: {messages.plain(line.task_id[:64])}",
            icon=":material/arrow_forward:",
            query_params={"id": str(task_ref)},
        )
    if preview.malformed:
        messages.callout(
            "Not registered, and kept in the box so that you can correct it:",
            *(
                f"line {line.number}: {line.reason} — {line.text[:80]}"
                for line in preview.malformed[:_LISTED]
            ),
            _more(len(preview.malformed)),
        )
    return lines


def _list(texts: list[str]) -> None:
    messages.callout(
        "These look unusual:", *(text[:120] for text in texts[:_LISTED]), _more(len(texts)), tone="quiet"
    )


def _more(count: int) -> str:
    return f"… and {count - _LISTED:,} more" if count > _LISTED else ""


def _entry(line: Line, answers: Answers) -> NewTask:
    operation = line.operation or answers.operation
    api_url = line.api_url or answers.api_url
    trial = line.trial if line.trial is not None else answers.trial
    return NewTask(
        task_id=line.task_id,
        operation=operation,
        trial=trial,
        credential_id=None if trial or api_url != answers.api_url else answers.credential_id,
        label=line.label or answers.label,
        submitted_at=answers.submitted_at or line.submitted_at,
        api_url=api_url,
    )


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
    if only is None:
        st.page_link(routes.BOARD, label="Go to the board", icon=":material/table_rows:")
    else:
        st.page_link(
            routes.TASK,
            label="Open the task",
            icon=":material/arrow_forward:",
            query_params={"id": str(only)},
        )
