"""What scripts ask about tasks at the drop-in address, answered from what is stored: only the poller asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.cloud.envelope import can_be_task_id
from dashboard.errors import CloudError, InputRefused
from dashboard.models import (
    CallCredential,
    CallKind,
    Operation,
    ParkReason,
    Part,
    Role,
    State,
    Task,
    TaskAddress,
)
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.services.credentials.calling import Calls
from dashboard.services.drop_in import stored_answers
from dashboard.services.drop_in.drop_in_tokens import NO_TOKEN, TOO_MANY, DropInTokens, Held
from dashboard.services.results.result_reading import read_result
from dashboard.services.tasks.intake import Intake, NewTask
from dashboard.services.tasks.tasks import Tasks
from dashboard.services.team_scope import TeamScope
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows
from dashboard.wire.endpoints import Endpoint

_MOST_PARTS = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is known of a task.

    Attributes:
        text: the service's answer, as JSON.
        task_ref: our ID; None of what is not stored here.
        is_open: whether it is going to change by itself.
    """

    text: str
    task_ref: int | None
    is_open: bool


class Fetching:
    """What is asked about tasks of one team.

    Args:
        team: whose, and by which key.
        tokens: opens tokens.
        api: the service, for what is not a task of ours.
        chosen: which token is for what.
        intake: registers what is not known.
        tasks: cancel tasks, and ask about them elsewhere.
    """

    def __init__(
        self,
        team: TeamScope,
        *,
        tokens: Tokens,
        api: OcrApi,
        chosen: DropInTokens,
        intake: Intake,
        tasks: Tasks,
    ) -> None:
        self._team = team
        self._calls = Calls(team, tokens=tokens)
        self._api = api
        self._chosen = chosen
        self._intake = intake
        self._tasks = tasks

    def look(self, endpoint: Endpoint | None, task_id: str, *, corrected: bool = False) -> Looked | None:
        """The answer about a task as it is stored; None where it is not known here, or may be known elsewhere.

        Args:
            endpoint: which is asked; None for ``GetTaskStatus``.
            task_id: the service's.
            corrected: whether a text that people have corrected takes the place of the recognised one.

        Raises:
            NotPermitted: where the address is switched off, and for revoked keys.
        """
        with self._team.reading() as session:
            self._chosen.require_on(session)
            task = self._known(session, endpoint, task_id)
            if task is None:
                return None
            if endpoint is not None and not _is_at(task, endpoint):
                # The service keeps each task at the endpoint that took it. Where that is only believed, it is asked.
                is_sure = task.seen_at is not None or State(task.state).has_result
                return _not_here(task_id) if is_sure else None
            return self._answered(session, task, endpoint, task_id, corrected=corrected)

    def register(self, endpoint: Endpoint, task_id: str, *, token: str = "") -> int | None:
        """Have the poller ask about a task that is not known here; our ID, None where that cannot be a task ID.

        Raises:
            InputRefused: there is no such token.
            NotPermitted: for viewers.
        """
        if not can_be_task_id(task_id.strip()):
            return None
        with self._team.reading(Role.EDITOR) as session:
            self._chosen.require_on(session)
            chosen = None if endpoint.trial else self._chosen.chosen(session, token)
            task = self._known(session, endpoint, task_id)
        credential_id = chosen.id if chosen is not None else None
        if task is not None:
            if not _is_at(task, endpoint):
                self._tasks.look_again_as(
                    task.id or 0,
                    operation=endpoint.operation,
                    trial=endpoint.trial,
                    credential_id=credential_id,
                )
            return task.id
        entry = NewTask(
            task_id=task_id,
            operation=endpoint.operation,
            trial=endpoint.trial,
            credential_id=credential_id,
            api_url=None if chosen else self._chosen.api_url,
        )
        done = self._intake.register([entry])
        return next(iter((done.registered | done.known).values()), None)

    def first_answer(
        self, endpoint: Endpoint, task_ref: int, task_id: str, *, since: datetime, corrected: bool = False
    ) -> Looked | None:
        """What the service has said of a task since then; None while it has not been asked.

        Raises:
            Held: it cannot be asked now.
            NotFound: when the task is gone.
        """
        with self._team.reading() as session:
            task = self._team.task(session, task_ref)
            is_asked = task.last_polled_at is not None and task.last_polled_at >= since
            if State(task.state).is_open and task.parked is not None:
                raise _held(task)
            if State(task.state).is_open and not is_asked:
                return None
            return self._answered(session, task, endpoint, task_id, corrected=corrected)

    def status_elsewhere(self, task_id: str, *, token: str = "") -> str:
        """Ask the service once for the status of a task that is not known here, at whichever endpoint it is.

        Raises:
            CloudError: there is no usable answer.
            InputRefused: there is no such token, or none at all.
            NotPermitted: for viewers.
        """
        address, credential = self._elsewhere(None, task_id, token)
        answer = self._calls.make(
            CallKind.STATUS, credential, lambda it: self._api.status(address, access_token=it)
        )
        return answer.envelope or stored_answers.unknown(task_id)

    def cancel(self, endpoint: Endpoint, task_id: str, *, token: str = "") -> None:
        """Take a task out of the service's queue, known here or not; one that has ended stays as it is.

        Raises:
            CloudError: the service has not confirmed it.
            InputRefused: there is no such token, or none at all.
            NotPermitted: for viewers, and where the address is switched off.
        """
        with self._team.reading(Role.EDITOR) as session:
            self._chosen.require_on(session)
            task = self._known(session, endpoint, task_id)
        if task is None:
            address, credential = self._elsewhere(endpoint, task_id, token)
            self._calls.make(
                CallKind.CANCEL, credential, lambda it: self._api.cancel(address, access_token=it)
            )
        elif State(task.state).is_open and _is_at(task, endpoint):
            _, problems = self._tasks.cancel([task.id or 0])
            if problems:
                raise CloudError(problems[0])

    def _known(self, session: Session, endpoint: Endpoint | None, task_id: str) -> Task | None:
        """The task of the team with this ID; of several services, the one that is meant."""
        team_id, asked = self._team.team_id, task_id.strip()
        # Scripts ask again and again, nearly always about what they have sent to the default service.
        task = task_rows.exact(session=session, team_id=team_id, api_url=self._chosen.api_url, task_id=asked)
        if task is not None and (endpoint is None or _is_at(task, endpoint)):
            return task
        found = task_rows.by_task_id(session=session, team_id=team_id, task_id=asked)

        def fits(task: Task) -> tuple[bool, bool, bool]:
            here = endpoint is None or _is_at(task, endpoint)
            return task.task_id != asked, not here, task.api_url != self._chosen.api_url

        return min(found, key=fits, default=None)

    def _answered(
        self, session: Session, task: Task, endpoint: Endpoint | None, asked_id: str, *, corrected: bool
    ) -> Looked:
        is_open = State(task.state).is_open
        if endpoint is None:
            text = stored_answers.without_results(task, asked_id=asked_id)
        else:
            parts = [] if is_open else self._parts(session, task)
            edited = (
                read_result(session=session, task=task).corrected().edited if corrected and parts else None
            )
            if edited is None:
                text = stored_answers.as_received(task, parts, asked_id=asked_id)
            else:
                text = stored_answers.corrected(task, parts, edited, asked_id=asked_id)
        return Looked(text=text, task_ref=task.id, is_open=is_open)

    def _parts(self, session: Session, task: Task) -> Sequence[Part]:
        return part_rows.between(
            session=session,
            team_id=task.team_id,
            task_ref=task.id or 0,
            first=0,
            last=_MOST_PARTS,
            with_text=True,
        )

    def _elsewhere(
        self, endpoint: Endpoint | None, task_id: str, token: str
    ) -> tuple[TaskAddress, CallCredential | None]:
        """Where something is asked about that is no task of ours, and with which token."""
        operation = endpoint.operation if endpoint else Operation.RECOGNIZE_IMAGE
        trial = endpoint is not None and endpoint.trial
        with self._team.writing(Role.EDITOR) as session:
            self._chosen.require_on(session)
            chosen = None if trial else self._chosen.chosen(session, token)
            lent = self._chosen.lend(session, chosen, self._team.clock()) if chosen else None
        if isinstance(lent, Held):
            raise lent
        if lent is None and not trial:
            raise InputRefused(NO_TOKEN)
        api_url = lent.api_url if lent else self._chosen.api_url
        return TaskAddress(api_url=api_url, operation=operation, trial=trial, task_id=task_id), lent


def _is_at(task: Task, endpoint: Endpoint) -> bool:
    return (task.operation, task.trial) == (endpoint.operation.value, endpoint.trial)


def _not_here(task_id: str) -> Looked:
    return Looked(text=stored_answers.unknown(task_id), task_ref=None, is_open=False)


def _held(task: Task) -> Held:
    reason = ParkReason(task.parked or ParkReason.UNREACHABLE)
    detail = task.parked_detail or "The service cannot be asked about this task now."
    return Held(detail, reason=reason, seconds=None if reason not in TOO_MANY else 60.0)
