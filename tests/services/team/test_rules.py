"""What the owner of a token decides: budgets, a status first, the default, an heir; and client pairs."""

from datetime import timedelta

import pytest

from dashboard.errors import InputRefused, NotFound
from dashboard.models import CredentialKind, ParkReason, PollCost, State
from dashboard.services.credentials.credential_views import Health
from dashboard.services.credentials.credentials import MAX_BUDGET, Rules
from dashboard.services.tasks.intake import NewTask
from tests.services.conftest import Desk
from tests.services.credentials.test_credentials import TOKEN, pause

PAIR = {"client_id": "9a1f0c5e-0000-4000-8000-000000000001", "client_secret": "planted-secret-0123456789"}


class TestBudgets:
    """Rules of a token."""

    @pytest.mark.parametrize(
        "rules",
        [
            Rules(),
            Rules(daily_budget=1),
            Rules(monthly_budget=MAX_BUDGET, keeps_last_poll=False),
            Rules(daily_budget=10, monthly_budget=150, status_first=True),
            Rules(poll_cost=PollCost.DEAR),
        ],
    )
    def test_are_kept(self, desk: Desk, rules: Rules) -> None:
        """As they were given, and can be taken back."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        for given in (rules, Rules()):
            view = desk.credentials.set_rules(token, given)
            assert Rules(**{name: getattr(view, name) for name in Rules.__dataclass_fields__}) == given

    @pytest.mark.parametrize("budget", [0, -1, MAX_BUDGET + 1, 10**30])
    def test_no_sensible_number(self, desk: Desk, budget: int) -> None:
        """Refused in a sentence, and nothing is changed."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        for rules in (Rules(daily_budget=budget), Rules(monthly_budget=budget)):
            with pytest.raises(InputRefused, match=r"^A budget is a number of calls from 1 to 10,000,000\.$"):
                desk.credentials.set_rules(token, rules)
        view = desk.credentials.get(token)
        assert (view.daily_budget, view.monthly_budget) == (None, None)

    @pytest.mark.parametrize(
        ("reason", "over"),
        [
            (ParkReason.BUDGET_REACHED, True),
            (ParkReason.TOKEN_REJECTED, False),
            (ParkReason.RATE_LIMITED, False),
        ],
    )
    def test_new_rules_end_the_old_budget(self, desk: Desk, reason: ParkReason, *, over: bool) -> None:
        """At once, and no other pause."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        pause(desk, token, reason)
        wakes = desk.wakes
        view = desk.credentials.set_rules(token, Rules(monthly_budget=500))
        assert (view.paused_until is None, view.detail == "") == (over, over)
        assert desk.wakes > wakes

    def test_not_of_one_that_is_gone(self, desk: Desk, other_desk: Desk) -> None:
        """Nor of another team's."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        for credentials, wanted in ((desk.credentials, 4711), (other_desk.credentials, token)):
            with pytest.raises(NotFound):
                credentials.set_rules(wanted, Rules(daily_budget=1))
        assert desk.credentials.get(token).daily_budget is None


class TestPairs:
    """A client ID with its secret."""

    def test_is_stored(self, desk: Desk) -> None:
        """The secret encrypted, the ID in the open; nothing is minted before it is needed."""
        view, new = desk.credentials.add(label="Archive", **PAIR)
        [row] = desk.stored_tokens()
        assert (new, view.mints, view.kind) == (True, True, CredentialKind.CLIENT_CREDENTIALS)
        assert (view.client_id, view.hint, view.health) == (PAIR["client_id"], "6789", Health.READY)
        assert (view.expires_at, view.renews_at) == (None, None)
        assert desk.box.decrypt(row.secret) == PAIR["client_secret"]
        assert "planted" not in f"{row.secret} {row.fingerprint} {view!r} {row!r}"
        assert desk.api.logins == []

    def test_is_recognised(self, desk: Desk) -> None:
        """In whatever dress; another ID or secret is another pair."""
        first, _ = desk.credentials.add(label="one", **PAIR)
        dressed = {name: f' "{value}",\n' for name, value in PAIR.items()}
        again, new = desk.credentials.add(label="two", **dressed)
        assert (again.id, again.label, new) == (first.id, "one", False)
        assert desk.credentials.add(label="", **{**PAIR, "client_id": "other"})[1]
        assert desk.credentials.add(label="", **{**PAIR, "client_secret": "another-secret"})[1]
        assert desk.credentials.add(label="", access_token=PAIR["client_secret"])[1]

    @pytest.mark.parametrize(
        ("client_id", "client_secret"),
        [
            ("x", "y"),
            ("an@id.example", "s" * 1000),
            ("{weird}", "p&=+%/\\<>'x"),
            ("0", "planted:with:colons"),
        ],
        ids=["short", "long", "signs", "colons"],
    )
    def test_odd_shapes_are_taken(self, desk: Desk, client_id: str, client_secret: str) -> None:
        """What pairs look like is not documented."""
        view, _ = desk.credentials.add(label="", client_id=client_id, client_secret=client_secret)
        assert view.client_id == client_id
        assert desk.box.decrypt(desk.stored_tokens()[0].secret) == client_secret
        assert len(view.hint) <= max(len(client_secret) // 4, 1)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({}, "Paste the client ID first"),
            ({"client_id": "me"}, "Paste the client secret first"),
            ({"client_secret": "planted"}, "Paste the client ID first"),
            ({"client_id": " ", "client_secret": "planted"}, "Paste the client ID first"),
            ({"client_id": "me", "client_secret": "planted planted"}, "A client secret has no blanks"),
            ({"client_id": "m\u00e9", "client_secret": "planted"}, "A client ID has no blanks"),
            ({"client_id": "me", "client_secret": "planted" * 200}, "too long for a client secret"),
            ({"access_token": TOKEN, **PAIR}, "not both"),
            ({"access_token": TOKEN, "client_id": "me"}, "not both"),
        ],
        ids=["nothing", "no secret", "no id", "blank id", "blanks", "letters", "long", "both", "both, half"],
    )
    def test_what_is_no_pair(self, desk: Desk, given: dict[str, str], words: str) -> None:
        """Is refused in a sentence that repeats no secret; nothing is stored."""
        with pytest.raises(InputRefused, match=words) as refused:
            desk.credentials.add(label="", **given)
        assert "planted" not in str(refused.value)
        assert desk.stored_tokens() == []

    def test_replaces_a_pasted_token_and_back(self, desk: Desk) -> None:
        """Across kinds: nothing of the one is left in the other, and tasks go on."""
        token = desk.credentials.add(label="Archive", access_token=TOKEN)[0].id
        refs = desk.intake.register([NewTask(task_id="open-0001")]).registered
        pause(desk, token)
        pair = desk.credentials.replace(token, **PAIR)
        assert (pair.id, pair.mints, pair.health) == (token, True, Health.READY)
        assert desk.token_test.run(token).works
        assert desk.stored_tokens()[0].minted is not None
        back = desk.credentials.replace(token, access_token=f"{TOKEN}-2345")
        [row] = desk.stored_tokens()
        assert (back.mints, back.client_id, back.hint, back.renews_at) == (False, None, "2345", None)
        assert (row.minted, row.minted_until, row.minting, row.login_refusals) == (None, None, None, 0)
        assert desk.task(refs["open-0001"]).credential_id == token


class TestDefault:
    """The token of tasks that name none."""

    def test_the_default_is_the_first_until_somebody_decides(self, desk: Desk) -> None:
        """A newer one never takes over by itself; one for each service."""
        old = desk.credentials.add(label="", access_token=TOKEN)[0].id
        new = desk.credentials.add(label="", **PAIR)[0].id
        other = desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")[0].id

        def chosen(task_id: str, **given: str) -> int | None:
            refs = desk.intake.register([NewTask(task_id=task_id, **given)]).registered  # type: ignore[arg-type]  # by name
            return desk.task(refs[task_id]).credential_id

        assert chosen("task-0001") == old
        assert desk.credentials.make_default(old).is_default
        desk.credentials.make_default(other)
        assert chosen("task-0002") == old
        assert chosen("task-0003", api_url="https://other.example") == other
        desk.credentials.make_default(new)
        assert {view.id: view.is_default for view in desk.credentials.all()} == {
            old: False,
            new: True,
            other: True,
        }
        assert chosen("task-0004") == new
        desk.credentials.remove(new)
        assert chosen("task-0005") == old
        assert {view.id: view.is_default for view in desk.credentials.all()} == {old: True, other: True}

    def test_another_one_takes_over_when_it_is_removed(self, desk: Desk) -> None:
        """The heir of its tasks, else the newest; none of another service."""
        first, second, third = (
            desk.credentials.add(label="", access_token=f"{TOKEN}-{number}")[0].id for number in range(3)
        )
        other = desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")[0].id

        def defaults() -> set[int]:
            return {view.id for view in desk.credentials.all() if view.is_default} - {other}

        desk.credentials.remove(first, heir_id=second)
        assert defaults() == {second}
        desk.credentials.remove(second)
        assert defaults() == {third}
        desk.credentials.remove(third)
        again = desk.credentials.add(label="", access_token=TOKEN)[0]
        assert again.is_default

    def test_not_that_of_another_team(self, desk: Desk, other_desk: Desk) -> None:
        """It cannot be made theirs."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        with pytest.raises(NotFound):
            other_desk.credentials.make_default(token)


class TestHeir:
    """Removing a token."""

    def test_open_tasks_go_to_the_heir(self, desk: Desk) -> None:
        """Due at once, a poll under way is fenced off; finished ones stay with nobody."""
        old = desk.credentials.add(label="", access_token=TOKEN)[0].id
        refs = desk.intake.register(
            [NewTask(task_id="open-0001"), NewTask(task_id="polled-01"), NewTask(task_id="done-0001")]
        ).registered
        later = desk.clock() + timedelta(minutes=9)
        desk.change(refs["open-0001"], next_poll_at=later)
        desk.change(refs["polled-01"], next_poll_at=later, claim="somebody")
        desk.change(refs["done-0001"], state=State.COMPLETED.value, next_poll_at=None)
        heir = desk.credentials.add(label="", **PAIR)[0].id
        pause(desk, old)
        desk.credentials.remove(old, heir_id=heir)
        for name in ("open-0001", "polled-01"):
            task = desk.task(refs[name])
            assert (task.credential_id, task.next_poll_at, task.claim) == (heir, desk.clock(), None)
        done = desk.task(refs["done-0001"])
        assert (done.credential_id, done.next_poll_at) == (None, None)
        view = desk.credentials.get(heir)
        assert (view.open_tasks, view.paused_until) == (2, None)

    def test_not_every_token_can_be_the_heir(self, desk: Desk, other_desk: Desk) -> None:
        """Not itself, not one that is gone, not a stranger's, not one of another service; nothing is removed."""
        token = desk.credentials.add(label="", access_token=TOKEN)[0].id
        theirs = other_desk.credentials.add(label="", access_token=TOKEN)[0].id
        elsewhere = desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")[0].id
        for heir, error in (
            (token, NotFound),
            (4711, NotFound),
            (theirs, NotFound),
            (elsewhere, InputRefused),
        ):
            with pytest.raises(error):
                desk.credentials.remove(token, heir_id=heir)
        assert desk.credentials.get(token).id == token
