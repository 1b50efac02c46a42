"""Registering task IDs: from the Add page, the HTTP API and the command line."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.logs import get_logger
from dashboard.models import Action, Credential, Operation, Origin, PollCost, Role, TaskAddress
from dashboard.models.default_token import taken_by_default
from dashboard.models.retention import expiry_of
from dashboard.models.task_ids import Shape, folded_id
from dashboard.polling.learning import Learning
from dashboard.services.labels import clean_label
from dashboard.services.tasks.pasted_tasks import Line, read_given, read_lines
from dashboard.services.team_scope import TeamScope
from dashboard.store import credentials as credential_rows
from dashboard.store import new_tasks
from dashboard.store import tasks as task_rows

log = get_logger(__name__)

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future a submission time may lie: clocks differ."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier submission times are mistakes, for example a unit mixed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """One task to register, as given.

    Attributes:
        credential_id: our ID of the token to use; None picks the default token for the service.
        submitted_at: aware time of submission, or None when unknown.
        api_url: base URL of the service; None means the token's, else the default one.
    """

    task_id: str
    operation: Operation = Operation.RECOGNIZE_IMAGE
    trial: bool = False
    credential_id: int | None = None
    label: str = ""
    submitted_at: datetime | None = None
    api_url: str | None = None
    origin: Origin = Origin.REGISTERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What became of each entry.

    Attributes:
        registered: our IDs by the service's task ID.
        known: the same for tasks that were here before.
        rejected: (task ID as given, reason) pairs.
    """

    registered: dict[str, int]
    known: dict[str, int]
    rejected: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Pasted text, sorted before anything is saved."""

    new: tuple[Line, ...]
    unusual: tuple[Line, ...]
    known: tuple[tuple[Line, int], ...]
    malformed: tuple[Line, ...]
    repeats: tuple[tuple[Line, int], ...]
    """What repeats an ID from further up, with the number of that line."""

    @property
    def repeated(self) -> int:
        """How many repeat an ID from further up."""
        return len(self.repeats)


class Intake:
    """Registers tasks for one team."""

    def __init__(
        self,
        team: TeamScope,
        *,
        default_api_url: Callable[[], str],
        check_api_url: Callable[[str], str],
        wake: Callable[[], None],
        learning: Learning | None = None,
    ) -> None:
        self._team = team
        self._learning = learning or Learning()
        self._default_api_url = default_api_url
        self._check_api_url = check_api_url
        self._wake = wake

    def preview(self, text: str | Iterable[Line], *, api_url: str | None = None) -> Preview:
        """Sort pasted text into new, known, unusual and malformed lines; saves nothing.

        Args:
            text: what was pasted, or its lines where they were read already, from a file for example.
            api_url: the service of lines that name none; None means the default one.
        """
        others = api_url or self._default_api_url()
        by_service: dict[str, dict[str, Line]] = {}
        malformed: list[Line] = []
        repeats: list[tuple[Line, int]] = []
        for line in map(self._checked, read_lines(text) if isinstance(text, str) else text):
            mine = by_service.setdefault(line.api_url or others, {})
            if line.shape is Shape.MALFORMED:
                malformed.append(line)
            elif first := mine.get(folded_id(line.task_id)):
                repeats.append((line, first.number))
            else:
                mine[folded_id(line.task_id)] = line
        known: list[tuple[Line, int]] = []
        with self._team.reading() as session:
            for service, lines in by_service.items():
                ids = [line.task_id for line in lines.values()]
                found = task_rows.find_known(
                    session=session, team_id=self._team.team_id, api_url=service, task_ids=ids
                )
                known += [(lines.pop(folded_id(task_id)), row) for task_id, row in found.items()]
        fresh = sorted(
            (line for lines in by_service.values() for line in lines.values()), key=lambda line: line.number
        )
        return Preview(
            new=tuple(line for line in fresh if line.shape is Shape.USUAL),
            unusual=tuple(line for line in fresh if line.shape is Shape.UNUSUAL),
            known=tuple(known),
            malformed=tuple(malformed),
            repeats=tuple(repeats),
        )

    def register(self, entries: Sequence[NewTask]) -> Registration:
        """Save new tasks and have them polled; each entry is saved whole or not at all.

        At once, but for those sent so shortly ago that a result would be a surprise: their turn comes when such tasks
        are usually done.

        Raises:
            NotPermitted: for viewers.
        """
        now = self._team.clock()
        with self._team.reading(Role.EDITOR) as session:
            credentials = credential_rows.all_of_team(session=session, team_id=self._team.team_id)
        rows, rejected = self._rows(entries, credentials, now)
        with self._team.writing(Role.EDITOR) as session:
            current = credential_rows.all_of_team(session=session, team_id=self._team.team_id)
            if _choice_among(current) != _choice_among(credentials):
                rows, rejected = self._rows(entries, current, now)
            added, known = new_tasks.add_many(session=session, team_id=self._team.team_id, tasks=rows)
            if added:
                self._team.note(
                    session,
                    Action.TASKS_REGISTERED,
                    count_of(len(added), "task"),
                    {"first": next(iter(added))},
                )
                self._team.touch(session)
        if added:
            self._wake()
        for task_id, row_id in list(added.items())[:100]:
            log.info("task.registered", task_id=task_id, id=row_id)
        log.info("intake.registered", registered=len(added), known=len(known), rejected=len(rejected))
        return Registration(registered=added, known=known, rejected=tuple(rejected))

    def _checked(self, line: Line) -> Line:
        """A pasted line with a moment it can have been sent at, and its service in our spelling.

        Malformed when that service is not called.
        """
        moment = line.submitted_at
        if moment is not None and not EARLIEST <= moment <= self._team.clock() + CLOCK_TOLERANCE:
            line = replace(line, submitted_at=None)
        if line.api_url is None:
            return line
        try:
            return replace(line, api_url=self._check_api_url(line.api_url))
        except InputRefused as refusal:
            return replace(line, api_url=None, shape=Shape.MALFORMED, reason=str(refusal))

    def _rows(
        self, entries: Sequence[NewTask], credentials: Sequence[Credential], now: datetime
    ) -> tuple[list[new_tasks.NewRow], list[tuple[str, str]]]:
        """What is stored of the entries, and what is not, with the reason; takes too long for a transaction."""
        rows: list[new_tasks.NewRow] = []
        rejected: list[tuple[str, str]] = []
        for entry in entries:
            try:
                rows.append(self._row(entry, credentials, now))
            except InputRefused as refusal:
                rejected.append((entry.task_id, str(refusal)))
        return rows, rejected

    def _row(self, entry: NewTask, credentials: Sequence[Credential], now: datetime) -> new_tasks.NewRow:
        given = read_given(entry.task_id)
        if given.shape is Shape.MALFORMED:
            raise InputRefused(f"not a task ID: {given.reason}")
        task_id = given.task_id
        entry = _as_in_url(entry, given)
        if entry.trial and not entry.operation.has_trial:
            raise InputRefused(f"{entry.operation.value} has no evaluation mode")
        submitted_at = entry.submitted_at
        if submitted_at is not None and submitted_at.tzinfo is None:
            raise InputRefused("the submission time needs a time zone, for example 2026-05-01T12:00:00Z")
        if submitted_at is not None and submitted_at > now + CLOCK_TOLERANCE:
            raise InputRefused("the submission time lies in the future")
        if submitted_at is not None and submitted_at < EARLIEST:
            raise InputRefused(f"the submission time lies before the year {EARLIEST.year}")
        if entry.api_url is not None:
            entry = replace(entry, api_url=self._check_api_url(entry.api_url))
        credential = self._credential(entry, credentials)
        api_url = entry.api_url or (credential.api_url if credential else self._default_api_url())
        self._check_api_url(api_url)  # the token may be older than the list
        return {
            "credential_id": credential.id if credential else None,
            "api_url": api_url,
            "task_id": task_id,
            "operation": entry.operation.value,
            "trial": entry.trial,
            "origin": entry.origin.value,
            "label": clean_label(entry.label),
            "registered_at": now,
            "submitted_at": submitted_at,
            "expires_at": expiry_of(submitted_at, registered_at=now),
            "expiry_exact": submitted_at is not None,
            "next_poll_at": now + self._first_wait(submitted_at, credential, entry, api_url, now),
        }

    def _first_wait(
        self,
        submitted_at: datetime | None,
        credential: Credential | None,
        entry: NewTask,
        api_url: str,
        now: datetime,
    ) -> timedelta:
        if submitted_at is None:
            return timedelta()
        address = TaskAddress(
            api_url=api_url, operation=entry.operation, trial=entry.trial, task_id=entry.task_id
        )
        wanted = PollCost(credential.poll_cost) if credential else PollCost.NORMAL
        age = (now - submitted_at).total_seconds()
        return timedelta(seconds=self._learning.first_wait(address, age=age, wanted=wanted))

    def _credential(self, entry: NewTask, credentials: Sequence[Credential]) -> Credential | None:
        if entry.trial:
            return None  # evaluation mode needs no token and must not be sent one (fact sheet 1)
        if entry.credential_id is not None:
            for credential in credentials:
                if credential.id == entry.credential_id:
                    if entry.api_url not in (None, credential.api_url):
                        raise InputRefused("that token belongs to another service")
                    return credential
            raise InputRefused("there is no such token in this team")
        api_url = entry.api_url or self._default_api_url()
        return taken_by_default(credential for credential in credentials if credential.api_url == api_url)


def _choice_among(credentials: Sequence[Credential]) -> set[tuple[int | None, str, bool]]:
    """What of a team's tokens decides which one a task takes."""
    return {(one.id, one.api_url, one.is_default) for one in credentials}


def _as_in_url(entry: NewTask, given: Line) -> NewTask:
    """An entry whose ID was given as a whole request: that says the operation, the trial and the service."""
    if given.operation is None and given.trial is None and given.api_url is None:
        return entry
    return replace(
        entry,
        operation=given.operation or entry.operation,
        trial=entry.trial if given.trial is None else given.trial,
        api_url=given.api_url or entry.api_url,
    )
