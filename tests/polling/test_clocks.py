"""What a clock that has jumped does to a task: nothing that a day later cannot be made good."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from dashboard.errors import CloudError, NoAnswer, RateLimited, ServiceNotListed, TokenHeld, TokenRejected
from dashboard.models import Answer, Change, Claim, State
from dashboard.polling.report import Report
from dashboard.polling.schedule import ERROR_CEILING_SECONDS, FLOOR_SECONDS, age_of
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.testing import completed, completed_without_data, not_found, pending, processing
from tests.polling.hearing import NOW, MakeClaim

DAY = timedelta(days=1)
SIXTY_DAYS = timedelta(days=60)
SOON = NOW + timedelta(minutes=1)
"""What time it really is, a minute after the registration."""

HELD = TokenHeld("The token is locked.")
OUTAGE = TokenHeld("No new token.", is_outage=True)
SILENCES: dict[str, CloudError] = {
    "no answer": NoAnswer("timed out"),
    "rate limit": RateLimited("slow", http_status=429),
    "rejected": TokenRejected("Expired.", http_status=401),
    "held": HELD,
    "no new token": OUTAGE,
    "not listed": ServiceNotListed(),
}
GATEWAY = replace(not_found(), settled=False)


def hear(
    claim: Claim,
    said: Answer | CloudError,
    *,
    now: datetime,
    service_time: datetime | None = None,
    trusts_clock: bool = False,
) -> Change:
    """What the task becomes by a clock that says this."""
    answer, error = (said, None) if isinstance(said, Answer) else (None, said)
    report = Report(
        started_at=now,
        duration_ms=1,
        answer=answer,
        parts=decode_parts(answer.raw_parts, trial=False) if answer else (),
        error=error,
        service_time=service_time,
    )
    rng = Random(3)  # noqa: S311 - jitter
    return decide(claim, report, now=now, cost=0.2, rng=rng, trusts_clock=trusts_clock)


def state_of(change: Change, claim: Claim) -> State:
    """The state after it."""
    return State(change.values.get("state", claim.state.value))


@pytest.mark.parametrize("jump", [timedelta(hours=25), SIXTY_DAYS], ids=str)
@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("heard_time", [True, False], ids=["Date", "no Date"])
@pytest.mark.parametrize("said", [pending(), processing()], ids=["pending", "processing"])
def test_what_the_service_knows_is_never_expired(
    make_claim: MakeClaim, said: Answer, jump: timedelta, *, heard_time: bool, seen: bool
) -> None:
    """Also where our clock is relied on and the service says no time."""
    claim = make_claim(seen_at=NOW if seen else None)
    for trusts in (True, False):
        service_time = SOON if heard_time else None
        change = hear(claim, said, now=SOON + jump, service_time=service_time, trusts_clock=trusts)
        assert change.values["state"] == said.state.value
        assert change.next_delay_seconds is not None
        assert "completed_at" not in change.values


@pytest.mark.parametrize("jump", [timedelta(hours=25), SIXTY_DAYS], ids=str)
@pytest.mark.parametrize("error", SILENCES.values(), ids=SILENCES)
@pytest.mark.parametrize("credential", [None, 5])
@pytest.mark.parametrize("service_time", [None, SOON], ids=["no Date", "Date"])
def test_silence_is_no_verdict_by_a_clock_that_has_jumped(
    make_claim: MakeClaim,
    error: CloudError,
    jump: timedelta,
    credential: int | None,
    service_time: datetime | None,
) -> None:
    """Neither where it is not relied on, nor where the service's own says otherwise; and it is no reason to hurry."""
    claim = make_claim(credential_id=credential, errors=400)
    trusts = service_time is not None
    change = hear(claim, error, now=SOON + jump, service_time=service_time, trusts_clock=trusts)
    assert state_of(change, claim).is_open
    assert (change.next_delay_seconds or 0) >= ERROR_CEILING_SECONDS / 2
    assert "completed_at" not in change.values


@pytest.mark.parametrize("error", SILENCES.values(), ids=SILENCES)
@pytest.mark.parametrize("service_time", [None, NOW + 3 * DAY], ids=["no Date", "Date"])
def test_it_is_one_when_both_clocks_say_so(
    make_claim: MakeClaim, error: CloudError, service_time: datetime | None
) -> None:
    """Nothing waits for ever."""
    claim = make_claim(credential_id=5, errors=400)
    trusts = service_time is None
    change = hear(claim, error, now=NOW + 3 * DAY, service_time=service_time, trusts_clock=trusts)
    assert state_of(change, claim) is State.EXPIRED


@pytest.mark.parametrize(
    ("said", "doubts", "state"),
    [
        pytest.param(not_found(), 0, State.PENDING, id="not found is confirmed first"),
        pytest.param(not_found(), 2, State.NOT_FOUND, id="and believed then"),
        pytest.param(GATEWAY, 40, State.PENDING, id="a gateway's page is no word of the service"),
        pytest.param(completed_without_data(), 0, State.PROCESSING, id="data may still come"),
        pytest.param(replace(processing(), settled=False), 40, State.PROCESSING, id="words nobody knows"),
        pytest.param(completed("All men."), 0, State.COMPLETED, id="a result is one"),
    ],
)
def test_answers_are_weighed_by_the_services_clock(
    make_claim: MakeClaim, said: Answer, doubts: int, state: State
) -> None:
    """Sixty days ahead, a minute after the registration: as if the clock were right."""
    claim = make_claim(doubts=doubts)
    for service_time, trusts in ((SOON, True), (SOON, False), (None, False)):
        change = hear(claim, said, now=SOON + SIXTY_DAYS, service_time=service_time, trusts_clock=trusts)
        assert state_of(change, claim) is state


def test_a_service_that_is_ahead_ends_nothing_early(make_claim: MakeClaim) -> None:
    """Both clocks must say so."""
    claim = make_claim(doubts=40)
    change = hear(claim, GATEWAY, now=SOON, service_time=SOON + SIXTY_DAYS, trusts_clock=True)
    assert state_of(change, claim).is_open


@pytest.mark.parametrize(
    ("elapsed", "polls", "age"),
    [(10.0, 999, 10.0), (0.0, 5, 0.0), (-3600.0, 1, 0.1), (-3600.0, 100, 1000.0)],
)
def test_the_age_of_a_task_of_the_future(elapsed: float, polls: int, age: float) -> None:
    """It is told by the number of polls."""
    assert age_of(elapsed=elapsed, polls=polls, cost=0.2) == pytest.approx(age)


def test_a_task_of_the_future_is_not_asked_about_without_a_pause(make_claim: MakeClaim) -> None:
    """Registered a day ahead, and corrected: about as many calls as ever, not one every third of a second."""
    claim = make_claim(registered_at=NOW + DAY, expires_at=NOW + 2 * DAY, seen_at=NOW)
    passed, polls = 0.0, 0
    while passed < DAY.total_seconds():
        polls += 1
        now = NOW + timedelta(seconds=passed)
        delay = hear(replace(claim, polls=polls), processing(), now=now).next_delay_seconds or 0
        assert delay >= FLOOR_SECONDS
        passed += delay
    assert polls < 1200


def test_not_found_has_no_grace_of_a_day(make_claim: MakeClaim) -> None:
    """Registered a day ahead, and corrected: an ID nobody knows is given up after some twenty calls."""
    claim = make_claim(registered_at=NOW + DAY, expires_at=NOW + 2 * DAY)
    for polls in range(1, 40):
        change = hear(replace(claim, polls=polls), not_found(), now=SOON)
        if change.next_delay_seconds is None:
            break
        claim = replace(claim, doubts=change.values["doubts"])
    assert change.values["state"] == "not_found"
    assert polls <= 20
