"""Indexes what is stored and not searchable yet, and then what was indexed by an older reading, until nothing is left.

Nobody feels it (:mod:`dashboard.services.upkeep.pace`), and it says how far it is. It can be ended or killed at any
time: what is done is not done twice. It never gives up: what the database refuses is tried again with the poller's
pauses, a text that cannot be indexed does not keep the others from it, and after the last one it looks again now and
then, for what came in by another way.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from dashboard.background import Background
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.retrying import Refusals
from dashboard.services.library.text_pieces import TextPieces, Texts
from dashboard.store import library_rows as rows
from dashboard.store.database import Database
from dashboard.store.write_queue import aside

log = get_logger(__name__)

AGAIN_SECONDS = 600.0
"""Between two looks while everything is searchable."""

_AT_ONCE = 200
"""Tasks looked up at once."""

Find = Callable[[Session, int], Sequence[tuple[int, int]]]
"""The next tasks beyond an ID: our ID and the team's."""


@dataclass(slots=True)
class Work:
    """How far one kind of work is, by team."""

    left: dict[int, int]
    whole: dict[int, int]
    """How much there was when it began."""

    def counted(self, left: Mapping[int, int]) -> None:
        """Take over what was counted."""
        begun = {team_id: count for team_id, count in self.whole.items() if left.get(team_id)}
        self.whole = {team_id: max(count, begun.get(team_id, 0)) for team_id, count in left.items()}
        self.left = dict(left)

    def done(self, team_id: int) -> None:
        """Note one that is done."""
        if self.left.get(team_id):
            self.left[team_id] -= 1


class CatchUp(Background):
    """One thread that brings the index up to date.

    Args:
        database: of the deployment.
        prepare: done once before the first text.
        texts: how texts are put into the index.
        wait: takes the place of waiting in tests; given the seconds.
        rest: takes the place of the rests between two pieces in tests; the same.
    """

    def __init__(
        self,
        *,
        database: Database,
        prepare: Callable[[], None],
        texts: Texts,
        wait: Callable[[float], object] | None = None,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__("indexing")
        self._database = database
        self._prepare = prepare
        self._reading = texts.reading
        self._pieces = TextPieces(database, texts, rest=rest or self._stopping.wait)
        self._is_prepared = False
        self._is_preparing = threading.Event()
        self._refusals = Refusals(wait or self._stopping.wait)
        self._missing, self._outdated = Work({}, {}), Work({}, {})
        self._hopeless: dict[int, int] = {}
        self._seen: dict[int, int] = {}
        """Of those, the ones that were met in this round, and new ones; by our ID, with the team."""

    @property
    def trouble(self) -> str | None:
        """The database's last refusal, until it works again."""
        return self._refusals.sentence

    def behind(self, team_id: int | None = None) -> int:
        """How many stored texts cannot be found yet: of a team, or of all; 0 until they were counted once."""
        return _of(self._missing.left, team_id)

    def begun_with(self, team_id: int | None = None) -> int:
        """How many there were when this process began to index them."""
        return _of(self._missing.whole, team_id)

    def outdated(self, team_id: int | None = None) -> tuple[int, int]:
        """How many texts are still found as an older reading read them, and how many there were in the beginning."""
        return _of(self._outdated.left, team_id), _of(self._outdated.whole, team_id)

    def given_up(self, team_id: int | None = None) -> int:
        """How many of both this process cannot index, whatever the database says."""
        teams = list((self._hopeless | self._seen).values())
        return len(teams) if team_id is None else teams.count(team_id)

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """End after the piece that is under way, and wait for it; not for a preparation, which nobody can hurry."""
        super().stop(timeout_seconds=0.0 if self._is_preparing.is_set() else timeout_seconds)

    def catch_up(self) -> int:
        """Go through everything that is left, as often as it takes; returns how many were indexed."""
        done = 0
        with aside():
            while not self._stopping.is_set():
                indexed, is_complete = self._go_through()
                done += indexed
                if is_complete:
                    break
        if done:
            log.info("library.caught_up", tasks=done)
        return done

    def _go_through(self) -> tuple[int, bool]:
        """Once over what is left: how many were indexed, and whether nothing was refused."""
        if not self._count():
            return 0, False
        before, self._seen = self._hopeless, {}
        done, is_complete = 0, True
        for work, find in ((self._missing, self._missing_after), (self._outdated, self._outdated_after)):
            indexed, is_whole = self._go_through_all(work, find)
            done, is_complete = done + indexed, is_complete and is_whole
        self._hopeless = self._seen if is_complete and not self._stopping.is_set() else before | self._seen
        if is_complete:
            self._works()  # not before: what can be read cannot always be written
        return done, is_complete

    def _begin(self) -> None:
        """Prepare before the first text; a process that has none to index does without."""
        if self._is_prepared:
            return
        self._is_preparing.set()
        try:
            self._prepare()
        except Exception:
            log.exception("library.not_prepared")
        finally:
            self._is_preparing.clear()
        self._is_prepared = True

    def _go_through_all(self, work: Work, find: Find) -> tuple[int, bool]:
        done, last, is_complete = 0, 0, True
        while not self._stopping.is_set():
            some = self._some_after(last, find)
            if some is None:
                is_complete = False
                continue
            if not some:
                break
            self._begin()
            last, teams = some[-1][0], dict(some)
            for task_ref in teams:
                if self._stopping.is_set():
                    break
                is_complete = self._add(task_ref, teams) and is_complete
                while self._pieces.waiting and (self._pieces.is_full or task_ref == last):
                    written = self._write(work, teams)
                    is_complete = is_complete and written is not None
                    done += written or 0
        return done, is_complete

    def _count(self) -> bool:
        try:
            with self._database.reading() as session:
                missing = rows.count_missing(session=session)
                outdated = rows.count_outdated(session=session, reading=self._reading)
        except StoreError as error:
            self._refused(error)
            return False
        for name, work, left in (
            ("library.behind", self._missing, missing),
            ("library.outdated", self._outdated, outdated),
        ):
            if left and dict(left) != work.left:
                log.info(name, tasks=sum(left.values()))
            work.counted(left)
        return True

    def _missing_after(self, session: Session, last: int) -> Sequence[tuple[int, int]]:
        return rows.missing(session=session, after=last, limit=_AT_ONCE)

    def _outdated_after(self, session: Session, last: int) -> Sequence[tuple[int, int]]:
        return rows.outdated(session=session, reading=self._reading, after=last, limit=_AT_ONCE)

    def _some_after(self, last: int, find: Find) -> Sequence[tuple[int, int]] | None:
        try:
            with self._database.reading() as session:
                return find(session, last)
        except StoreError as error:
            self._refused(error)
            return None

    def _add(self, task_ref: int, teams: Mapping[int, int]) -> bool:
        """Make one ready; False when it is worth another try."""
        if task_ref in self._hopeless:
            self._seen[task_ref] = teams[task_ref]
            return True
        try:
            self._pieces.add(task_ref)
        except StoreError as error:
            self._refused(error)
            return False
        except Exception as error:  # noqa: BLE001 - one text must not end the search for all others
            log.error("library.not_indexed", id=task_ref, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            self._seen[task_ref] = teams[task_ref]
        return True

    def _write(self, work: Work, teams: Mapping[int, int]) -> int | None:
        """Write a piece; how many are in the index now, None when they are worth another try."""
        try:
            indexed, refused = self._pieces.write()
        except StoreError as error:
            self._pieces.forget()
            self._refused(error)
            return None
        self._works()
        for task_ref in indexed:
            work.done(teams[task_ref])
        self._seen |= {task_ref: teams[task_ref] for task_ref in refused}
        return len(indexed)

    def _refused(self, error: StoreError) -> None:
        if self.trouble is None:
            log.warning("library.store_trouble", reason=str(error), left=self.behind())
        self._refusals.refused(str(error))

    def _works(self) -> None:
        if self._refusals.works():
            log.info("library.store_recovered", left=self.behind())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.catch_up()
            except Exception:
                # A bug in one round; what it left is found again.
                log.exception("library.failed")
            self._stopping.wait(AGAIN_SECONDS)


def _of(counts: Mapping[int, int], team_id: int | None) -> int:
    return sum(counts.values()) if team_id is None else counts.get(team_id, 0)
