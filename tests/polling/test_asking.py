"""The calls of one poll: how many, of which kind, with which token, and what the task hears of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from dashboard.errors import (
    CloudError,
    NotAllowed,
    RateLimited,
    StoreUnavailable,
    TokenHeld,
    TokenRejected,
)
from dashboard.models import (
    Answer,
    AttemptRecord,
    CallCredential,
    CallKind,
    Change,
    Claim,
    CredentialKind,
    ParkReason,
    State,
)
from dashboard.polling.asking import Asker
from dashboard.polling.expiry import VERDICT_PATIENCE
from dashboard.polling.report import Report
from dashboard.polling.schedule import ERROR_CEILING_SECONDS
from dashboard.polling.silence import HELD_DELAY_SECONDS, PLAN_RETRY
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.testing import FakeOcrApi, Reply, completed, failed, not_found, pending, processing
from tests.polling.hearing import NOW

TASK = "7ac9b7f0-0001-4000-8000-000000000000"
LATER = NOW + timedelta(minutes=1)

PASTED = CallCredential(
    credential_id=7,
    team_id=1,
    kind=CredentialKind.ACCESS_TOKEN,
    api_url="https://ocr.example",
    secret="encrypted",
)
MINTED = replace(PASTED, kind=CredentialKind.CLIENT_CREDENTIALS, client_id="id", minted="minted")

Kinds = list[tuple[CallKind, str]]


class ScriptedTokens:
    """Hands out these tokens, one for each time it is asked; errors are raised."""

    def __init__(self, *current: str | Exception, renewed: str | Exception | None = None) -> None:
        self._current = list(current)
        self._renewed = renewed
        self.renewals = 0

    def current(self, token: CallCredential, *, now: datetime) -> str:
        """The next one; the last one repeats."""
        del token, now
        return _given(self._current.pop(0) if len(self._current) > 1 else self._current[0])

    def renewed(self, token: CallCredential, *, now: datetime) -> str | None:
        """Another one."""
        del token, now
        self.renewals += 1
        return None if self._renewed is None else _given(self._renewed)


def _given(what: str | Exception) -> str:
    if isinstance(what, Exception):
        raise what
    return what


@pytest.fixture
def api() -> FakeOcrApi:
    """A service."""
    return FakeOcrApi()


@pytest.fixture
def ask(api: FakeOcrApi, make_claim: Callable[..., Claim]) -> Callable[..., tuple[Report, Change]]:
    """Polls once and decides, a minute after the registration or when told."""

    def poll(
        tokens: ScriptedTokens,
        token: CallCredential | None = PASTED,
        *,
        at: datetime = LATER,
        **given: object,
    ) -> tuple[Report, Change]:
        claim = make_claim(**{"credential": token, "credential_id": token and token.credential_id, **given})
        report = Asker(api=api, tokens=tokens, decode=decode_parts).ask(claim, now=lambda: at)
        return report, decide(claim, report, now=at, cost=0.2, rng=Random(3))  # noqa: S311 - jitter

    return poll


Ask = Callable[..., tuple[Report, Change]]


def attempts(change: Change) -> list[AttemptRecord]:
    """All calls of a poll as the timeline gets them, oldest first."""
    return [one for one in (*change.earlier, change.attempt) if one is not None]


def kinds(change: Change) -> Kinds:
    """Kind and result of all calls."""
    return [(one.kind, one.result) for one in attempts(change)]


@pytest.mark.parametrize("status_first", [False, True], ids=["at once", "status first"])
@pytest.mark.parametrize(
    ("reply", "plain", "first"),
    [
        (pending(), [("poll", "pending")], [("status", "pending")]),
        (processing(), [("poll", "processing")], [("status", "processing")]),
        (not_found(), [("poll", "not_found")], [("status", "not_found")]),
        (completed("Hello."), [("result", "completed")], [("status", "completed"), ("result", "completed")]),
        (failed("blurred"), [("poll", "failed")], [("status", "failed"), ("poll", "failed")]),
    ],
    ids=["pending", "processing", "not found", "completed", "failed"],
)
def test_one_call_or_two(
    ask: Ask,
    api: FakeOcrApi,
    reply: Answer,
    plain: Kinds,
    first: Kinds,
    *,
    status_first: bool,
) -> None:
    """A status first costs one call while the task is open, and one more when there is something to fetch."""
    api.load(TASK, reply)
    _, change = ask(ScriptedTokens("plain"), replace(PASTED, status_first=status_first))
    expected = first if status_first else plain
    assert kinds(change) == expected
    assert api.tokens_for(TASK) == ["plain"] * len(expected)
    # One call was counted with the claim; the rest is added, and nothing is set where nothing changes.
    assert change.values.get("polls", 1) == len(expected)


def test_a_status_without_data_never_ends_a_task(ask: Ask, api: FakeOcrApi) -> None:
    """Completed by status, then the fetch fails: it stays open, and both calls are in the timeline."""
    answers: list[Answer | Exception] = [completed("Hello."), RateLimited("Slow down.", http_status=429)]

    def reply() -> Answer:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    api.load(TASK, reply)
    _, change = ask(ScriptedTokens("plain"), replace(PASTED, status_first=True))
    assert kinds(change) == [("status", "completed"), ("poll", "rate limited")]
    assert "state" not in change.values
    assert change.parts is None
    assert change.next_delay_seconds is not None


def test_evaluation_mode_sends_no_token(ask: Ask, api: FakeOcrApi, make_claim: Callable[..., Claim]) -> None:
    """Also where the task has one that asks for a status first."""
    address = replace(make_claim().address, trial=True)
    _, change = ask(ScriptedTokens("plain"), replace(PASTED, status_first=True), address=address)
    assert kinds(change) == [("poll", "pending")]
    assert api.tokens_for(TASK) == [None]


class TestRejection:
    """What a 401 leads to."""

    @pytest.mark.parametrize("status_first", [False, True], ids=["at once", "status first"])
    def test_a_minted_token_is_renewed_once(self, ask: Ask, api: FakeOcrApi, *, status_first: bool) -> None:
        """The call is repeated with the new one; the task hears of nothing but the answer."""
        answers: list[Answer | Exception] = [TokenRejected("No.", http_status=401), processing()]

        def reply() -> Answer:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        api.load(TASK, reply)
        tokens = ScriptedTokens("old", renewed="new")
        _, change = ask(tokens, replace(MINTED, status_first=status_first))
        kind = "status" if status_first else "poll"
        assert kinds(change) == [(kind, "token rejected"), (kind, "processing")]
        assert api.tokens_for(TASK) == ["old", "new"]
        assert (tokens.renewals, change.pause, change.values["polls"]) == (1, None, 2)
        assert change.values["state"] == State.PROCESSING.value

    def test_a_second_401_pauses_for_a_while(self, ask: Ask, api: FakeOcrApi) -> None:
        """No third call; fifteen minutes, because it may be the service's mistake."""
        api.load(TASK, TokenRejected("No.", http_status=401))
        tokens = ScriptedTokens("old", renewed="new")
        _, change = ask(tokens, MINTED)
        assert api.tokens_for(TASK) == ["old", "new"]
        assert kinds(change) == [("poll", "token rejected")] * 2
        assert change.pause is not None
        assert (change.pause.reason, change.pause.until) == (ParkReason.TOKEN_REJECTED, LATER + PLAN_RETRY)
        assert change.pause.detail == "Even a token minted just now was refused: No."
        assert (change.values["polls"], "state" in change.values) == (2, False)

    def test_no_new_one_to_be_had(self, ask: Ask, api: FakeOcrApi) -> None:
        """The rejected call was made and counts; the pause of the login is what holds the task."""
        api.load(TASK, TokenRejected("No.", http_status=401))
        _, change = ask(ScriptedTokens("old", renewed=TokenHeld("No such pair.")), MINTED)
        assert kinds(change) == [("poll", "token rejected")]
        assert (change.attempt, change.pause, change.values["polls"]) == (None, None, 1)
        assert "state" not in change.values

    @pytest.mark.parametrize(
        ("expires_at", "reason"),
        [
            (None, ParkReason.TOKEN_REJECTED),
            (LATER + timedelta(seconds=1), ParkReason.TOKEN_REJECTED),
            (LATER, ParkReason.TOKEN_EXPIRED),
            (LATER - timedelta(days=1), ParkReason.TOKEN_EXPIRED),
        ],
        ids=["it does not say", "not over yet", "over just now", "over for long"],
    )
    def test_a_pasted_one_waits_for_a_person(
        self, ask: Ask, api: FakeOcrApi, expires_at: datetime | None, reason: ParkReason
    ) -> None:
        """Expired where its own end is over, else rejected; there is no other token to try."""
        api.load(TASK, TokenRejected("No.", http_status=401))
        _, change = ask(ScriptedTokens("plain"), replace(PASTED, expires_at=expires_at))
        assert change.pause is not None
        assert (change.pause.reason, change.pause.until) == (reason, None)
        assert api.calls_for(TASK) == 1

    @pytest.mark.parametrize("token", [PASTED, MINTED], ids=["pasted", "minted"])
    @pytest.mark.parametrize("status", [402, 403, 429])
    def test_a_plan_that_does_not_allow_it(
        self, ask: Ask, api: FakeOcrApi, token: CallCredential, status: int
    ) -> None:
        """Another token of the same account would not help: no renewal, and another try in 15 minutes."""
        api.load(TASK, NotAllowed("The plan's calls are used up.", http_status=status))
        tokens = ScriptedTokens("plain", renewed="new")
        _, change = ask(tokens, token)
        assert change.pause is not None
        assert (change.pause.reason, change.pause.until) == (ParkReason.PLAN_REFUSED, LATER + PLAN_RETRY)
        assert (api.calls_for(TASK), tokens.renewals) == (1, 0)
        assert kinds(change) == [("poll", "not allowed")]


class TestHeld:
    """No call was made."""

    @pytest.mark.parametrize(
        ("error", "delay", "parked"),
        [
            (TokenHeld("Paused."), 0.3, None),
            (TokenHeld("No key.", is_paused=False), HELD_DELAY_SECONDS, "unreachable"),
            (StoreUnavailable("The disk is full."), HELD_DELAY_SECONDS, "unreachable"),
        ],
        ids=["paused", "not paused", "database"],
    )
    def test_counts_neither_call_nor_attempt(
        self, ask: Ask, api: FakeOcrApi, error: Exception, delay: float, parked: str | None
    ) -> None:
        """The task is looked at again soon, or when the pause of its token ends; nothing is said of its state."""
        _, change = ask(ScriptedTokens(error), MINTED)
        assert api.calls == []
        assert (attempts(change), change.pause) == ([], None)
        assert change.values["polls"] == 0  # the one that was counted with the claim is taken back
        assert (change.next_delay_seconds, change.values.get("parked")) == (delay, parked)
        assert "state" not in change.values

    def test_between_status_and_fetch(self, ask: Ask, api: FakeOcrApi) -> None:
        """The status that was asked for counts."""
        api.load(TASK, completed("Hello."))
        tokens = ScriptedTokens("plain", TokenHeld("Paused."))
        _, change = ask(tokens, replace(PASTED, status_first=True))
        assert kinds(change) == [("status", "completed")]
        assert (change.values["polls"], change.next_delay_seconds is None) == (1, False)
        assert "state" not in change.values

    @pytest.mark.parametrize(
        ("error", "after", "delay"),
        [
            (TokenHeld("Silence.", is_outage=True), timedelta(0), ERROR_CEILING_SECONDS),
            (
                TokenHeld("Silence.", is_outage=True),
                VERDICT_PATIENCE - timedelta(seconds=1),
                ERROR_CEILING_SECONDS,
            ),
            (TokenHeld("Silence.", is_outage=True), VERDICT_PATIENCE, None),
            (TokenHeld("No such pair."), timedelta(0), None),
            (StoreUnavailable("The disk is full."), timedelta(0), ERROR_CEILING_SECONDS),
        ],
        ids=["outage", "long outage", "a day of outage", "refused", "database"],
    )
    def test_over_its_deadline(
        self,
        ask: Ask,
        make_claim: Callable[..., Claim],
        error: Exception,
        after: timedelta,
        delay: float | None,
    ) -> None:
        """An outage gives no task up: the service may delete late. What only a person could cure ends it."""
        _, change = ask(ScriptedTokens(error), MINTED, at=make_claim().expires_at + after)
        assert change.next_delay_seconds == delay
        assert (change.values.get("state") == State.EXPIRED.value) is (delay is None)
        assert attempts(change) == []

    @pytest.mark.parametrize("left", [119.0, 60.0, 9.0, 1.0])
    def test_its_last_chance(self, ask: Ask, make_claim: Callable[..., Claim], left: float) -> None:
        """Tried again a few times before it is gone, and not in a loop."""
        at = make_claim().expires_at - timedelta(seconds=left)
        _, change = ask(ScriptedTokens(TokenHeld("Silence.", is_outage=True)), MINTED, at=at)
        assert change.next_delay_seconds == max(left / 4, 2.0)


@pytest.mark.parametrize("reply", [pending(), TokenRejected("No.", http_status=401)], ids=["answer", "401"])
def test_a_task_without_a_token_waits_for_one(ask: Ask, api: FakeOcrApi, reply: Reply) -> None:
    """Nothing is sent and nothing counted; it is parked for that reason."""
    api.load(TASK, reply)
    _, change = ask(ScriptedTokens("plain"), None)
    assert api.calls == []
    assert (attempts(change), change.pause) == ([], None)
    assert (change.values["parked"], change.values["polls"]) == (ParkReason.TOKEN_MISSING.value, 0)


def test_what_a_bug_provokes_is_an_attempt(ask: Ask, api: FakeOcrApi) -> None:
    """Whatever is raised: the task stays open, with a sentence that repeats nothing."""
    api.load(TASK, KeyError("planted"))
    report, change = ask(ScriptedTokens("plain"), PASTED)
    assert isinstance(report.error, CloudError)
    assert kinds(change) == [("poll", "unreadable")]
    assert "planted" not in attempts(change)[0].detail
    assert "state" not in change.values
