"""Reads and indexes stored results anew, so that old ones are found as new ones are.

In small pieces, each in a short transaction of its own: servers and workers go on beside it. It can be ended at any
time and begun again: what is done is not done twice.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.folding import folded_label
from dashboard.models import Searchable
from dashboard.services.library.indexing import READING, Indexing
from dashboard.services.results.inner_texts import UNREAD, InnerTexts
from dashboard.services.upkeep.trying_again import PAUSE_SECONDS, patiently
from dashboard.store import inner_texts, labels
from dashboard.store import library_rows as rows
from dashboard.store.database import Database

_LOOKED_UP = 200
MOST_AT_ONCE = 50
"""Results in one transaction."""

MOST_CHARACTERS = 1_000_000
"""Of their texts together; a longer one is written alone."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is; ``total`` was counted at the beginning."""

    done: int
    total: int


@dataclass(slots=True)
class _Pile:
    """Results that are made ready and not yet written, each with when it was read."""

    ready: dict[int, tuple[Searchable | None, datetime]] = field(default_factory=dict)
    characters: int = 0

    def is_full(self) -> bool:
        """Whether it should be written now."""
        return len(self.ready) >= MOST_AT_ONCE or self.characters >= MOST_CHARACTERS


class Reindexing:
    """Does it once for all teams.

    Args:
        database: of the deployment.
        clock: aware UTC.
        indexing: makes texts ready and writes them.
        inner_texts: reads PDFs and workbooks.
        rest: waits so many seconds, for others to have their turn.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        indexing: Indexing,
        inner_texts: InnerTexts,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._clock = clock
        self._indexing = indexing
        self._inner_texts = inner_texts
        self._rest = rest

    def run(self) -> Iterator[Progress]:
        """Do it, telling after each piece how far it is; the first time before anything is done.

        Raises:
            StoreUnavailable: when the database goes on refusing; the next run continues.
        """
        with self._database.reading() as session:
            files = inner_texts.count(session=session, unread=UNREAD)
            texts = rows.count_stale(session=session, reading=READING)
            labelled = labels.count_labelled(session=session)
        yield Progress(0, files)
        for done in self._files():
            yield Progress(done, files)
        yield Progress(0, texts)
        for done in self._texts():
            yield Progress(done, texts)
        yield Progress(0, labelled)
        for done in self._labels():
            yield Progress(done, labelled)

    def _files(self) -> Iterator[int]:
        done = last = 0
        while True:
            with self._database.reading() as session:
                some = inner_texts.tasks(session=session, unread=UNREAD, after=last, limit=_LOOKED_UP)
            if not some:
                return
            for task_ref in some:
                patiently(lambda: self._inner_texts.read(task_ref), self._rest)  # noqa: B023 - called at once
                done += 1
                yield done
            last = some[-1]

    def _texts(self) -> Iterator[int]:
        done = last = 0
        while True:
            with self._database.reading() as session:
                some = rows.stale(session=session, reading=READING, after=last, limit=_LOOKED_UP)
            if not some:
                return
            pile = _Pile()
            for task_ref in some:
                read_at = self._clock()
                ready = self._indexing.made_ready(task_ref)
                pile.ready[task_ref] = ready, read_at
                pile.characters += len(ready.folded) if ready else 0
                if pile.is_full() or task_ref == some[-1]:
                    self._write(pile)
                    done += len(pile.ready)
                    pile = _Pile()
                    yield done
            last = some[-1]

    def _labels(self) -> Iterator[int]:
        """Look through all of them; written is only what was folded in another way."""
        done = last = 0
        while True:
            with self._database.reading() as session:
                some = labels.labelled(session=session, after=last, limit=_LOOKED_UP)
            if not some:
                return
            if stale := [(task, label) for task, label, folded in some if folded != folded_label(label)]:
                patiently(lambda: self._fold(stale), self._rest)
            done, last = done + len(some), some[-1][0]
            yield done

    def _fold(self, stale: Sequence[tuple[int, str]]) -> None:
        with self._database.writing() as session:
            labels.fold_anew(session=session, labels=stale)

    def _write(self, pile: _Pile) -> None:
        began = time.monotonic()
        patiently(lambda: self._write_once(pile), self._rest)
        # As long as others have waited for us, they may go first.
        self._rest(min(time.monotonic() - began, PAUSE_SECONDS))

    def _write_once(self, pile: _Pile) -> None:
        with self._database.writing() as session:
            wanted = {
                task_ref: ready
                for task_ref, (ready, read_at) in pile.ready.items()
                if not rows.is_newer(session=session, task_ref=task_ref, than=read_at, reading=READING)
            }
            self._indexing.put(session, wanted)
