"""One task and what can be done with it: look, check now, cancel, delete, relabel, read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.counts import count_of
from dashboard.errors import CloudError, InputRefused, NotFound, StillOpen
from dashboard.logs import get_logger
from dashboard.models import Action, Actor, CallKind, Operation, Role, State, StoredToken, Task, TaskAddress
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.results.files import combined_text
from dashboard.services.calling import Calls
from dashboard.services.labels import typed_label
from dashboard.services.permission import require
from dashboard.services.task_detail import Download, TaskDetail, part_file_name, text_file_name
from dashboard.services.task_reading import read_detail
from dashboard.store import audit, teams
from dashboard.store import credentials as credential_rows
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows
from dashboard.store.database import UnitsOfWork

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Tasks that something is about to be done to; whatever is there no more is left out.

    Attributes:
        names: labels, else the service's IDs.
        open_refs: our IDs of those that are open.
        open_names: what these are called.
    """

    names: tuple[str, ...]
    open_refs: tuple[int, ...]
    open_names: tuple[str, ...]


class Tasks:
    """The tasks of one team, one by one."""

    def __init__(
        self,
        *,
        database: UnitsOfWork,
        team_id: int,
        actor: Actor,
        tokens: Tokens,
        api: OcrApi,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        index: Callable[[Session, Sequence[int]], None],
    ) -> None:
        self._database = database
        self._team_id = team_id
        self._actor = actor
        self._calls = Calls(database=database, tokens=tokens, clock=clock)
        self._api = api
        self._clock = clock
        self._wake = wake
        self._index = index

    def find(self, reference: str) -> int:
        """Our ID for what somebody wrote into a URL: our ID, or the service's where it is unambiguous.

        Raises:
            NotFound: with a sentence for people.
        """
        text = reference.strip()
        with self._database.reading() as session:
            if text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004 - what a 64-bit column holds
                row = task_rows.get(session=session, team_id=self._team_id, task_ref=int(text))
                if row is not None and row.id is not None:
                    return row.id
            found = task_rows.by_task_id(session=session, team_id=self._team_id, task_id=text)
        exact = [task for task in found if task.task_id == text] or found
        if len({task.api_url for task in exact}) == 1 and exact[0].id is not None:
            return exact[0].id
        if found:
            raise NotFound("Several services have a task with this ID. Open it from the board.")
        raise NotFound("There is no such task here. It may have been deleted.")

    def detail(self, task_ref: int, *, with_text: bool = True) -> TaskDetail:
        """One task with its parts and attempts; raises NotFound.

        Args:
            task_ref: our ID.
            with_text: whether to read and judge its text as well; without it there are no masks.
        """
        with self._database.reading() as session:
            task = self._get(session, task_ref)
            return read_detail(session=session, task=task, now=self._clock(), with_text=with_text)

    def text(self, task_ref: int) -> Download:
        """The decoded text as a file, UTF-8.

        Raises:
            StillOpen: while the task is open.
            NotFound: when there is no such task, or its result has no text.
        """
        with self._database.reading() as session:
            task = self._get(session, task_ref)
            parts = part_rows.texts_of(session=session, team_id=self._team_id, task_ref=task_ref)
        state = State(task.state)
        if state.is_open:
            raise StillOpen(f"The task is still {state.value}.")
        if not any(text is not None for _, text in parts):
            raise NotFound(f"The task is {state.value.replace('_', ' ')} and has no text.")
        data = combined_text(parts).encode()
        return Download(name=text_file_name(task), media_type="text/plain; charset=utf-8", data=data)

    def part(self, task_ref: int, position: int) -> Download:
        """One part's raw bytes as a file; raises NotFound."""
        with self._database.reading() as session:
            task = self._get(session, task_ref)
            part = (
                part_rows.get(session=session, team_id=self._team_id, task_ref=task_ref, position=position)
                if 0 <= position <= task_rows.MAX_ID  # a number from a URL; PostgreSQL refuses larger ones
                else None
            )
        if part is None:
            raise NotFound("This result has no such part.")
        name = part_file_name(task, position, part.extension)
        return Download(name=name, media_type=part.media_type, data=part.data)

    def part_name(self, task_ref: int, position: int, extension: str) -> str:
        """What the file of one part is called, without reading its bytes; raises NotFound."""
        with self._database.reading() as session:
            return part_file_name(self._get(session, task_ref), position, extension)

    def chosen(self, task_refs: Sequence[int]) -> Chosen:
        """What people are about to do something to."""
        with self._database.reading() as session:
            found = task_rows.briefly(session=session, team_id=self._team_id, task_refs=task_refs)
        return Chosen(
            names=tuple(name for _, name, _ in found),
            open_refs=tuple(ref for ref, _, state in found if state.is_open),
            open_names=tuple(name for _, name, state in found if state.is_open),
        )

    def check_now(self, task_refs: Sequence[int]) -> int:
        """Ask about these at once; lost and failed ones are opened again. Returns how many."""
        with self._database.writing() as session:
            self._require_editor(session)
            count = task_rows.make_due(
                session=session, team_id=self._team_id, task_refs=task_refs, now=self._clock()
            )
            self._note(session, Action.TASKS_CHECKED, count_of(count, "task"))
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()
        log.info("tasks.check_now", count=count)
        return count

    def cancel(self, task_refs: Sequence[int]) -> tuple[int, list[str]]:
        """Cancel open tasks at the service, then here.

        Returns:
            How many were cancelled, and one sentence for each that could not be (it stays open).
        """
        cancelled, problems = [], []
        with self._database.reading() as session:
            self._require_editor(session)
        for task_ref in task_refs:
            with self._database.reading() as session:
                task = task_rows.get(session=session, team_id=self._team_id, task_ref=task_ref)
                token = self._token_of(session, task) if task else None
            if task is None or not State(task.state).is_open:
                continue  # somebody deleted it, or it ended meanwhile
            try:
                self._cancel(task, token)
            except CloudError as error:
                problems.append(f"{task.label or task.task_id}: {error}")
            else:
                cancelled.append(task_ref)
        with self._database.writing() as session:
            task_rows.set_cancelled(
                session=session, team_id=self._team_id, task_refs=cancelled, now=self._clock()
            )
            self._note(session, Action.TASKS_CANCELLED, count_of(len(cancelled), "task"))
            teams.touch(session=session, team_ids=[self._team_id])
        log.info("tasks.cancelled", count=len(cancelled), problems=len(problems))
        return len(cancelled), problems

    def delete(self, task_refs: Sequence[int]) -> int:
        """Delete tasks with everything stored for them. Returns how many there were."""
        with self._database.writing() as session:
            self._require_editor(session)
            count = task_rows.delete_many(session=session, team_id=self._team_id, task_refs=task_refs)
            self._note(session, Action.TASKS_DELETED, count_of(count, "task"))
            teams.touch(session=session, team_ids=[self._team_id])
        log.info("tasks.deleted", count=count)
        return count

    def relabel(self, task_ref: int, label: str) -> None:
        """Change the label; raises NotFound."""
        with self._database.writing() as session:
            self._require_editor(session)
            task = self._get(session, task_ref)
            task_rows.relabel(
                session=session, team_id=self._team_id, task_ref=task_ref, label=typed_label(label)
            )
            self._index(session, [task_ref])
            self._note(session, Action.TASK_CHANGED, task.task_id)
            teams.touch(session=session, team_ids=[self._team_id])

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
        with self._database.writing() as session:
            self._require_editor(session)
            task = self._get(session, task_ref)
            if State(task.state).has_result:
                raise InputRefused("The result of this task is stored; there is nothing to look for.")
            if credential_id is not None and not trial:
                credential = credential_rows.get(
                    session=session, team_id=self._team_id, credential_id=credential_id
                )
                if credential is None:
                    raise NotFound("There is no such token in this team.")
                if credential.api_url != task.api_url:
                    raise InputRefused("That token belongs to another service.")
            task_rows.readdress(
                session=session,
                team_id=self._team_id,
                task_ref=task_ref,
                operation=operation.value,
                trial=trial,
                credential_id=None if trial else credential_id,
            )
            task_rows.make_due(
                session=session, team_id=self._team_id, task_refs=[task_ref], now=self._clock()
            )
            self._note(session, Action.TASK_CHANGED, task.task_id)
            teams.touch(session=session, team_ids=[self._team_id])
        self._wake()

    def note_download(self, task_ref: int) -> None:
        """Write into the audit log that somebody took a result away; raises NotFound."""
        with self._database.writing() as session:
            self._note(session, Action.RESULT_DOWNLOADED, self._get(session, task_ref).task_id)

    def _cancel(self, task: Task, token: StoredToken | None) -> None:
        address = address_of(task)
        self._calls.make(CallKind.CANCEL, token, lambda it: self._api.cancel(address, access_token=it))

    def _require_editor(self, session: Session) -> None:
        require(Role.EDITOR, actor=self._actor, session=session, team_id=self._team_id)

    def _note(self, session: Session, action: Action, subject: str) -> None:
        audit.note(
            session=session,
            team_id=self._team_id,
            actor=self._actor,
            action=action,
            subject=subject,
            now=self._clock(),
        )

    def _get(self, session: Session, task_ref: int) -> Task:
        task = task_rows.get(session=session, team_id=self._team_id, task_ref=task_ref)
        if task is None:
            raise NotFound("There is no such task here. It may have been deleted.")
        return task

    def _token_of(self, session: Session, task: Task) -> StoredToken | None:
        if task.trial or task.credential_id is None:
            return None
        credential = credential_rows.get(
            session=session, team_id=self._team_id, credential_id=task.credential_id
        )
        return credential.stored_token() if credential else None


def address_of(task: Task) -> TaskAddress:
    """Where the service keeps a stored task."""
    return TaskAddress(
        api_url=task.api_url, operation=Operation(task.operation), trial=task.trial, task_id=task.task_id
    )
