"""Which endpoint took it? The order of asking, what it costs, and what comes of it."""

import pytest

from dashboard.errors import InputRefused, NoAnswer
from dashboard.models import Answer, Operation, State, TaskAddress
from dashboard.services.credentials.credentials import Rules
from dashboard.services.tasks.endpoint_search import EndpointSearch
from dashboard.services.tasks.intake import NewTask
from dashboard.services.tasks.likely_endpoints import MOST_PAID, Place, in_likely_order, most_calls
from dashboard.testing import FakeOcrApi, completed, not_found
from tests.services.conftest import Desk

TOKEN = "planted.token-0123456789"
ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
IMAGE, PDF, TABLE = (
    Place(it, trial=False)
    for it in (Operation.RECOGNIZE_IMAGE, Operation.RECOGNIZE_PDF, Operation.RECOGNIZE_TABLE)
)
TRIAL = Place(Operation.RECOGNIZE_IMAGE, trial=True)


@pytest.mark.parametrize(
    ("task_id", "asked", "history", "begins"),
    [
        pytest.param(ID, IMAGE, {}, (TRIAL, PDF), id="no history: the usual order, free ones first"),
        pytest.param(ID, IMAGE, {TABLE: 9, PDF: 2}, (TRIAL, TABLE, PDF), id="what the team uses most"),
        pytest.param(ID, TRIAL, {TABLE: 9}, (TABLE, IMAGE), id="not where it was not found"),
        pytest.param(
            "TTS01232-9d40-4f2d-8eda-f1fc0b12bce6",
            IMAGE,
            {TABLE: 9},
            (Place(Operation.TEXT_TO_SPEECH, trial=True), Place(Operation.TEXT_TO_SPEECH, trial=False)),
            id="speech is told by its ID",
        ),
    ],
)
def test_the_likely_ones_come_first(
    task_id: str, asked: Place, history: dict[Place, int], begins: tuple[Place, ...]
) -> None:
    """Never all of them: each one may be billed."""
    places = in_likely_order(task_id, asked=asked, history=history)
    assert places[: len(begins)] == begins
    assert asked not in places
    assert sum(not it.is_free for it in places) <= MOST_PAID


def test_what_a_search_costs_at_most() -> None:
    """A status, the endpoints with a token, and fetching the result."""
    assert most_calls((TRIAL, PDF, TABLE)) == 4
    assert most_calls((TRIAL,)) == 0


class OneEndpoint(FakeOcrApi):
    """Knows the task at one endpoint only."""

    def __init__(self, place: Place | None, *, known: bool = True) -> None:
        super().__init__()
        self.place, self.known = place, known

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """What it knows, there."""
        super().fetch(address, access_token=access_token)
        here = self.place == Place(address.operation, address.trial)
        return completed("x") if here else not_found()

    def status(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Whether it knows it anywhere."""
        super().status(address, access_token=access_token)
        return completed() if self.known else not_found()

    @property
    def asked(self) -> list[str]:
        """Which calls there were."""
        return [
            call.kind if call.kind == "status" else call.address.operation.path(trial=call.address.trial)
            for call in self.calls
        ]


def search(desk: Desk, api: FakeOcrApi) -> EndpointSearch:
    """The service over another stand-in."""
    return EndpointSearch(
        desk.scope(), tokens=desk.tokens, api=api, tasks=desk.tasks, credentials=desk.credentials
    )


@pytest.fixture
def lost(desk: Desk) -> int:
    """A task that RecognizeImage does not know, of a team that mostly has tables."""
    desk.credentials.add(label="Mine", access_token=TOKEN)
    entries = [NewTask(task_id=f"table-00{n}", operation=Operation.RECOGNIZE_TABLE) for n in range(3)]
    for ref in desk.intake.register(entries).registered.values():
        desk.change(ref, seen_at=desk.clock())
    ref = desk.intake.register([NewTask(task_id=ID)]).registered[ID]
    desk.change(ref, state=State.NOT_FOUND.value, next_poll_at=None)
    return ref


def test_it_is_found_where_the_team_sends_most(desk: Desk, lost: int) -> None:
    """A status, what is free, then the likely ones; the task goes on there. Each call is counted."""
    api = OneEndpoint(PDF)
    finder = search(desk, api)
    plan = finder.plan(lost)
    assert api.calls == []
    assert (plan.token and plan.token.label, plan.most_calls) == ("Mine", MOST_PAID + 2)

    outcome = finder.run(plan)

    assert api.asked == ["status", "RecognizeImageTrial", "RecognizeTable", "RecognizePdf"]
    assert (outcome.found, outcome.calls) == (PDF, 3)
    task = desk.task(lost)
    assert (task.operation, task.trial, task.state) == ("RecognizePdf", False, State.PENDING)
    assert desk.credentials.all()[0].meter.month == 3


def test_what_the_service_does_not_know_costs_one_call(desk: Desk, lost: int) -> None:
    """No endpoint with a token is asked; the task stays as it is."""
    api = OneEndpoint(None, known=False)
    outcome = search(desk, api).run(search(desk, api).plan(lost))
    assert api.asked == ["status", "RecognizeImageTrial"]
    assert (outcome.found, outcome.calls) == (None, 1)
    assert "another account" in outcome.sentence
    assert desk.task(lost).state == State.NOT_FOUND


def test_without_a_token_only_free_endpoints_are_asked(desk: Desk) -> None:
    """It is found there, and asked there without one."""
    ref = desk.intake.register([NewTask(task_id=ID)]).registered[ID]
    api = OneEndpoint(TRIAL)
    plan = search(desk, api).plan(ref)
    assert (plan.token, plan.places, plan.most_calls) == (None, (TRIAL,), 0)
    assert search(desk, api).run(plan).found == TRIAL
    assert (desk.task(ref).trial, desk.task(ref).credential_id) == (True, None)


def test_a_budget_ends_the_search(desk: Desk, lost: int) -> None:
    """Two endpoints with a token, and one call is left for the result; without room for that, none is asked."""
    token = desk.credentials.all()[0]
    desk.credentials.set_rules(token.id, Rules(monthly_budget=4))
    api = OneEndpoint(None)
    outcome = search(desk, api).run(search(desk, api).plan(lost))
    assert api.asked == ["status", "RecognizeImageTrial", "RecognizeTable", "RecognizePdf"]
    assert "no endpoint that was asked" in outcome.sentence
    with pytest.raises(InputRefused, match="no room"):
        search(desk, api).run(search(desk, api).plan(lost))


def test_a_service_that_does_not_answer_changes_nothing(desk: Desk, lost: int) -> None:
    """The error says why."""
    api = FakeOcrApi(otherwise=lambda: (_ for _ in ()).throw(NoAnswer("away")))
    finder = search(desk, api)
    with pytest.raises(NoAnswer):
        finder.run(finder.plan(lost))
    assert desk.task(lost).state == State.NOT_FOUND


def test_a_stored_result_is_not_looked_for(desk: Desk, lost: int) -> None:
    """There is nothing to find."""
    desk.change(lost, state=State.COMPLETED.value)
    with pytest.raises(InputRefused, match="stored"):
        search(desk, FakeOcrApi()).plan(lost)
