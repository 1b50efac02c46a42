"""Trying a token by hand: what it costs, what it says, and that it never locks a pair."""

from datetime import timedelta

import pytest

from dashboard.errors import (
    CloudError,
    InputRefused,
    LoginLocked,
    LoginRefused,
    NoAnswer,
    NotAllowed,
    NotFound,
    TokenRejected,
)
from dashboard.models import Answer, CallKind, ParkReason, Usage
from dashboard.services.credentials.credential_views import Health
from dashboard.services.credentials.token_test import Verdict
from dashboard.services.tasks.intake import NewTask
from dashboard.store import credentials as rows
from dashboard.testing import not_found
from tests.services.conftest import Desk
from tests.services.credentials.test_credentials import TOKEN, jwt, pause

PAIR = {"client_id": "planted-id", "client_secret": "planted-secret"}


@pytest.fixture
def pair(desk: Desk) -> int:
    """A client ID with its secret."""
    return desk.credentials.add(label="Pair", **PAIR)[0].id


@pytest.fixture
def pasted(desk: Desk) -> int:
    """An access token that ends in an hour."""
    return desk.credentials.add(label="Pasted", access_token=jwt(desk.clock() + timedelta(hours=1)))[0].id


def calls(desk: Desk, credential_id: int) -> dict[CallKind, int]:
    """What is on its meter."""
    return dict(desk.credentials.get(credential_id).meter.by_kind)


class TestPair:
    """Testing a client ID and secret."""

    def test_costs_nothing(self, desk: Desk, pair: int) -> None:
        """One login, no call; the minted token is there for the next poll."""
        verdict = desk.token_test.run(pair)
        assert verdict == Verdict(True, "It works: a new access token was minted. This costs nothing.")
        assert (len(desk.api.logins), desk.api.calls) == (1, [])
        view = desk.credentials.get(pair)
        assert (view.health, view.meter.today, view.meter.month) == (Health.WORKING, 0, 0)
        assert calls(desk, pair) == {CallKind.LOGIN: 1}
        assert view.renews_at is not None

    def test_ends_the_pause_of_a_refusal(self, desk: Desk, pair: int) -> None:
        """Its tasks are due at once."""
        refs = desk.intake.register([NewTask(task_id="open-0001")]).registered
        desk.change(refs["open-0001"], next_poll_at=desk.clock() + timedelta(hours=1))
        pause(desk, pair)
        wakes = desk.wakes
        assert desk.token_test.run(pair).works
        assert desk.task(refs["open-0001"]).next_poll_at == desk.clock()
        assert desk.credentials.get(pair).paused_until is None
        assert desk.wakes > wakes

    def test_stops_at_three_refusals(self, desk: Desk, pair: int) -> None:
        """More than five lock the pair; ten minutes later the service has forgotten them, and one may be tried."""
        desk.api.refuses_login = LoginRefused("The OCR service refuses this client ID and secret (HTTP 400).")
        for _ in range(3):
            assert desk.token_test.run(pair) == Verdict(
                False, "The OCR service refuses this client ID and secret (HTTP 400)."
            )
            desk.clock.advance(seconds=10)
        view = desk.credentials.get(pair)
        assert view.health is Health.REJECTED
        assert view.next_login_at is not None
        waits = (view.next_login_at - desk.clock()).total_seconds()
        assert waits == pytest.approx(590, abs=5)  # from the last refusal on
        sentence = (
            "3 logins in a row were refused, and the service locks a client ID after more than five. "
            "Try again in 10 min, or paste another secret now."
        )
        for attempt in (
            lambda: desk.token_test.run(pair),
            lambda: desk.credentials.replace(pair, **PAIR),
        ):
            with pytest.raises(InputRefused) as refused:
                attempt()
            assert str(refused.value) == sentence
        desk.credentials.add(label="", **PAIR)
        assert desk.credentials.get(pair).health is Health.REJECTED
        assert len(desk.api.logins) == 3

        desk.clock.advance(seconds=waits)
        assert not desk.token_test.run(pair).works
        desk.clock.advance(seconds=5)
        with pytest.raises(InputRefused, match="Try again in 10 min"):
            desk.token_test.run(pair)
        assert len(desk.api.logins) == 4

    def test_another_secret_is_tried_at_once(self, desk: Desk, pair: int) -> None:
        """The service counts by pair, and so do we."""
        desk.api.refuses_login = LoginRefused("No.")
        for _ in range(3):
            desk.token_test.run(pair)
        desk.credentials.replace(pair, client_id="planted-id", client_secret="another-secret")
        desk.api.refuses_login = None
        assert desk.token_test.run(pair).works
        assert desk.credentials.get(pair).next_login_at is None

    def test_the_same_pair_pasted_again_keeps_its_refusals(self, desk: Desk, pair: int) -> None:
        """Or pasting it six times would lock it."""
        desk.api.refuses_login = LoginRefused("No.")
        for _ in range(2):
            desk.token_test.run(pair)
            desk.credentials.replace(pair, **PAIR)
        desk.token_test.run(pair)
        with pytest.raises(InputRefused, match="3 logins in a row"):
            desk.credentials.replace(pair, **PAIR)

    def test_a_login_that_works_forgets_refusals(self, desk: Desk, pair: int) -> None:
        """In a row is what counts."""
        for refuses in (True, True, False, True, True):
            desk.api.refuses_login = LoginRefused("No.") if refuses else None
            assert desk.token_test.run(pair).works is not refuses
        assert desk.credentials.get(pair).next_login_at is None

    @pytest.mark.parametrize(("waited", "minutes"), [(0, 10), (1, 10), (61, 9), (595, 1)])
    def test_a_locked_one_is_left_alone(self, desk: Desk, pair: int, waited: float, minutes: int) -> None:
        """No login before Retry-After; the sentence never promises less than it takes."""
        desk.api.refuses_login = LoginLocked("Locked.", retry_after=600)
        assert desk.token_test.run(pair) == Verdict(False, "Locked.")
        with desk.database.writing() as session:
            rows.change(
                session=session,
                team_id=desk.team_id,
                credential_id=pair,
                values={"paused_until": desk.clock() + timedelta(seconds=600)},
            )
        desk.clock.advance(seconds=waited)
        sentence = f"The service takes no logins with it for another {minutes} min."
        assert desk.token_test.run(pair) == Verdict(False, sentence)
        assert len(desk.api.logins) == 1

    def test_nobody_there(self, desk: Desk, pair: int) -> None:
        """Said as it is; not counted as a refusal, and tried again at once by the next test."""
        desk.api.refuses_login = NoAnswer("The OCR service could not be reached.")
        for _ in range(5):
            assert desk.token_test.run(pair) == Verdict(False, "The OCR service could not be reached.")
        assert desk.credentials.get(pair).health is Health.UNREACHABLE
        assert len(desk.api.logins) == 5

    @pytest.mark.parametrize(
        "reason", [ParkReason.BUDGET_REACHED, ParkReason.RATE_LIMITED, ParkReason.PLAN_REFUSED]
    )
    def test_other_pauses_are_not_its_to_end(self, desk: Desk, pair: int, reason: ParkReason) -> None:
        """The login works and says so; calls stay paused."""
        pause(desk, pair, reason)
        assert desk.token_test.run(pair).works
        assert desk.credentials.get(pair).paused_until is not None


class TestPasted:
    """Testing a pasted access token."""

    def test_costs_one_call(self, desk: Desk, pasted: int) -> None:
        """For a status of nobody's task; it is counted and says so."""
        desk.api.otherwise = not_found()
        assert desk.token_test.run(pasted) == Verdict(
            True, "It works. This was one call, which may be billed."
        )
        assert [call.kind for call in desk.api.calls] == ["status"]
        view = desk.credentials.get(pasted)
        assert (view.meter.today, view.health) == (1, Health.WORKING)
        assert calls(desk, pasted) == {CallKind.STATUS: 1}

    @pytest.mark.parametrize(
        ("hours", "health"), [(0, Health.REJECTED), (2, Health.EXPIRED)], ids=["rejected", "over"]
    )
    def test_rejected(self, desk: Desk, pasted: int, hours: float, health: Health) -> None:
        """Paused until a person acts, with what the service said; the call counts."""
        desk.api.otherwise = TokenRejected("Refused (HTTP 401).", http_status=401)
        desk.clock.advance(hours=hours)
        assert desk.token_test.run(pasted) == Verdict(False, "Refused (HTTP 401).")
        view = desk.credentials.get(pasted)
        assert (view.health, view.detail) == (health, "Refused (HTTP 401).")
        assert calls(desk, pasted) == {CallKind.STATUS: 1}

    @pytest.mark.parametrize(
        ("error", "sentence"),
        [
            (NotAllowed("A paid plan."), "A paid plan."),
            (NoAnswer("Silence."), "It could not be tested: Silence."),
        ],
        ids=["plan", "silence"],
    )
    def test_no_verdict_no_pause(self, desk: Desk, pasted: int, error: CloudError, sentence: str) -> None:
        """What says nothing about the token itself pauses nothing."""
        desk.api.otherwise = error
        assert desk.token_test.run(pasted) == Verdict(False, sentence)
        assert desk.credentials.get(pasted).paused_until is None

    @pytest.mark.parametrize(
        ("reason", "ends"),
        [
            (ParkReason.TOKEN_REJECTED, True),
            (ParkReason.TOKEN_EXPIRED, True),
            (ParkReason.PLAN_REFUSED, True),
            (ParkReason.RATE_LIMITED, True),
            (ParkReason.BUDGET_REACHED, False),
        ],
    )
    def test_which_pauses_it_ends(self, desk: Desk, pasted: int, reason: ParkReason, *, ends: bool) -> None:
        """An answer proves the service wrong, not the owner's budget."""
        pause(desk, pasted, reason)
        assert desk.token_test.run(pasted).works
        assert (desk.credentials.get(pasted).paused_until is None) is ends

    def test_replaced_while_it_is_tested(self, desk: Desk, pasted: int) -> None:
        """The old one's rejection says nothing about the new one."""

        def reply() -> Answer:
            desk.credentials.replace(pasted, access_token=f"{TOKEN}-2345")
            raise TokenRejected("Refused (HTTP 401).", http_status=401)

        desk.api.otherwise = reply
        assert not desk.token_test.run(pasted).works
        assert desk.credentials.get(pasted).health is Health.READY


@pytest.mark.parametrize("credential_id", [0, 4711])
def test_not_one_that_is_gone(desk: Desk, credential_id: int) -> None:
    """Somebody else removed it meanwhile."""
    with pytest.raises(NotFound):
        desk.token_test.run(credential_id)


def test_not_that_of_another_team(desk: Desk, other_desk: Desk, pair: int, pasted: int) -> None:
    """Neither a call nor a login is made for strangers."""
    for credential_id in (pair, pasted):
        with pytest.raises(NotFound):
            other_desk.token_test.run(credential_id)
    with desk.database.reading() as session:
        assert session.get(Usage, (pair, "2026-05-01", "login")) is None
    assert other_desk.api.logins + desk.api.logins == []
