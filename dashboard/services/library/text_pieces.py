"""Indexes stored texts in pieces that nobody feels: made ready before, many short ones at once, a long one alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import Searchable
from dashboard.services.upkeep.pace import Pace
from dashboard.store import library_rows as rows
from dashboard.store.database import Database
from dashboard.store.write_queue import aside

log = get_logger(__name__)

_FIRST = 10_000
"""Characters of the first piece."""

_LEAST = 4_000
_MOST = 1_000_000
_EACH = 500
"""What a text costs beside its characters, in characters."""

MOST_WAITING = 200
"""Texts that are made ready before any is written: memory holds no more."""


@dataclass(frozen=True, slots=True)
class Texts:
    """How texts are made ready and put into the index (:class:`dashboard.services.library.indexing.Indexing`).

    Attributes:
        made_ready: the text of a stored result, by our ID.
        put: writes some of them; what the index does not take is left out.
        reading: how texts are read now.
        clock: aware UTC.
    """

    made_ready: Callable[[int], Searchable | None]
    put: Callable[[Session, Mapping[int, Searchable | None]], None]
    reading: int
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Ready:
    task_ref: int
    text: Searchable | None
    read_at: datetime
    size: int


class TextPieces:
    """Collects texts and writes them, for one thread.

    Args:
        database: of the deployment.
        texts: how it is done.
        rest: waits so many seconds, less when the process ends.
    """

    def __init__(
        self, database: Database, texts: Texts, *, rest: Callable[[float], object] = time.sleep
    ) -> None:
        self._texts = texts
        self._pace = Pace(database, first=_FIRST, least=_LEAST, most=_MOST, rest=rest)
        self._ready: list[_Ready] = []

    @property
    def is_full(self) -> bool:
        """Whether there is enough for a piece."""
        return len(self._ready) >= MOST_WAITING or sum(one.size for one in self._ready) >= self._pace.size

    def add(self, task_ref: int) -> None:
        """Make one ready; raises StoreUnavailable, and whatever a text does to those who read it."""
        self._pace.give_way()
        read_at = self._texts.clock()
        with aside():
            text = self._texts.made_ready(task_ref)
        size = _EACH + (len(text.folded) if text else 0)
        self._ready.append(_Ready(task_ref, text, read_at, size))

    def forget(self) -> None:
        """Drop what is not written; it stays to be done."""
        self._ready.clear()

    def write(self) -> tuple[list[int], list[int]]:
        """Write one piece; our IDs of what is in the index now, and of what the index does not take.

        Raises:
            StoreUnavailable: when the database refuses; the piece stays to be written.
        """
        piece = self._next()
        try:
            refused = self._pace.write(
                lambda session: self._put(session, piece), size=sum(one.size for one in piece)
            )
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a text must not end the search for all others
            if len(piece) > 1:  # one of them must not keep the others from it
                return self._one_by_one(piece)
            log.error("library.not_indexed", id=piece[0].task_ref, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            refused = [piece[0].task_ref]
        self._ready = self._ready[len(piece) :]
        return [one.task_ref for one in piece if one.task_ref not in refused], refused

    @property
    def waiting(self) -> int:
        """How many are ready and not written."""
        return len(self._ready)

    def _next(self) -> Sequence[_Ready]:
        """As many as a piece holds, one at least; one that is longer than that comes alone."""
        size = number = 0
        for number, one in enumerate(self._ready):
            size += one.size
            if number and size > self._pace.size:
                return self._ready[:number]
        return self._ready[: number + 1]

    def _one_by_one(self, piece: Sequence[_Ready]) -> tuple[list[int], list[int]]:
        done, refused = list[int](), list[int]()
        rest = self._ready[len(piece) :]
        for number, one in enumerate(piece):
            self._ready = [one]
            try:
                written, not_written = self.write()
            except StoreError:
                self._ready = [*piece[number:], *rest]
                if done or refused:
                    return done, refused
                raise
            done += written
            refused += not_written
        self._ready = rest
        return done, refused

    def _put(self, session: Session, piece: Sequence[_Ready]) -> list[int]:
        """Write those that nobody else indexes or has indexed meanwhile; which of them the index did not take."""
        reading = self._texts.reading
        free = rows.free(session=session, task_refs=[one.task_ref for one in piece])
        since = rows.indexed_at(session=session, task_refs=free, reading=reading)
        wanted = {
            one.task_ref: one.text
            for one in piece
            if one.task_ref in free and (one.task_ref not in since or since[one.task_ref] <= one.read_at)
        }
        self._texts.put(session, wanted)
        return rows.not_indexed(session=session, task_refs=list(wanted), reading=reading)
