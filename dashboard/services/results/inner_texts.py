"""Reads the text inside PDFs and workbooks of new results, so that they are found and exported by their words.

Never where a result is stored: first it is kept, then it is read, in a thread of its own and one file at a time, at a
pace that nobody feels (:mod:`dashboard.services.upkeep.pace`). A hostile file costs only those behind it some time.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from dashboard.background import Background
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import DecodedPart, Task
from dashboard.results.inner_text import KINDS, REMARKS, TOO_MANY, InnerText, inner_text
from dashboard.results.workers import WorkerFailed
from dashboard.retrying import Refusals
from dashboard.services.upkeep.pace import Pace
from dashboard.store import inner_texts as rows
from dashboard.store import library_rows, teams
from dashboard.store.database import Database
from dashboard.store.write_queue import aside

log = get_logger(__name__)

NEW = timedelta(hours=24)
"""Results that are no older are read after a start as well: the last process may have been too busy."""

UNREAD = rows.Unread(frozenset(KINDS), tuple(REMARKS))

MOST_FILES = 50
"""Of one result."""

MOST_SECONDS = 60.0
"""For one result; the files that are left are not read."""

_AGAIN_SECONDS = 5.0
"""When too many files are being read by others."""

_MOST_WAITING = 100_000


class InnerTexts(Background):
    """Reads what is inside files.

    Args:
        database: of the deployment.
        clock: aware UTC.
        renew: indexes a task anew.
        monotonic: seconds that only grow.
        wait: takes the place of waiting in tests; given the seconds.
        rest: takes the place of the rests between two pieces in tests; the same.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        renew: Callable[[int], None],
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__("inner-texts")
        self._database = database
        self._clock = clock
        self._renew = renew
        self._monotonic = monotonic
        self._waiting: deque[int] = deque(maxlen=_MOST_WAITING)
        self._wake = threading.Event()
        self._refusals = Refusals(wait or self._stopping.wait)
        self._pace = Pace(database, first=1, most=1, rest=rest or self._stopping.wait)
        # What a process before this one has left is looked up in the thread, as soon as the database lets us.
        self._is_taken_up = False

    @property
    def waiting(self) -> int:
        """How many results are still to be read."""
        return len(self._waiting)

    @property
    def trouble(self) -> str | None:
        """The database's last refusal, until it works again."""
        return self._refusals.sentence

    def stored(self, task_ref: int, parts: Sequence[DecodedPart]) -> None:
        """Have a result read that has just been stored."""
        if any(part.media_type in KINDS for part in parts):
            self._waiting.append(task_ref)
            self._wake.set()

    def begin_to_stop(self) -> None:
        """End; a file that is being read is left, for the next start."""
        super().begin_to_stop()
        self._wake.set()

    def read(self, task_ref: int) -> bool:
        """Read the files of a task that are not read yet; returns whether there was any text in them.

        Raises:
            StoreUnavailable: when the database refuses; what is not read stays to be read.
            WorkerFailed: when too many files are being read; the same.
        """
        with aside():
            return self._read(task_ref)

    def _read(self, task_ref: int) -> bool:
        with self._database.reading() as session:
            unread = rows.parts(session=session, task_ref=task_ref, unread=UNREAD)
        began, has_text = self._monotonic(), False
        for number, (part_id, media_type) in enumerate(unread):
            if self._stopping.is_set():
                break
            with self._database.reading() as session:
                data = rows.data_of(session=session, part_id=part_id)
            if data is None:
                continue
            is_enough = number >= MOST_FILES or self._monotonic() - began > MOST_SECONDS
            found = InnerText(text=None, remark=TOO_MANY) if is_enough else inner_text(data, media_type)
            has_text = self._keep(task_ref, part_id, found) or has_text
        if has_text or not self._is_indexed(task_ref):
            # The latter when the database refused it the last time, after texts were kept.
            with self._pace.step():
                self._renew(task_ref)
        return has_text

    def _is_indexed(self, task_ref: int) -> bool:
        with self._database.reading() as session:
            return library_rows.is_indexed(session=session, task_ref=task_ref)

    def _keep(self, task_ref: int, part_id: int, found: InnerText) -> bool:
        def keep(session: Session) -> bool:
            task = session.get(Task, task_ref)
            if task is None or not rows.keep(
                session=session, part_id=part_id, text=found.text, remark=found.remark
            ):
                return False
            if found.text is not None:
                # Whatever happens now, the index is made complete after the next start.
                library_rows.forget(session=session, task_ref=task_ref)
            teams.touch(session=session, team_ids=[task.team_id])
            return found.text is not None

        return self._pace.write(keep, size=1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._is_taken_up:
                self._is_taken_up = self._guarded(self._take_up)
            elif not self._waiting:
                self._wake.wait()
                self._wake.clear()
            else:
                self._read_next()

    def _read_next(self) -> None:
        """Read what has waited longest; what was refused goes behind the others, so that it does not hold them up."""
        task_ref = self._waiting.popleft()
        if not self._guarded(lambda: self.read(task_ref)):
            if len(self._waiting) == _MOST_WAITING:
                self._is_taken_up = False  # there is no room for it: it is looked up again
            else:
                self._waiting.append(task_ref)

    def _take_up(self) -> None:
        with aside():
            self._look_up()

    def _look_up(self) -> None:
        last, since = 0, self._clock() - NEW
        known = set(self._waiting)
        while not self._stopping.is_set() and len(self._waiting) < _MOST_WAITING:
            with self._database.reading() as session:
                some = rows.tasks(session=session, unread=UNREAD, after=last, limit=100, since=since)
            if not some:
                return
            self._waiting.extend(task_ref for task_ref in some if task_ref not in known)
            last = some[-1]

    def _guarded(self, work: Callable[[], object]) -> bool:
        """Do it; False when it should be tried again, after a pause that is over then."""
        try:
            work()
        except StoreError as error:
            if self.trouble is None:
                log.warning("inner_texts.store_trouble", reason=str(error), left=self.waiting)
            self._refusals.refused(str(error))
            return False
        except WorkerFailed:
            self._stopping.wait(_AGAIN_SECONDS)
            return False
        except Exception as error:  # noqa: BLE001 - one file must not end the reading of all others
            log.error("inner_texts.failed", kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
        if self._refusals.works():
            log.info("inner_texts.store_recovered", left=self.waiting)
        return True
