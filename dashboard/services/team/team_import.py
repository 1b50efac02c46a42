"""Brings a team's export into this deployment: with new numbers, everything that refers to them, and no secrets.

It is put together in a team of its own, in small pieces beside whatever else is done here, and only becomes the team
it was in the last transaction. Until then nothing is asked about, kept for a time or shown; when anything fails, that
team is removed again.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session

from dashboard.errors import InputRefused, StoreError
from dashboard.logs import get_logger
from dashboard.models import SYSTEM, Action, Part
from dashboard.models.membership_rules import is_slug
from dashboard.services.library.indexing import Indexing
from dashboard.services.team import export_lines, import_rest, import_tasks
from dashboard.services.team.export_file import ExportFile
from dashboard.services.team.import_batches import Batches
from dashboard.services.team.import_rest import Rest, audit_lines
from dashboard.services.team.import_tasks import Numbers, Piece, piece_of
from dashboard.services.team.team_settings import checked_name
from dashboard.services.upkeep.pace import Pace
from dashboard.services.upkeep.trying_again import patiently
from dashboard.store import audit, memberships, team_rows, teams
from dashboard.store import tasks as task_rows
from dashboard.store.database import Database
from dashboard.store.secrecy import SecretBox

log = get_logger(__name__)

_FIRST_BYTES, _LEAST_BYTES, _MOST_BYTES = 100_000, 10_000, 2_000_000
"""Of the first piece that is written at once, and of the smallest and the largest."""

MOST_TASKS = 200
"""Of one piece."""

_EACH_BYTES = 3_000
"""What a task costs beside its own bytes, in bytes."""

_FIRST_REMOVED, _MOST_REMOVED = 10, 500
"""Tasks deleted at once, in the same way."""

_SLUG = "import-"
_UNDER_WAY = "(import under way)"
_UNFINISHED = timedelta(days=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of it."""

    slug: str
    name: str
    tasks: int
    files: int
    open_tasks: int
    rest: Rest
    """Tokens and links among it, whose secrets did not come."""
    keep_days: int | None
    is_owned: bool
    """Whether somebody owns the team here: it was there before, and unused."""


class TeamImport:
    """Imports one export.

    Args:
        database: of the deployment.
        box: encrypts what stands in for secrets.
        indexing: makes texts findable.
        clock: aware UTC.
        rest: waits so many seconds, for others to have their turn.
        told: is told how many tasks are in, after each piece.
    """

    def __init__(
        self,
        *,
        database: Database,
        box: SecretBox,
        indexing: Indexing,
        clock: Callable[[], datetime],
        rest: Callable[[float], None] = time.sleep,
        told: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._box = box
        self._indexing = indexing
        self._clock = clock
        self._rest = rest
        self._told = told
        self._pace = Pace(database, first=_FIRST_BYTES, least=_LEAST_BYTES, most=_MOST_BYTES, rest=rest)

    def run(self, path: Path, *, slug: str | None = None) -> Imported:
        """Import a file as a team with this name in addresses, or with the one it had.

        Raises:
            InputRefused: when the file is something else, or the team exists; nothing is kept.
            StoreUnavailable: when the database refuses; nothing is kept, unless it refuses that as well.
        """
        with ExportFile(path) as file:
            team = self._team_of(file)
            wanted = slug or team["slug"]
            self._refuse_taken(wanted)
            self._remove_unfinished()
            self._indexing.prepare()
            made = self._make(team["name"])
            try:
                return self._fill(file, team, wanted, made)
            except team_rows.CONTRADICTION:
                self._remove(made)
                raise file.refusal("what it says does not fit together") from None
            except BaseException:
                self._remove(made)
                raise

    def _team_of(self, file: ExportFile) -> dict[str, Any]:
        found = file.listed("team.jsonl", export_lines.TEAM)
        if len(found) != 1:
            raise file.refusal("it is not the export of one team")
        return {**found[0], "name": checked_name(found[0]["name"])}

    def _refuse_taken(self, slug: str) -> None:
        if not is_slug(slug):
            raise InputRefused(
                "A team is called by small letters, digits and hyphens in addresses, at most 60 and no hyphen first, "
                "such as scans-2. Say it with --team."
            )
        with self._database.reading() as session:
            there = teams.by_slug(session=session, slug=slug)
            if there is not None and not team_rows.is_unused(session=session, team_id=there.id or 0):
                raise _taken(slug)

    def _make(self, name: str) -> int:
        """The team it is put together in."""
        called = f"{name[:50]} {_UNDER_WAY}"
        with self._database.writing() as session:
            team = teams.add(
                session=session, slug=f"{_SLUG}{secrets.token_hex(6)}", name=called, now=self._clock()
            )
        return team.id or 0

    def _fill(self, file: ExportFile, team: dict[str, Any], slug: str, team_id: int) -> Imported:
        numbers = Numbers(team_id=team_id, now=self._clock())
        rest, batches = Rest.read(file), Batches.read(file)
        self._write(lambda session: rest.put(session, numbers, self._box))
        due, files = self._tasks(file, numbers)
        for some in import_rest.tags(file, numbers):
            self._write(lambda session: import_rest.put_tags(session, some))  # noqa: B023 - called at once
        self._write(lambda session: rest.put_shares(session, numbers))
        self._write(lambda session: batches.put(session, numbers))
        with audit_lines(file) as entries:
            self._write(lambda session: entries.meet_people(session, numbers))
            for some in entries.oldest_first(numbers):
                self._write(lambda session: import_rest.put_audit(session, some))  # noqa: B023 - called at once
        tasks = len(numbers.tasks)
        is_owned = self._write(lambda session: self._finish(session, team, slug, numbers, due))
        log.info("team.imported", tasks=tasks)
        return Imported(
            slug=slug,
            name=team["name"],
            tasks=tasks,
            files=files,
            open_tasks=len(due),
            rest=rest,
            keep_days=team["keep_days"],
            is_owned=is_owned,
        )

    def _tasks(self, file: ExportFile, numbers: Numbers) -> tuple[dict[int, datetime], int]:
        """Put all tasks in; when the open ones are to be asked about, and how many files there are."""
        later = {said["id"]: said for said in file.listed("tasks_later.jsonl", export_lines.TASK)}
        due: dict[int, datetime] = {}
        files, pile, size = 0, list[Piece](), 0
        for said in file.lines("tasks.jsonl", export_lines.TASK):
            piece = piece_of(file, later.get(said["id"], said), numbers)
            more = piece.size + _EACH_BYTES
            if pile and (len(pile) == MOST_TASKS or size + more > self._pace.size):
                self._put(pile, size, numbers, due)
                pile, size = [], 0
            pile.append(piece)
            size += more
            files += len(piece.rows[Part])
            self._pace.give_way()
        self._put(pile, size, numbers, due)
        return due, files

    def _put(self, pile: Sequence[Piece], size: int, numbers: Numbers, due: dict[int, datetime]) -> None:
        new = patiently(
            lambda: self._pace.write(
                lambda session: import_tasks.put(session, pile, self._indexing), size=size
            ),
            self._rest,
        )
        numbers.tasks |= new
        due |= {new[piece.number]: piece.due for piece in pile if piece.due is not None}
        self._told(len(numbers.tasks))

    def _finish(
        self,
        session: Session,
        team: dict[str, Any],
        slug: str,
        numbers: Numbers,
        due: dict[int, datetime],
    ) -> bool:
        """Make it the team it was; whether somebody owns that."""
        team_id = numbers.team_id
        there = teams.by_slug(session=session, slug=slug)
        values = {name: team[name] for name in ("name", "keep_days", "keep_sources", "keep_sources_days")}
        if there is None:
            values |= {"slug": slug, "created_at": team["created_at"]}
        elif team_rows.is_unused(session=session, team_id=there.id or 0):
            team_rows.hand_over(session=session, team_id=team_id, to=there.id or 0)
            team_id = there.id or 0
        else:
            raise _taken(slug)
        team_rows.set_up(session=session, team_id=team_id, values=values)
        team_rows.schedule(session=session, moments=due)
        audit.note(
            session=session,
            team_id=team_id,
            actor=SYSTEM,
            action=Action.TEAM_IMPORTED,
            subject=team["name"],
            detail={"tasks": len(numbers.tasks)},
            now=self._clock(),
        )
        teams.touch(session=session, team_ids=[team_id])
        return bool(memberships.owners_of(session=session, team_id=team_id))

    def _write(self, work: Callable[[Session], T]) -> T:
        pace = Pace(self._database, first=1, most=1, rest=self._rest)
        return patiently(lambda: pace.write(work, size=1), self._rest)

    def _remove_unfinished(self) -> None:
        """What an import has left that was killed; one of today may be under way."""
        with self._database.reading() as session:
            left = [
                team.id or 0
                for team in teams.all_teams(session=session)
                if team.slug.startswith(_SLUG)
                and team.name.endswith(_UNDER_WAY)
                and team.created_at < self._clock() - _UNFINISHED
            ]
        for team_id in left:
            self._remove(team_id)

    def _remove(self, team_id: int) -> None:
        pace = Pace(self._database, first=_FIRST_REMOVED, most=_MOST_REMOVED, rest=self._rest)

        def forget(session: Session) -> int:
            return task_rows.delete_many(session=session, team_id=team_id, task_refs=some)

        try:
            while some := patiently(lambda: self._some(team_id, pace.size), self._rest):
                patiently(lambda: pace.write(forget, size=len(some)), self._rest)
            self._write(lambda session: teams.remove(session=session, team_id=team_id))
        except StoreError:
            log.warning("team.import_left", team=team_id, advice="the next import a day later removes it")

    def _some(self, team_id: int, limit: int) -> list[int]:
        with self._database.reading() as session:
            some = task_rows.after(session=session, team_id=team_id, task_ref=0, limit=limit)
        return [task.id or 0 for task in some]


def _taken(slug: str) -> InputRefused:
    return InputRefused(
        f"There is a team {slug} already, and it is in use. Name another one with --team, such as "
        f"--team {slug[:50]}-2. Nothing was imported."
    )
