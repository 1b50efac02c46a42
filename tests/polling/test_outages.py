from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from dashboard.errors import (
    CloudError,
    NoAnswer,
    NotAllowed,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenHeld,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import Claim, Outage
from dashboard.polling import outages
from dashboard.polling.outages import (
    OPENS_AFTER,
    Heard,
    calls_after_return,
    has_returned,
    is_answer,
    is_away,
    learned,
    may_probe,
    probe_seconds,
    says_nothing_new,
)
from dashboard.polling.report import Report
from dashboard.polling.transition import decide
from dashboard.testing import pending

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
URL = "https://ocr.example"


def at(seconds: float) -> datetime:
    """So many seconds from now."""
    return NOW + timedelta(seconds=seconds)


def row(failures: int, *, since: float = -10, probe: float | None = None) -> Outage:
    """A stored row."""
    return Outage(
        api_url=URL, failures=failures, since=at(since), probe_at=None if probe is None else at(probe)
    )


def failed(*began: float) -> Heard:
    """Calls without an answer, by when they began."""
    return Heard(answered=False, failures=[(at(seconds), "503") for seconds in began])


ANSWERED = Heard(answered=True, failures=[])


@pytest.mark.parametrize(
    ("error", "first", "again"),
    [
        (NoAnswer(), False, False),
        (ServiceFault(http_status=503), False, False),
        (ServiceFault(http_status=502), False, False),
        (ServiceFault(http_status=500), False, None),
        (UnreadableAnswer(), False, None),
        (TokenRejected(http_status=401), True, True),
        (NotAllowed(http_status=403), True, True),
        (RateLimited(http_status=429), True, True),
        (RequestRefused(http_status=400), True, True),
        (CloudError(), None, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_an_error_says(error: CloudError, first: bool | None, again: bool | None) -> None:  # noqa: FBT001 - columns
    """Silence, and gateways without a service, mean that it may be away; trouble with one task counts once."""
    assert (is_answer(error, errors=0), is_answer(error, errors=3)) == (first, again)


def test_it_opens_after_some_failures_in_a_row() -> None:
    """Whoever failed; the first of them is when it began."""
    first = learned(None, failed(-3), NOW)
    assert first == {"failures": 1, "since": at(-3), "probe_at": None, "detail": "503"}
    assert not is_away(Outage(api_url=URL, **first))
    opened = learned(Outage(api_url=URL, **first), failed(*range(OPENS_AFTER - 1)), NOW)
    assert opened is not None
    assert is_away(Outage(api_url=URL, **opened))
    assert (opened["since"], opened["probe_at"]) == (at(-3), at(2))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (row(4), None),
        (None, None),
        (row(9, probe=5), {"failures": 0, "since": NOW, "probe_at": NOW, "detail": ""}),
        (row(2, probe=1), {"failures": 0, "since": at(-10), "probe_at": at(1), "detail": ""}),
    ],
    ids=["counting", "well", "away: it returns", "returned"],
)
def test_an_answer(before: Outage | None, after: dict[str, object] | None) -> None:
    """Any answer ends an outage; the row stays for a while after one."""
    assert learned(before, ANSWERED, NOW) == after


def test_calls_that_hang_from_before_the_return_do_not_count() -> None:
    """A minute after a service is back, what was sent before times out: that says nothing of it now."""
    back = row(0, since=-20, probe=1)
    after = learned(back, failed(*([-50] * 16)), NOW)
    assert after is not None
    assert (after["failures"], after["since"]) == (0, at(-20))
    gone = learned(back, failed(*([-5] * OPENS_AFTER)), NOW)
    assert gone is not None
    assert (gone["failures"], gone["since"]) == (OPENS_AFTER, at(-5))


def test_while_away_probes_are_counted_when_they_are_made() -> None:
    """A failure changes nothing but what is said about it."""
    after = learned(row(7, probe=3), failed(-1), NOW)
    assert after == {"failures": 7, "since": at(-10), "probe_at": at(3), "detail": "503"}


@pytest.mark.parametrize(
    ("outage", "heard", "nothing"),
    [
        (None, ANSWERED, True),
        (row(0, probe=1), ANSWERED, True),
        (row(1, probe=1), ANSWERED, False),
        (row(1), ANSWERED, False),
        (row(9, probe=1), ANSWERED, False),
        (None, failed(0), False),
    ],
)
def test_nothing_is_written_while_all_is_well(outage: Outage | None, heard: Heard, nothing: bool) -> None:  # noqa: FBT001 - a column
    """Answers of a service that answers are no news."""
    assert says_nothing_new(outage, heard) is nothing


def test_probes_double_up_to_a_quarter_of_a_minute() -> None:
    """A return is noticed within 15 seconds, and three minutes cost some 20 calls."""
    waits = [probe_seconds(failures) for failures in range(OPENS_AFTER, OPENS_AFTER + 6)]
    assert waits == [2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize(
    ("probe", "last_chance", "may"),
    [(1, False, False), (0, False, True), (13.5, True, True), (14.5, True, False), (3600, False, True)],
)
def test_when_it_is_asked(probe: float, last_chance: bool, may: bool) -> None:  # noqa: FBT001 - columns
    """At the moment of the next probe; a second after the last one where a result is about to be deleted.

    An hour away no rule puts it: a clock that was set back must not keep a service away.
    """
    assert may_probe(row(20, probe=probe), NOW, last_chance=last_chance) is may


def test_its_calls_double_after_its_return() -> None:
    """No herd: four at once, and in some seconds as many as there are."""
    assert has_returned(row(0, since=0, probe=0))
    waits = [calls_after_return(row(0, since=-seconds, probe=0), NOW) for seconds in (0, 0.5, 1, 2, 4)]
    assert waits == [4, 8, 16, 64, 1024]
    assert calls_after_return(row(0, since=-1e6, probe=0), NOW) == calls_after_return(
        row(0, since=-5, probe=0), NOW
    )
    assert outages.RETURN_SECONDS > 60


def test_a_clock_set_back_does_not_hold_it_up() -> None:
    """A return that lies in the future is one of long ago."""
    returned = row(0, since=3600, probe=3600)
    assert calls_after_return(returned, NOW) > 1000
    assert outages.is_settled(returned, NOW)
    assert not outages.is_settled(row(0, since=-60, probe=1), NOW)


@pytest.mark.parametrize(
    ("error", "trial", "answered"),
    [
        (None, True, True),
        (NoAnswer(), True, False),
        (RateLimited(http_status=429), True, True),
        (TokenRejected(http_status=401), False, None),
        (TokenHeld("No new token", is_outage=True, has_tried=True), False, False),
        (TokenHeld("Paused meanwhile", is_outage=True), False, None),
        (TokenHeld("Refused", has_tried=True), False, None),
    ],
    ids=[
        "answered",
        "no answer",
        "slow down",
        "no token, no call",
        "a login without an answer",
        "no login was tried",
        "a login was refused",
    ],
)
def test_what_a_poll_says_of_its_service(
    make_claim: Callable[..., Claim],
    error: CloudError | None,
    trial: bool,  # noqa: FBT001 - columns
    answered: bool | None,  # noqa: FBT001
) -> None:
    """Whoever was asked has answered or not; where nobody was, nothing is learned."""
    claim = make_claim()
    claim = replace(claim, address=replace(claim.address, trial=trial))
    report = Report(started_at=NOW, duration_ms=5, answer=None if error else pending(), error=error)
    change = decide(claim, report, now=NOW, cost=0.2, rng=Random(1))  # noqa: S311 - jitter
    assert change.answered is answered
