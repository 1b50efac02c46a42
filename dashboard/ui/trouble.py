"""What is in the way, said once above the board: since when, and what happens next."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.counts import count_of
from dashboard.models import ParkReason
from dashboard.services.credentials.credential_views import CredentialView, Health
from dashboard.services.credentials.service_list import service_name
from dashboard.store.trouble import Trouble
from dashboard.ui import display, messages, routes, times, token_words
from dashboard.ui.wording import REASONS

_SAID_BY_US = frozenset({ParkReason.TOKEN_MISSING, ParkReason.SERVICE_NOT_LISTED})


def show(
    troubles: Sequence[Trouble],
    credentials: Sequence[CredentialView],
    *,
    store_trouble: str | None,
    unfit: str | None,
    now: datetime,
) -> None:
    """Say what keeps open tasks from being asked about; nothing when nothing does."""
    if unfit:
        messages.callout(unfit, tone="bad")
    elif store_trouble:
        messages.callout(
            store_trouble, "Results are kept in memory and written as soon as it works again.", tone="bad"
        )
    for trouble in troubles:
        words = "" if trouble.reason in _SAID_BY_US else trouble.words
        messages.framed(
            messages.led(_headline(trouble, now)), _next(trouble, now), messages.led(words), tone="warn"
        )
    ailing = [view for view in credentials if view.open_tasks and _is_worth_saying(view)]
    for view in ailing:
        sentence = token_words.standing(view, now, display.zone())
        tone = "bad" if view.health.needs_person else "warn"
        waiting = "" if view.health.works else f"{_tasks(view.open_tasks).capitalize()} waiting for it."
        messages.callout(f"Token “{view.label}”: {sentence}", waiting, view.detail, view.advice, tone=tone)
    if ailing or any("on Tokens" in REASONS[trouble.reason].sentence for trouble in troubles):
        st.page_link(
            routes.TOKENS,
            label="Go to Tokens",
            icon=":material/key:",
            query_params=routes.with_team({}),
        )


def _is_worth_saying(view: CredentialView) -> bool:
    """Whether open tasks wait for this token, or soon will."""
    return not view.health.works or view.health is Health.ENDING or view.meter.is_nearly_used


def _headline(trouble: Trouble, now: datetime) -> str:
    since = f" since {times.local(trouble.since, display.zone())}" if trouble.since else ""
    place = service_name(trouble.api_url)
    if trouble.every_seconds is not None:
        return f"{place} has given no usable answer{since}."
    if trouble.since and (now - trouble.since).total_seconds() < 60:  # noqa: PLR2004 - a minute is "just now"
        since = " since just now"
    return f"{REASONS[trouble.reason].word}: {place}{since}, {_tasks(trouble.tasks)} waiting."


def _next(trouble: Trouble, now: datetime) -> str:
    """What happens next, as HTML of ours."""
    if trouble.reason is ParkReason.TOKEN_MISSING:
        return "Register a token for this service and they continue at once."
    if trouble.reason is ParkReason.SERVICE_NOT_LISTED:
        return (
            "Nothing is sent to it: whoever runs the dashboard can add it to OCR_DASHBOARD_MORE_API_URLS. "
            "The tasks stay open until then and continue by themselves."
        )
    if trouble.every_seconds is not None:
        waiting = f"{count_of(trouble.tasks, 'task')} {'waits' if trouble.tasks == 1 else 'wait'}"
        return f"{waiting}; it is asked again every {trouble.every_seconds:.0f} s. Nothing is lost."
    if trouble.next_attempt_at is None:
        return ""
    countdown = times.ticking_left(trouble.next_attempt_at, now, matters=False)
    return f"Nothing is lost: the tasks stay open. Until the next try: {countdown}."


def _tasks(count: int) -> str:
    return f"{count_of(count, 'task')} {'is' if count == 1 else 'are'}"
