"""How a token stands, in words: one table of everything that can be said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.models import FOREVER, CallKind, Credential, ParkReason
from dashboard.services.credentials.credential_views import (
    ENDING,
    Health,
    Meter,
    health_of,
    meter_of,
    minutes_until,
    next_login_at,
    view_of,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)


def row(**given: Any) -> Credential:  # noqa: ANN401 - columns of the table
    """A token that is not stored."""
    values: dict[str, Any] = {
        "id": 7,
        "team_id": 1,
        "label": "Archive",
        "api_url": "https://ocr.example",
        "secret": "planted",
        "fingerprint": "planted",
        "hint": "abcd",
        "created_at": BEFORE,
    }
    return Credential(**{**values, **given})


def paused(reason: ParkReason, until: datetime = LATER) -> dict[str, Any]:
    """The columns of a pause."""
    return {"paused_until": until, "pause_reason": reason.value, "pause_detail": "The service's words."}


HEALTH = {
    "not used yet": ({}, 0, Health.READY),
    "working": ({"last_success_at": BEFORE}, 3, Health.WORKING),
    "ends soon, tasks depend on it": ({"expires_at": LATER}, 1, Health.ENDING),
    "ends soon, and it works": ({"expires_at": LATER, "last_success_at": BEFORE}, 5, Health.ENDING),
    "ends soon, nobody cares": ({"expires_at": LATER}, 0, Health.READY),
    "ends in a moment": ({"expires_at": NOW + timedelta(microseconds=1)}, 1, Health.ENDING),
    "ends in 15 minutes": ({"expires_at": NOW + ENDING}, 1, Health.READY),
    "ends in just less": ({"expires_at": NOW + ENDING - timedelta(seconds=1)}, 1, Health.ENDING),
    "its end is now": ({"expires_at": NOW}, 1, Health.EXPIRED),
    "over": ({"expires_at": BEFORE}, 0, Health.EXPIRED),
    "over, yet it works": ({"expires_at": BEFORE, "last_success_at": NOW}, 2, Health.WORKING),
    "expired, says the service": (paused(ParkReason.TOKEN_EXPIRED, FOREVER), 1, Health.EXPIRED),
    "rejected": (paused(ParkReason.TOKEN_REJECTED, FOREVER), 1, Health.REJECTED),
    "missing": (paused(ParkReason.TOKEN_MISSING, FOREVER), 1, Health.REJECTED),
    "locked": (paused(ParkReason.LOGIN_LOCKED), 1, Health.LOCKED),
    "plan": (paused(ParkReason.PLAN_REFUSED), 1, Health.NOT_ALLOWED),
    "rate limited": (paused(ParkReason.RATE_LIMITED), 1, Health.RATE_LIMITED),
    "over budget": (paused(ParkReason.BUDGET_REACHED), 1, Health.OVER_BUDGET),
    "unreachable": (paused(ParkReason.UNREACHABLE), 1, Health.UNREACHABLE),
    "key missing": (paused(ParkReason.KEY_MISSING), 1, Health.UNREACHABLE),
    "not listed": (paused(ParkReason.SERVICE_NOT_LISTED), 1, Health.NOT_LISTED),
    "paused and ending": ({**paused(ParkReason.RATE_LIMITED), "expires_at": LATER}, 1, Health.RATE_LIMITED),
    "pause over": (paused(ParkReason.TOKEN_REJECTED, NOW), 1, Health.READY),
    "pause over, worked": (
        {**paused(ParkReason.UNREACHABLE, BEFORE), "last_success_at": BEFORE},
        1,
        Health.WORKING,
    ),
}


@pytest.mark.parametrize(("given", "open_tasks", "health"), HEALTH.values(), ids=HEALTH)
def test_how_it_stands(given: dict[str, Any], open_tasks: int, health: Health) -> None:
    """In one word, with advice where there is a next step, and the service's words where it does not work."""
    assert health_of(row(**given), open_tasks=open_tasks, now=NOW) is health
    view = view_of(row(**given), tasks=9, open_tasks=open_tasks, today=0, by_kind={}, now=NOW)
    assert view.health is health
    assert bool(view.advice) is not health.works
    assert bool(view.detail) is not health.works
    is_paused = not health.works and "paused_until" in given
    assert (view.paused_until is not None) is is_paused
    assert "planted" not in repr(view)


def test_every_word_is_in_the_table() -> None:
    """And every reason for a pause: a new one must be given a word."""
    assert {health for _, _, health in HEALTH.values()} == set(Health)
    reasons = {given.get("pause_reason") for given, _, _ in HEALTH.values()} - {None}
    assert reasons == {reason.value for reason in ParkReason}


def test_what_only_a_person_cures() -> None:
    """Waiting does not."""
    cured = {Health.EXPIRED, Health.REJECTED, Health.NOT_LISTED}
    assert {health for health in Health if health.needs_person} == cured


@pytest.mark.parametrize(
    ("kind", "words"),
    [("access_token", "Paste another access token"), ("client_credentials", "wrong, or not active yet")],
)
def test_what_to_do_about_a_rejection(kind: str, words: str) -> None:
    """Depends on what it is."""
    rejected = row(kind=kind, **paused(ParkReason.TOKEN_REJECTED, FOREVER))
    view = view_of(rejected, tasks=0, open_tasks=0, today=0, by_kind={}, now=NOW)
    assert words in view.advice
    assert view.mints is (kind == "client_credentials")


@pytest.mark.parametrize(
    ("given", "share", "warns"),
    [
        ({}, None, False),
        ({"daily_budget": 10}, 0.6, False),
        ({"monthly_budget": 10}, 0.9, True),
        ({"daily_budget": 10, "monthly_budget": 10}, 0.9, True),
        ({"daily_budget": 6, "monthly_budget": 1000}, 1.0, True),
        ({"daily_budget": 3}, 2.0, True),
        ({"daily_budget": 7, "monthly_budget": 100}, 6 / 7, True),
        ({"monthly_budget": 12}, 0.75, False),
    ],
)
def test_the_meter(given: dict[str, Any], share: float | None, warns: bool) -> None:  # noqa: FBT001 - a column of the table
    """The tighter budget counts, logins do not, and from 80 % on it warns."""
    by_kind = {CallKind.POLL: 7, CallKind.RESULT: 2, CallKind.LOGIN: 99}
    meter = meter_of(row(**given), today=6, by_kind=by_kind)
    assert meter == Meter(today=6, month=9, by_kind=by_kind, share=share)
    assert meter.is_nearly_used is warns


@pytest.mark.parametrize(("calls", "warns"), [(79, False), (80, True), (100, True)], ids="{0} of 100".format)
def test_the_warning_begins_at_80_percent(calls: int, warns: bool) -> None:  # noqa: FBT001 - a column of the table
    """Not before."""
    assert meter_of(row(daily_budget=100), today=calls, by_kind={}).is_nearly_used is warns


@pytest.mark.parametrize(
    ("refusals", "ago", "free_in"),
    [(0, None, None), (2, 0, None), (3, None, None), (3, 0, 600), (3, 599, 1), (3, 600, None), (9, 60, 540)],
)
def test_when_a_login_may_be_tried_by_hand(refusals: int, ago: float | None, free_in: float | None) -> None:
    """After three refusals in a row not for ten minutes."""
    failed_at = None if ago is None else NOW - timedelta(seconds=ago)
    free = next_login_at(row(login_refusals=refusals, login_failed_at=failed_at), now=NOW)
    assert free == (None if free_in is None else NOW + timedelta(seconds=free_in))


@pytest.mark.parametrize(("seconds", "minutes"), [(0.1, 1), (60, 1), (61, 2), (600, 10), (-5, 1)])
def test_minutes_to_wait(seconds: float, minutes: int) -> None:
    """Whole ones, never too few."""
    assert minutes_until(NOW + timedelta(seconds=seconds), now=NOW) == minutes
