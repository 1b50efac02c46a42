"""Which endpoint took it? A search for a task that was registered under an operation that does not know it."""

from dataclasses import dataclass

from dashboard.errors import InputRefused
from dashboard.logs import get_logger
from dashboard.models import CallCredential, CallKind, Operation, Role, State, TaskAddress
from dashboard.models.default_token import taken_by_default
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.services.credentials.calling import Calls
from dashboard.services.credentials.credential_views import CredentialView
from dashboard.services.credentials.credentials import Credentials
from dashboard.services.tasks.likely_endpoints import Place, in_likely_order, most_calls
from dashboard.services.tasks.tasks import Tasks
from dashboard.services.team_scope import TeamScope
from dashboard.store import tasks as task_rows

log = get_logger(__name__)

_LEAST_LEFT = 3
"""Calls of a budget that a search is worth beginning with: a status, one endpoint, the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """What a search would do, to be shown and confirmed.

    Attributes:
        token: what is asked with; None while there is none, then only free endpoints are asked.
        places: the endpoints, in their order.
        most_calls: with the token, at most; each may be billed.
    """

    task_ref: int
    token: CredentialView | None
    places: tuple[Place, ...]
    most_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOutcome:
    """What a search found.

    Attributes:
        found: the endpoint that knows the task, which is asked from now on.
        is_known: whether the service's status call knew the ID.
        calls: made with the token.
    """

    found: Place | None
    is_known: bool
    calls: int

    @property
    def sentence(self) -> str:
        """What it means, for people."""
        if self.found is not None:
            return "Found. The task is asked there from now on."
        if self.is_known:
            return "The service knows this ID, but no endpoint that was asked has it. Choose another one by hand."
        return (
            "The service does not know this ID with this token. It may be another account's, mistyped, or older "
            "than 24 hours."
        )


class EndpointSearch:
    """Looks for the tasks of one team at other endpoints."""

    def __init__(
        self, team: TeamScope, *, tokens: Tokens, api: OcrApi, tasks: Tasks, credentials: Credentials
    ) -> None:
        self._team = team
        self._calls = Calls(team, tokens=tokens)
        self._api = api
        self._tasks = tasks
        self._credentials = credentials

    def plan(self, task_ref: int) -> SearchPlan:
        """What a search would do; asks nobody.

        Raises:
            NotFound: when the task is gone.
            InputRefused: when its result is stored already.
        """
        with self._team.reading(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            history = task_rows.known_endpoints(
                session=session, team_id=self._team.team_id, api_url=task.api_url
            )
        if State(task.state).has_result:
            raise InputRefused("The result of this task is stored; there is nothing to look for.")
        used = {Place(Operation(operation), trial): count for (operation, trial), count in history.items()}
        asked = Place(Operation(task.operation), task.trial)
        places = in_likely_order(task.task_id, asked=asked, history=used)
        token = self._token_for(task.api_url, task.credential_id)
        if token is None:
            places = tuple(place for place in places if place.is_free)
        return SearchPlan(task_ref=task_ref, token=token, places=places, most_calls=most_calls(places))

    def run(self, plan: SearchPlan) -> SearchOutcome:
        """Search as planned: a status first, then endpoint after endpoint until one knows the task.

        Raises:
            InputRefused: when the budget of the token has no room for it.
            NotFound: when the task or the token is gone.
            CloudError: when the service gives no usable answer; nothing was changed.
        """
        with self._team.reading(Role.EDITOR) as session:
            task = self._team.task(session, plan.task_ref)
            credential = (
                self._team.credential(session, plan.token.id).call_credential() if plan.token else None
            )
        left = _left(plan.token) if plan.token else 0
        if plan.most_calls and left < _LEAST_LEFT:
            raise InputRefused(
                "The budget of this token has no room for a search. Raise it on Tokens, or wait."
            )
        calls, is_known = 0, False
        if credential is not None and plan.most_calls:
            address = _address(task.api_url, Place(Operation(task.operation), trial=False), task.task_id)
            answer = self._calls.make(
                CallKind.STATUS, credential, lambda it: self._api.status(address, access_token=it)
            )
            calls, is_known = 1, answer.state is not State.NOT_FOUND
        found = None
        for place in plan.places:
            if not place.is_free and (not is_known or calls + 1 >= left):
                continue  # whatever the service does not know, no endpoint has
            calls += not place.is_free
            if self._has(_address(task.api_url, place, task.task_id), credential):
                found = place
                break
        if found is not None:
            self._tasks.look_again_as(
                plan.task_ref,
                operation=found.operation,
                trial=found.trial,
                credential_id=plan.token.id if plan.token and not found.trial else None,
            )
        log.info("tasks.searched", id=plan.task_ref, found=found.operation if found else None, calls=calls)
        return SearchOutcome(found=found, is_known=is_known or found is not None, calls=calls)

    def _has(self, address: TaskAddress, credential: CallCredential | None) -> bool:
        answer = self._calls.make(
            CallKind.POLL,
            None if address.trial else credential,
            lambda it: self._api.fetch(address, access_token=it),
        )
        return answer.state is not State.NOT_FOUND

    def _token_for(self, api_url: str, credential_id: int | None) -> CredentialView | None:
        """The task's own token where it works, else the default one."""
        working = [view for view in self._credentials.all() if view.api_url == api_url and view.health.works]
        own = next((view for view in working if view.id == credential_id), None)
        return own or taken_by_default(working)


def _left(token: CredentialView) -> int:
    """Calls left of the tighter budget."""
    budgets = [(token.daily_budget, token.meter.today), (token.monthly_budget, token.meter.month)]
    return min((budget - used for budget, used in budgets if budget), default=10**9)


def _address(api_url: str, place: Place, task_id: str) -> TaskAddress:
    return TaskAddress(api_url=api_url, operation=place.operation, trial=place.trial, task_id=task_id)
