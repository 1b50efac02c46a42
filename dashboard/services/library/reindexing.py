"""Reads and indexes stored results anew, so that old ones are found as new ones are.

In pieces that nobody feels (:mod:`dashboard.services.upkeep.pace`): servers and workers go on beside it. It can be
ended at any time and begun again: what is done is not done twice. A running server does the texts by itself as well.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dashboard.folding import folded_label
from dashboard.services.library.indexing import READING, Indexing
from dashboard.services.library.text_pieces import TextPieces
from dashboard.services.results.inner_texts import UNREAD, InnerTexts
from dashboard.services.upkeep.pace import Pace
from dashboard.services.upkeep.trying_again import patiently
from dashboard.store import inner_texts, labels
from dashboard.store import library_rows as rows
from dashboard.store.database import Database

_LOOKED_UP = 200
_LABELS = 50
"""Labels in the first piece."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is; ``total`` was counted at the beginning."""

    done: int
    total: int


class Reindexing:
    """Does it once for all teams.

    Args:
        database: of the deployment.
        indexing: makes texts ready and writes them.
        inner_texts: reads PDFs and workbooks.
        rest: waits so many seconds, for others to have their turn.
    """

    def __init__(
        self,
        *,
        database: Database,
        indexing: Indexing,
        inner_texts: InnerTexts,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._inner_texts = inner_texts
        self._rest = rest
        self._pieces = TextPieces(database, indexing.texts, rest=rest)
        self._pace = Pace(database, first=_LABELS, most=_LOOKED_UP, rest=rest)

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
            for task_ref in some:
                patiently(lambda: self._pieces.add(task_ref), self._rest)  # noqa: B023 - called at once
                while self._pieces.waiting and (self._pieces.is_full or task_ref == some[-1]):
                    done += sum(map(len, patiently(self._pieces.write, self._rest)))
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
            stale = [(task, label) for task, label, folded in some if folded != folded_label(label)]
            while stale:
                piece, stale = stale[: self._pace.size], stale[self._pace.size :]
                patiently(lambda: self._fold(piece), self._rest)  # noqa: B023 - called at once
            done, last = done + len(some), some[-1][0]
            yield done

    def _fold(self, piece: Sequence[tuple[int, str]]) -> None:
        self._pace.write(lambda session: labels.fold_anew(session=session, labels=piece), size=len(piece))
