"""How a token stands, in words. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from dashboard.counts import count_of
from dashboard.services.credentials.credential_views import CredentialView, Health
from dashboard.ui import times
from dashboard.ui.options import told_apart

LOOKS = {
    Health.READY: ("busy", "○", "Not used yet"),
    Health.WORKING: ("good", "✓", "Working"),
    Health.ENDING: ("warn", "⌛", "Ends soon"),
    Health.EXPIRED: ("bad", "⌛", "Expired"),
    Health.REJECTED: ("bad", "✕", "Rejected"),
    Health.LOCKED: ("bad", "⏸", "Locked"),
    Health.NOT_ALLOWED: ("bad", "✕", "Not allowed"),
    Health.RATE_LIMITED: ("warn", "⏸", "Rate limited"),
    Health.OVER_BUDGET: ("warn", "⏸", "Over budget"),
    Health.UNREACHABLE: ("warn", "⏸", "Unreachable"),
    Health.NOT_LISTED: ("bad", "⏸", "Service not listed"),
}
"""Tone, icon and word of every state; the word is always there."""


def names_of(views: Sequence[CredentialView], *, beside: Collection[str] = ()) -> dict[int, str]:
    """What tokens are called in a list of choices, by our IDs; ``beside`` is what it calls none of them."""
    return told_apart({view.id: f"{view.label} (…{view.hint})" for view in views}, beside=beside)


_STANDING: Mapping[Health, Callable[[CredentialView, str], str]] = {
    Health.EXPIRED: lambda view, _: f"It has ended{_and_waiting(view)}.",
    Health.REJECTED: lambda view, _: f"The service refuses it{_and_waiting(view)}.",
    Health.LOCKED: lambda _, moment: f"The service takes no logins with it until {moment}.",
    Health.NOT_ALLOWED: lambda _, moment: f"The service does not allow this with it. Next try at {moment}.",
    Health.RATE_LIMITED: lambda _, moment: f"The service asks us to slow down until {moment}.",
    Health.OVER_BUDGET: lambda _, moment: f"Its budget is used up until {moment}.",
    Health.NOT_LISTED: lambda view, _: f"Its service may not be called{_and_waiting(view)}.",
    Health.UNREACHABLE: lambda _, moment: f"No new access token could be had. Next try at {moment}.",
}


def standing(view: CredentialView, now: datetime, zone: str | None) -> str:
    """What is in the way, or soon will be, in one sentence; empty while nothing is.

    Args:
        view: the token.
        now: the server's time, aware.
        zone: the viewer's time zone, if known.
    """
    if say := _STANDING.get(view.health):
        return say(view, times.local(view.paused_until, zone) if view.paused_until else "the next try")
    if view.health is Health.ENDING and view.expires_at:
        minutes = max(1, round((view.expires_at - now).total_seconds() / 60))
        return f"Ends in {minutes} min{_and_waiting(view)}."
    if view.meter.is_nearly_used and view.meter.share is not None:
        return f"{view.meter.share:.0%} of its budget is used."
    return ""


def _and_waiting(view: CredentialView) -> str:
    if not view.open_tasks:
        return ""
    depend = "depends" if view.open_tasks == 1 else "depend"
    return f", and {count_of(view.open_tasks, 'open task')} {depend} on it"
