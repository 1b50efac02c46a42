"""Puts results into the library's index: each with the write that stores it, older ones after the start."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import LibraryEntry, Task
from dashboard.results import languages
from dashboard.results.files import combined_text
from dashboard.results.masks import find_masks, mask_report
from dashboard.store import corrections as correction_rows
from dashboard.store import library as rows
from dashboard.store import parts as part_rows
from dashboard.store import search
from dashboard.store.database import Database

log = get_logger(__name__)

_AT_ONCE = 100
"""Tasks in one transaction of catching up: short, so that the poller never waits long for the lock."""


class Indexing:
    """Keeps the full-text index of a deployment."""

    def __init__(self, *, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def index(self, session: Session, task_refs: Sequence[int]) -> None:
        """Put tasks into the index as they stand in this transaction; tasks without text are left out.

        What cannot be indexed is logged and left out: a result is never lost for the sake of a search.
        """
        for task_ref in task_refs:
            try:
                with session.begin_nested():
                    self._index_one(session, task_ref)
            except rows.UNINDEXABLE as error:
                log.error("library.not_indexed", id=task_ref, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text

    def prepare(self) -> None:
        """Read the language model, half a second of work, before the first result has to wait for it.

        Later it would be read inside the transaction that stores that result, while nobody else can write.
        """
        languages.load()

    def start(self) -> None:
        """Begin to catch up with results that were stored before there was an index."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the piece that is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def catch_up(self) -> int:
        """Index every stored text that is not yet in the index; returns how many.

        Raises:
            StoreUnavailable: when the database refuses; the next start continues.
        """
        done, last = 0, 0
        while not self._stopping.is_set():
            with self._database.writing() as session:
                some = rows.missing(session=session, after=last, limit=_AT_ONCE)
                self.index(session, some)
            if not some:
                break
            done, last = done + len(some), some[-1]
        if done:
            log.info("library.caught_up", tasks=done)
        return done

    def _index_one(self, session: Session, task_ref: int) -> None:
        task = session.get(Task, task_ref, populate_existing=True)
        if task is None:
            return
        parts = part_rows.list_of(session=session, team_id=task.team_id, task_ref=task_ref)
        if not any(part.text is not None for part in parts):
            return
        text = combined_text([(part.media_type, part.text) for part in parts])
        flipped = correction_rows.flips_of(session=session, team_id=task.team_id, task_ref=task_ref)
        masks = find_masks(text, flipped=flipped) if task.trial else ()
        correction = correction_rows.latest(session=session, team_id=task.team_id, task_ref=task_ref)
        # What people call it can be searched for as well; it comes after the text, whose offsets stay true.
        whole = "\n".join(
            (text, task.label, task.task_id, (correction.text or "") if correction is not None else "")
        )
        search.put(
            session=session,
            task_ref=task_ref,
            text=whole,
            masks=[(mask.start, mask.end) for mask in masks],
        )
        report = mask_report(text, trial=task.trial, flipped=flipped)
        rows.put(
            session=session,
            entry=LibraryEntry(
                task_ref=task_ref,
                team_id=task.team_id,
                language=languages.language_of(text),
                words=report.words,
                masked_words=report.masks,
                indexed_at=self._clock(),
            ),
        )

    def _run(self) -> None:
        try:
            self.prepare()
            self.catch_up()
        except StoreError as error:
            log.warning("library.store_trouble", reason=str(error))
        except Exception:
            log.exception("library.failed")
