"""Thousands of task lives in virtual time: whatever the service does, the promises hold.

The service goes Pending, Processing, Completed, forgets everything 24 hours after the submission, has
outages of minutes to hours, fails now and then, and rejects the token until a person pastes a new one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import CloudError, NoAnswer, RateLimited, ServiceFault, TokenRejected
from dashboard.models import Answer, Change, Claim, ParkReason, State
from dashboard.polling.expiry import VERDICT_PATIENCE
from dashboard.polling.report import Report
from dashboard.polling.schedule import FLOOR_SECONDS, LAST_POLL_MARGIN_SECONDS, POLL_CEILING_SECONDS
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.testing import completed, completed_without_data, not_found, pending, processing
from tests.polling.hearing import NOW, seconds

DAY = 86_400.0
FAILURES: tuple[Callable[[], CloudError], ...] = (
    lambda: NoAnswer("timed out"),
    lambda: ServiceFault("HTTP 503", http_status=503),
    lambda: RateLimited("slow down", http_status=429, retry_after=20.0),
)


@dataclass(kw_only=True)
class FakeService:
    """One task at the service; all times in seconds since its submission."""

    rng: Random
    works_for: float
    """How long recognition takes."""
    known_after: float = 0.0
    """When the service knows its own ID."""
    outages: tuple[tuple[float, float], ...] = ()
    rejects: tuple[float, float] = (math.inf, math.inf)
    """While the token is refused; a person pastes a new one at its end."""
    failure_rate: float = 0.0
    most_failures_in_a_row: int = 2
    _failures: int = field(default=0, init=False)

    def is_reachable(self, at: float) -> bool:
        """Whether a call can be answered."""
        refused = self.rejects[0] <= at < self.rejects[1]
        return not refused and not any(begin <= at < end for begin, end in self.outages)

    def call(self, at: float) -> Answer | CloudError:
        """What a call at this moment brings."""
        if self.rejects[0] <= at < self.rejects[1]:
            return TokenRejected("Expired.", http_status=401)
        if not self.is_reachable(at):
            return NoAnswer("connection refused")
        if self._failures < self.most_failures_in_a_row and self.rng.random() < self.failure_rate:
            self._failures += 1
            return self.rng.choice(FAILURES)()
        self._failures = 0
        if at < self.known_after or at >= DAY:
            return not_found()
        if at < self.works_for:
            return pending() if at < self.works_for / 3 else processing()
        # Now and then the status is there a moment before the data.
        return completed_without_data() if at - self.works_for < 2 else completed("All men.")


@dataclass(kw_only=True)
class Life:
    """What became of one task."""

    polls: list[float] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    state: State = State.PENDING
    stored: bool = False
    seen: bool = False


def live(claim: Claim, service: FakeService, *, registered: float, seed: int) -> Life:
    """Poll one task to its end, as claims and poller would; ``registered`` so many seconds after submission."""
    life, rng = Life(), Random(seed)  # noqa: S311 - jitter
    at, paused_until, person_comes = registered, 0.0, service.rejects[1]
    expiry = (claim.expires_at - NOW).total_seconds()
    while len(life.polls) < 5000:
        if at < expiry:  # a paused token's tasks are claimed only when their time is over
            at = min(max(paused_until, at), expiry)
        said = service.call(at)
        answer, error = (said, None) if isinstance(said, Answer) else (None, said)
        now = NOW + seconds(at)
        report = Report(
            started_at=now,
            duration_ms=1,
            answer=answer,
            parts=decode_parts(answer.raw_parts, trial=False) if answer else (),
            error=error,
        )
        change = decide(claim, report, now=now, cost=0.2, rng=rng)
        life.polls.append(at)
        life.changes.append(change)
        life.seen = life.seen or (answer is not None and answer.state is not State.NOT_FOUND)
        if change.parts is not None:
            life.stored = bool(change.parts)
        if change.pause is not None:
            until = change.pause.until
            paused_until = person_comes if until is None else (until - NOW).total_seconds()
        values = {name: value for name, value in change.values.items() if name in Claim.__dataclass_fields__}
        if "state" in values:
            values["state"] = State(values["state"])
        if values.get("parked"):
            values["parked"] = ParkReason(values["parked"])
        claim = replace(claim, **values)
        life.state = claim.state
        assert (
            change.next_delay_seconds is None
        ) is not life.state.is_open  # open tasks always have a next poll
        if change.next_delay_seconds is None:
            return life
        assert change.next_delay_seconds >= FLOOR_SECONDS
        at += change.next_delay_seconds
    raise AssertionError("polled without an end")


def task(make_claim: Callable[..., Claim], *, registered: float, exact: bool) -> Claim:
    """The claim of a task that was submitted at NOW and registered some seconds later."""
    known = NOW if exact else NOW + seconds(registered)
    return make_claim(
        credential_id=1,
        registered_at=NOW + seconds(registered),
        submitted_at=NOW if exact else None,
        expires_at=known + timedelta(hours=24),
        expiry_exact=exact,
    )


def random_life(make_claim: Callable[..., Claim], seed: int) -> tuple[Life, FakeService, float, bool]:
    """One task with a fate of its own."""
    rng = Random(seed)  # noqa: S311 - a fate, not a secret
    registered = rng.choice((0.0, 0.0, rng.uniform(0, 600), rng.uniform(0, 80_000)))
    exact = rng.random() < 0.6
    outages = []
    for _ in range(rng.choice((0, 0, 1, 3))):
        begin = rng.uniform(0, DAY)
        outages.append((begin, begin + rng.choice((30, 600, 7200, 40_000))))
    rejects = (math.inf, math.inf)
    if rng.random() < 0.2:
        begin = rng.uniform(0, DAY)
        rejects = (begin, begin + rng.uniform(60, 50_000))
    service = FakeService(
        rng=rng,
        works_for=rng.choice((rng.lognormvariate(1, 1), rng.lognormvariate(1, 1), rng.uniform(0, 1.5 * DAY))),
        known_after=rng.choice((0.0, rng.uniform(0, 8))),
        outages=tuple(outages),
        rejects=rejects,
        failure_rate=rng.choice((0.0, 0.1, 0.5)),
    )
    claim = task(make_claim, registered=registered, exact=exact)
    return live(claim, service, registered=registered, seed=seed), service, registered, exact


@pytest.mark.parametrize("block", range(8))
def test_whatever_happens_the_promises_hold(make_claim: Callable[..., Claim], block: int) -> None:
    """Two thousand lives: every task ends once, in time, and a result that could be had is stored."""
    for seed in range(block * 250, (block + 1) * 250):
        life, service, registered, exact = random_life(make_claim, seed)
        told = f"seed {seed}: {life.state}, {len(life.polls)} polls, {service}"

        assert not life.state.is_open, told
        assert life.state.has_result == life.stored, told
        if life.seen:
            assert life.state is not State.NOT_FOUND, told
        assert (
            life.polls[-1] <= registered + DAY + VERDICT_PATIENCE.total_seconds() + 2 * POLL_CEILING_SECONDS
        ), told
        # Reachable from its completion to its end, or at least in the last minutes before that.
        begin = max(service.works_for + 2, registered, service.known_after)
        moments = [begin + (DAY - begin) * step / 400 for step in range(400)]
        last = [
            DAY - LAST_POLL_MARGIN_SECONDS - 10 + step for step in range(int(LAST_POLL_MARGIN_SECONDS) + 10)
        ]
        watched = [*moments, *last] if not exact else last
        if begin < DAY - LAST_POLL_MARGIN_SECONDS - 10 and all(map(service.is_reachable, watched)):
            assert life.stored, told


def test_a_quick_task_is_found_quickly(make_claim: Callable[..., Claim]) -> None:
    """A healthy service: half of the results are here within a second of being ready."""
    delays = []
    for seed in range(200):
        rng = Random(seed)  # noqa: S311 - a fate, not a secret
        service = FakeService(rng=rng, works_for=rng.lognormvariate(1, 0.8))
        life = live(task(make_claim, registered=0, exact=True), service, registered=0, seed=seed)
        assert life.stored
        delays.append(life.polls[-1] - service.works_for)

    assert sorted(delays)[100] < 5  # the data come two seconds after the status, and one doubt is looked into
    assert max(delays) < 8


def test_a_task_that_never_ends_stays_affordable(make_claim: Callable[..., Claim]) -> None:
    """A whole day of asking costs some 260 calls, and ends with the verdict."""
    service = FakeService(rng=Random(1), works_for=math.inf)  # noqa: S311 - not used
    life = live(task(make_claim, registered=0, exact=True), service, registered=0, seed=1)

    assert life.state is State.EXPIRED
    assert 200 < len(life.polls) < 320
    assert life.polls[-1] == pytest.approx(DAY + 5, abs=1)
    assert life.polls[-2] == pytest.approx(DAY - LAST_POLL_MARGIN_SECONDS, abs=1)
    assert max(after - before for before, after in pairwise(life.polls)) <= POLL_CEILING_SECONDS * 1.1


@given(
    words=st.lists(
        st.sampled_from(
            [
                pending(),
                processing(),
                not_found(),
                completed_without_data(),
                replace(pending(), settled=False),
                replace(not_found(), settled=False),
                completed("text"),
                NoAnswer("timed out"),
                RateLimited("slow", retry_after=5000.0),
                TokenRejected("no", http_status=401),
            ]
        ),
        min_size=1,
        max_size=30,
    ),
    started=st.floats(0, DAY * 2.2),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_words_leaves_a_consistent_task(
    make_claim: Callable[..., Claim], words: list[Answer | CloudError], started: float
) -> None:
    """After each word: open with a next poll, or final with a time of its end; data are never wiped out."""
    claim = make_claim(credential_id=1)
    at, stored = started, False
    for word in words:
        answer, error = (word, None) if isinstance(word, Answer) else (None, word)
        parts = decode_parts(answer.raw_parts, trial=False) if answer else ()
        report = Report(started_at=NOW, duration_ms=0, answer=answer, parts=parts, error=error)
        change = decide(claim, report, now=NOW + seconds(at), cost=0.2, rng=Random(3))  # noqa: S311 - jitter
        state = State(change.values.get("state", claim.state.value))

        assert (change.next_delay_seconds is None) is not state.is_open
        assert ("completed_at" in change.values) is not state.is_open
        assert not (stored and change.parts == ())
        stored = stored or bool(change.parts)
        if change.next_delay_seconds is None:
            break
        claim = replace(
            claim,
            state=state,
            seen_at=change.values.get("seen_at", claim.seen_at),
            doubts=change.values.get("doubts", claim.doubts),
            errors=change.values.get("errors", claim.errors),
        )
        at += change.next_delay_seconds
