"""What a call without a usable answer means: the table of fact sheet 7, row by row."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dashboard.errors import (
    CloudError,
    NoAnswer,
    NotAllowed,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import Operation, ParkReason, State, TaskAddress
from dashboard.polling.expiry import VERDICT_PATIENCE
from dashboard.polling.schedule import (
    LAST_POLL_MARGIN_SECONDS,
    RETRY_AFTER_CEILING_SECONDS,
    VERDICT_DELAY_SECONDS,
)
from dashboard.polling.silence import PLAN_RETRY
from tests.polling.hearing import NOW, MakeClaim, hear, seconds

DAY = timedelta(hours=24).total_seconds()
TRIAL = TaskAddress(
    api_url="https://ocr.example", operation=Operation.RECOGNIZE_IMAGE, trial=True, task_id="trial-0001"
)

TROUBLE: list[CloudError] = [
    NoAnswer("timed out"),
    ServiceFault("HTTP 502", http_status=502),
    UnreadableAnswer("a web page", http_status=200),
    RequestRefused("HTTP 418", http_status=418),
]


def kind(error: CloudError) -> str:
    """The name of an error's class, as a test ID."""
    return type(error).__name__


@pytest.mark.parametrize("error", [*TROUBLE, RateLimited("slow down"), TokenRejected("no")], ids=kind)
@pytest.mark.parametrize("state", [State.PENDING, State.PROCESSING])
def test_an_error_never_changes_the_state(make_claim: MakeClaim, state: State, error: CloudError) -> None:
    """A task does not fail because we could not ask."""
    change = hear(make_claim(state=state, credential_id=5, errors=9), error)

    assert "state" not in change.values
    assert change.next_delay_seconds is not None
    assert change.parts is None
    assert change.attempt is not None
    assert change.attempt.result == error.word
    assert change.attempt.http_status == error.http_status
    assert change.attempt.detail == str(error)


@pytest.mark.parametrize("error", TROUBLE, ids=kind)
def test_one_hiccup_is_not_an_outage(make_claim: MakeClaim, error: CloudError) -> None:
    """The first error in a row is retried within seconds and shown to nobody."""
    change = hear(make_claim(), error)

    assert change.values["parked"] is None
    assert change.values["errors"] == 1
    assert 1.0 <= (change.next_delay_seconds or 0) <= 2.0
    assert not change.visible


@pytest.mark.parametrize("error", TROUBLE, ids=kind)
def test_a_second_error_parks_the_task(make_claim: MakeClaim, error: CloudError) -> None:
    """It is unreachable then, with the reason in words, and retried with growing delays."""
    change = hear(make_claim(errors=1), error)

    assert change.values["parked"] == ParkReason.UNREACHABLE.value
    assert change.values["parked_detail"] == str(error)
    assert change.pause is None
    assert change.visible
    assert 2.0 <= (change.next_delay_seconds or 0) <= 4.0


def test_an_outage_keeps_its_beginning(make_claim: MakeClaim) -> None:
    """``parked_since`` is the first error, and nothing is drawn again while it lasts."""
    since = NOW - seconds(500)
    claim = make_claim(errors=6, parked=ParkReason.UNREACHABLE, parked_since=since)
    change = hear(claim, NoAnswer("timed out"))

    assert change.values["parked_since"] == since
    assert not change.visible


def test_the_first_hiccup_is_the_beginning_of_the_outage(make_claim: MakeClaim) -> None:
    """The moment is remembered although the task is not parked yet."""
    first = hear(make_claim(), NoAnswer("timed out"), after=60)
    claim = make_claim(errors=1, parked_since=first.values["parked_since"])

    assert hear(claim, NoAnswer("timed out"), after=62).values["parked_since"] == NOW + seconds(60)


class TestRateLimit:
    """429, with and without Retry-After."""

    def test_the_whole_token_rests(self, make_claim: MakeClaim) -> None:
        """The task is parked, and its token paused for as long as the service asked."""
        change = hear(make_claim(credential_id=5), RateLimited("slow", http_status=429, retry_after=90))

        assert change.values["parked"] == ParkReason.RATE_LIMITED.value
        assert change.next_delay_seconds == 90
        assert change.pause is not None
        assert change.pause.reason is ParkReason.RATE_LIMITED
        assert change.pause.until == NOW + seconds(60 + 90)
        assert change.visible

    def test_without_a_hint_the_delay_is_ours(self, make_claim: MakeClaim) -> None:
        """It grows with the errors in a row."""
        assert 8 <= (hear(make_claim(errors=3), RateLimited("slow")).next_delay_seconds or 0) <= 16

    def test_absurd_hints_are_not_believed(self, make_claim: MakeClaim) -> None:
        """A mistaken one must not cost a result."""
        change = hear(make_claim(), RateLimited("slow", retry_after=999_999))

        assert change.next_delay_seconds == RETRY_AFTER_CEILING_SECONDS

    def test_evaluation_mode_has_no_token_to_pause(self, make_claim: MakeClaim) -> None:
        """Only the task itself waits."""
        assert hear(make_claim(address=TRIAL), RateLimited("slow", retry_after=9)).pause is None

    def test_the_last_poll_is_made_all_the_same(self, make_claim: MakeClaim) -> None:
        """Rather one refused call than a result that is gone: neither delay nor pause reaches over it."""
        claim = make_claim(credential_id=5)
        change = hear(claim, RateLimited("slow", retry_after=3600), after=DAY - 1800)

        assert change.next_delay_seconds == pytest.approx(1800 - LAST_POLL_MARGIN_SECONDS)
        assert change.pause is not None
        assert change.pause.until == NOW + seconds(DAY - LAST_POLL_MARGIN_SECONDS)


@pytest.mark.parametrize(
    "error", [NoAnswer("timed out"), RateLimited("slow", retry_after=600)], ids=["outage", "rate limit"]
)
def test_the_last_minutes_are_used(make_claim: MakeClaim, error: CloudError) -> None:
    """However long an outage has lasted, the service is asked several times before the expiry."""
    claim, after, calls = make_claim(errors=12), DAY - LAST_POLL_MARGIN_SECONDS, 0
    while after < DAY:
        after += hear(claim, error, after=after).next_delay_seconds or 0
        calls += 1

    assert 6 <= calls <= 20
    assert after == pytest.approx(DAY + VERDICT_DELAY_SECONDS, abs=20)


class TestToken:
    """401, 402, 403 and no token at all."""

    def test_without_a_token_the_task_waits_for_one(self, make_claim: MakeClaim) -> None:
        """It is parked, costs no calls, and the last poll before its expiry is kept."""
        change = hear(make_claim(polls=3), TokenRejected("There is no token."), after=60)

        assert (change.values["polls"], change.attempt) == (2, None)
        assert change.values["parked"] == ParkReason.TOKEN_MISSING.value
        assert change.values["parked_detail"] == "There is no token."
        assert change.pause is None
        assert change.next_delay_seconds == pytest.approx(DAY - 60 - LAST_POLL_MARGIN_SECONDS)
        assert "errors" not in change.values

    @pytest.mark.parametrize(
        ("error", "reason", "until"),
        [
            pytest.param(
                TokenRejected("Expired.", http_status=401),
                ParkReason.TOKEN_REJECTED,
                None,
                id="401 waits for a person",
            ),
            pytest.param(
                NotAllowed("Expired.", http_status=402),
                ParkReason.PLAN_REFUSED,
                NOW + seconds(60) + PLAN_RETRY,
                id="402 may heal by itself",
            ),
            pytest.param(
                NotAllowed("Expired.", http_status=403),
                ParkReason.PLAN_REFUSED,
                NOW + seconds(60) + PLAN_RETRY,
                id="403 may heal by itself",
            ),
        ],
    )
    def test_a_rejected_token_pauses(
        self, make_claim: MakeClaim, error: TokenRejected, reason: ParkReason, until: datetime | None
    ) -> None:
        """All tasks of the token wait; this one is due as soon as the pause ends."""
        change = hear(make_claim(credential_id=5), error)

        assert change.pause is not None
        assert (change.pause.reason, change.pause.until) == (reason, until)
        assert change.pause.detail == "Expired."
        assert "parked" not in change.values
        assert (change.next_delay_seconds or 0) < 1
        assert change.visible

    def test_the_time_can_run_out_while_the_token_is_rejected(self, make_claim: MakeClaim) -> None:
        """Then the task is expired, says why, and is parked no more."""
        claim = make_claim(credential_id=5, seen_at=NOW)
        change = hear(claim, TokenRejected("Expired.", http_status=401), after=DAY + 5)

        assert change.values["state"] == "expired"
        assert change.next_delay_seconds is None
        assert change.values["remarks"] == ["Its 24 hours ended before we could ask: Expired."]

    def test_the_time_can_run_out_without_a_token(self, make_claim: MakeClaim) -> None:
        """Nothing of its being parked is left."""
        claim = make_claim(parked=ParkReason.TOKEN_MISSING, parked_since=NOW)
        change = hear(claim, TokenRejected("There is no token."), after=DAY + 5)

        assert change.values["state"] == "expired"
        assert {change.values[name] for name in ("parked", "parked_since", "parked_detail")} == {None}
        assert change.visible

    @pytest.mark.parametrize("status", [401, 403])
    def test_evaluation_mode_sends_none_so_none_is_missing(self, make_claim: MakeClaim, status: int) -> None:
        """A refused trial call is the service's trouble: it is retried, and no token would help."""
        change = hear(make_claim(address=TRIAL, errors=1), TokenRejected("WAF", http_status=status))

        assert change.values["parked"] == ParkReason.UNREACHABLE.value
        assert change.pause is None
        assert (change.next_delay_seconds or 0) < 5


class TestDeadline:
    """What happens to a task the service cannot be asked about when its time ends."""

    def test_an_unreachable_service_is_asked_on(self, make_claim: MakeClaim) -> None:
        """It may delete late, so the result may still be there when it comes back."""
        claim = make_claim(errors=50, parked=ParkReason.UNREACHABLE, parked_since=NOW)
        change = hear(claim, NoAnswer("timed out"), after=DAY + 7200)

        assert "state" not in change.values
        assert 100 < (change.next_delay_seconds or 0) <= 300

    def test_but_not_for_ever(self, make_claim: MakeClaim) -> None:
        """A day later it is expired, and says that nobody could ask."""
        patience = VERDICT_PATIENCE.total_seconds()
        change = hear(make_claim(errors=300), NoAnswer("timed out"), after=DAY + patience)

        assert change.values["state"] == "expired"
        assert change.values["remarks"] == ["Its 24 hours ended before we could ask: timed out"]
        assert change.values["completed_at"] == NOW + seconds(DAY + patience)
        assert change.next_delay_seconds is None


def test_a_long_detail_is_cut(make_claim: MakeClaim) -> None:
    """The timeline takes 500 characters of a stranger's words."""
    attempt = hear(make_claim(), ServiceFault("x" * 9000)).attempt

    assert attempt is not None
    assert len(attempt.detail) == 500


def test_doubts_survive_an_error(make_claim: MakeClaim) -> None:
    """A call that brought no answer is no answer in between."""
    assert "doubts" not in hear(replace(make_claim(), doubts=2), NoAnswer("timed out")).values
