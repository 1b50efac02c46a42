"""One task and what can be done with it: look, check now, cancel, delete, relabel, read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from dashboard.counts import count_of
from dashboard.errors import CloudError, InputRefused
from dashboard.logs import get_logger
from dashboard.models import (
    ATTENTION_STATES,
    Action,
    CallCredential,
    CallKind,
    Operation,
    Role,
    State,
    Task,
    TaskAddress,
)
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.services.credentials.calling import Calls
from dashboard.services.labels import typed_label
from dashboard.services.tasks.locating import located
from dashboard.services.tasks.task_detail import TaskDetail, read_detail
from dashboard.services.team_scope import TeamScope
from dashboard.services.upkeep.growing_line import GrowingLine
from dashboard.services.upkeep.pace import awaited
from dashboard.store import credentials as credential_rows
from dashboard.store import library_rows, outages
from dashboard.store import tasks as task_rows

log = get_logger(__name__)

_FIRST_DELETED, _MOST_DELETED = 10, 500
"""Tasks deleted in the first transaction, and in one at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Tasks that something is about to be done to; whatever is there no more is left out.

    Attributes:
        names: labels, else the service's IDs.
        open_refs: our IDs of those that are open.
        open_names: what these are called.
        unseen: how many of them ended without a whole result, and nobody has said that they know.
    """

    names: tuple[str, ...]
    open_refs: tuple[int, ...]
    open_names: tuple[str, ...]
    unseen: int = 0


class Tasks:
    """The tasks of one team, one by one."""

    def __init__(
        self,
        team: TeamScope,
        *,
        tokens: Tokens,
        api: OcrApi,
        wake: Callable[[], None],
        renew: Callable[[int], None],
    ) -> None:
        self._team = team
        self._calls = Calls(team, tokens=tokens)
        self._api = api
        self._wake = wake
        self._renew = renew

    def find(self, reference: str) -> int:
        """Our ID for what somebody wrote into a URL: our ID, or the service's where it is unambiguous.

        Raises:
            NotFound: with a sentence for people.
        """
        with self._team.reading() as session:
            return located(self._team, session, reference)[0].id or 0

    def detail(self, reference: int | str, *, with_text: bool = True) -> TaskDetail:
        """One task by our ID, or by what :meth:`find` takes, with everything about it; raises NotFound.

        Without its text there are no masks, nor anything else that only a page shows.
        """
        with self._team.reading() as session:
            return read_detail(self._team, session, reference, with_text=with_text)

    def chosen(self, task_refs: Sequence[int]) -> Chosen:
        """What people are about to do something to."""
        with self._team.reading() as session:
            found = task_rows.briefly(session=session, team_id=self._team.team_id, task_refs=task_refs)
        return Chosen(
            names=tuple(one.name for one in found),
            open_refs=tuple(one.task_ref for one in found if one.state.is_open),
            open_names=tuple(one.name for one in found if one.state.is_open),
            unseen=sum(1 for one in found if one.state in ATTENTION_STATES and not one.seen),
        )

    def check_now(self, task_refs: Sequence[int]) -> int:
        """Ask about these at once; lost and failed ones are opened again. Returns how many."""
        with self._team.writing(Role.EDITOR) as session:
            count = task_rows.make_due(
                session=session, team_id=self._team.team_id, task_refs=task_refs, now=self._team.clock()
            )
            outages.probe_now(session, task_refs, self._team.clock())
            self._team.note(session, Action.TASKS_CHECKED, count_of(count, "task"))
            self._team.touch(session)
        self._wake()
        log.info("tasks.check_now", count=count)
        return count

    def mark_seen(self, task_refs: Sequence[int], *, seen: bool = True) -> list[int]:
        """Note that people know how these have ended, so that they need nobody any more; or take that back.

        Returns:
            Our IDs of those that changed: they ended without a whole result.

        Raises:
            NotPermitted: for viewers.
        """
        with self._team.writing(Role.EDITOR) as session:
            changed = task_rows.set_attended(
                session=session,
                team_id=self._team.team_id,
                task_refs=task_refs,
                attended_at=self._team.clock() if seen else None,
            )
            if changed:
                subject = count_of(len(changed), "task") + ("" if seen else " taken back")
                self._team.note(session, Action.TASKS_SEEN, subject)
                self._team.touch(session)
        return changed

    def cancel(self, task_refs: Sequence[int]) -> tuple[int, list[str]]:
        """Cancel open tasks at the service, then here.

        Returns:
            How many were cancelled, and one sentence for each that could not be (it stays open).
        """
        cancelled, problems = [], []
        with self._team.reading(Role.EDITOR):
            pass
        for task_ref in task_refs:
            with self._team.reading() as session:
                task = task_rows.get(session=session, team_id=self._team.team_id, task_ref=task_ref)
                credential = self._token_of(session, task) if task else None
            if task is None or not State(task.state).is_open:
                continue  # somebody deleted it, or it ended meanwhile
            try:
                self._cancel(task, credential)
            except CloudError as error:
                problems.append(f"{task.label or task.task_id}: {error}")
            else:
                cancelled.append(task_ref)
        with self._team.writing() as session:
            task_rows.set_cancelled(
                session=session, team_id=self._team.team_id, task_refs=cancelled, now=self._team.clock()
            )
            self._team.note(session, Action.TASKS_CANCELLED, count_of(len(cancelled), "task"))
            self._team.touch(session)
        log.info("tasks.cancelled", count=len(cancelled), problems=len(problems))
        return len(cancelled), problems

    def delete(self, task_refs: Sequence[int]) -> int:
        """Delete tasks with everything stored for them, some at a time. Returns how many there were.

        Raises:
            NotPermitted: for viewers.
            StoreUnavailable: when the database refuses; those that are gone are in the audit log.
        """
        left, deleted = list(task_refs), 0
        pace = awaited(self._team.database, first=_FIRST_DELETED, most=_MOST_DELETED)
        line = GrowingLine(lambda session, said: self._team.note(session, Action.TASKS_DELETED, said))

        def delete(session: Session) -> int:
            self._team.require(session, Role.EDITOR)
            count = task_rows.delete_many(session=session, team_id=self._team.team_id, task_refs=some)
            line.tell(session, count_of(deleted + count, "task"))
            self._team.touch(session)
            return count

        while True:
            some, left = left[: pace.size], left[pace.size :]
            deleted += pace.write(delete, size=len(some))
            if not left:
                break
        log.info("tasks.deleted", count=deleted)
        return deleted

    def relabel(self, task_ref: int, label: str) -> None:
        """Change the label; raises NotFound."""
        with self._team.writing(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            task_rows.relabel(
                session=session, team_id=self._team.team_id, task_ref=task_ref, label=typed_label(label)
            )
            library_rows.outdate(session=session, task_ref=task_ref)
            self._team.note(session, Action.TASK_CHANGED, task.task_id)
            self._team.touch(session)
        self._renew(task_ref)  # afterwards: what takes long locks nothing

    def look_again_as(
        self, task_ref: int, *, operation: Operation, trial: bool, credential_id: int | None
    ) -> None:
        """Open a task again as another operation or with another token: it was registered under the wrong one.

        Raises:
            InputRefused: when a result is stored already, the operation has no evaluation mode, or the token
                belongs to another service, which must not get to see it.
            NotFound: when the task or the token is not in this team.
        """
        if trial and not operation.has_trial:
            raise InputRefused(f"{operation.value} has no evaluation mode.")
        with self._team.writing(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            if State(task.state).has_result:
                raise InputRefused("The result of this task is stored; there is nothing to look for.")
            chosen = None if trial or credential_id is None else self._team.credential(session, credential_id)
            if chosen is not None and chosen.api_url != task.api_url:
                raise InputRefused("That token belongs to another service.")
            task_rows.readdress(
                session=session,
                team_id=self._team.team_id,
                task_ref=task_ref,
                operation=operation.value,
                trial=trial,
                credential_id=None if trial else credential_id,
            )
            task_rows.make_due(
                session=session, team_id=self._team.team_id, task_refs=[task_ref], now=self._team.clock()
            )
            self._team.note(session, Action.TASK_CHANGED, task.task_id)
            self._team.touch(session)
        self._wake()

    def _cancel(self, task: Task, credential: CallCredential | None) -> None:
        address = address_of(task)
        self._calls.make(CallKind.CANCEL, credential, lambda it: self._api.cancel(address, access_token=it))

    def _token_of(self, session: Session, task: Task) -> CallCredential | None:
        if task.trial or task.credential_id is None:
            return None
        credential = credential_rows.get(
            session=session, team_id=self._team.team_id, credential_id=task.credential_id
        )
        return credential.call_credential() if credential else None


def address_of(task: Task) -> TaskAddress:
    """Where the service keeps a stored task."""
    return TaskAddress(
        api_url=task.api_url, operation=Operation(task.operation), trial=task.trial, task_id=task.task_id
    )
