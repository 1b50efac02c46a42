"""Indexes what is stored and not searchable yet, until nothing is left; says how much that is meanwhile.

It never gives up: what the database refuses is tried again with the poller's pauses, a text that cannot be indexed does
not keep the others from it, and after the last one it looks again now and then, for what came in by another way.
"""

import threading
from collections.abc import Callable, Sequence

from dashboard.background import Background
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.retrying import Refusals
from dashboard.store import library_rows as rows
from dashboard.store.database import Database

log = get_logger(__name__)

AGAIN_SECONDS = 600.0
"""Between two looks while everything is searchable."""

_AT_ONCE = 100
"""Tasks looked up at once; each is written by itself, so that the poller never waits long."""


class CatchUp(Background):
    """One thread that brings the index up to date.

    Args:
        database: of the deployment.
        prepare: done once before the first text.
        index: puts one task into the index; False when its text cannot be. May raise StoreUnavailable.
        wait: takes the place of waiting in tests; given the seconds.
    """

    def __init__(
        self,
        *,
        database: Database,
        prepare: Callable[[], None],
        index: Callable[[int], bool],
        wait: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__("indexing")
        self._database = database
        self._prepare = prepare
        self._index = index
        self._is_prepared = threading.Event()
        self._refusals = Refusals(wait or self._stopping.wait)
        self._left: dict[int, int] | None = None
        self._hopeless: dict[int, int] = {}

    @property
    def trouble(self) -> str | None:
        """The database's last refusal, until it works again."""
        return self._refusals.sentence

    def behind(self, team_id: int | None = None) -> int:
        """How many stored texts cannot be found yet: of a team, or of all; 0 until they were counted once."""
        left = self._left or {}
        return sum(left.values()) if team_id is None else left.get(team_id, 0)

    def given_up(self, team_id: int | None = None) -> int:
        """How many of those this process cannot index, whatever the database says."""
        teams = list(self._hopeless.values())
        return len(teams) if team_id is None else teams.count(team_id)

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """End after the text that is under way, and wait for it; not for a preparation, which nobody can hurry."""
        super().stop(timeout_seconds=timeout_seconds if self._is_prepared.is_set() else 0.0)

    def catch_up(self) -> int:
        """Go through everything that is missing, as often as it takes; returns how many were indexed."""
        done = 0
        while not self._stopping.is_set():
            indexed, is_complete = self._go_through()
            done += indexed
            if is_complete:
                break
        if done:
            log.info("library.caught_up", tasks=done)
        return done

    def _go_through(self) -> tuple[int, bool]:
        """Once over what is missing: how many were indexed, and whether nothing was refused."""
        if not self._count():
            return 0, False
        done, last, is_complete = 0, 0, True
        still_hopeless: dict[int, int] = {}
        while not self._stopping.is_set():
            some = self._some_after(last)
            if some is None:
                is_complete = False
                continue
            if not some:
                break
            last = some[-1][0]
            for task_ref, team_id in some:
                if self._stopping.is_set():
                    break
                indexed = task_ref not in self._hopeless and self._index_one(task_ref, team_id)
                done += bool(indexed)
                is_complete = is_complete and indexed is not None
                if task_ref in self._hopeless:
                    still_hopeless[task_ref] = team_id
        if is_complete and not self._stopping.is_set():
            self._hopeless = still_hopeless  # without those that are gone
        if is_complete:
            self._works()  # not before: what can be read cannot always be written
        return done, is_complete

    def _count(self) -> bool:
        try:
            with self._database.reading() as session:
                left = rows.count_missing(session=session)
        except StoreError as error:
            self._refused(error)
            return False
        if left and left != self._left:
            log.info("library.behind", tasks=sum(left.values()))
        self._left = dict(left)
        return True

    def _some_after(self, last: int) -> Sequence[tuple[int, int]] | None:
        try:
            with self._database.reading() as session:
                return rows.missing(session=session, after=last, limit=_AT_ONCE)
        except StoreError as error:
            self._refused(error)
            return None

    def _index_one(self, task_ref: int, team_id: int) -> bool | None:
        """Whether it is in the index now; None when it is worth another try."""
        try:
            indexed = self._index(task_ref)
        except StoreError as error:
            self._refused(error)
            return None
        except Exception as error:  # noqa: BLE001 - one text must not end the search for all others
            log.error("library.not_indexed", id=task_ref, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            indexed = False
        self._works()
        if not indexed:
            self._hopeless[task_ref] = team_id
            return False
        if self._left and self._left.get(team_id):
            self._left[team_id] -= 1
        return True

    def _refused(self, error: StoreError) -> None:
        if self.trouble is None:
            log.warning("library.store_trouble", reason=str(error), left=self.behind())
        self._refusals.refused(str(error))

    def _works(self) -> None:
        if self._refusals.works():
            log.info("library.store_recovered", left=self.behind())

    def _run(self) -> None:
        try:
            self._prepare()
        except Exception:
            log.exception("library.not_prepared")
        self._is_prepared.set()
        while not self._stopping.is_set():
            try:
                self.catch_up()
            except Exception:
                # A bug in one round; what it left is found again.
                log.exception("library.failed")
            self._stopping.wait(AGAIN_SECONDS)
