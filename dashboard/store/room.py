"""Whether the database still has room on its disk."""

import time
from collections.abc import Callable
from pathlib import Path

from dashboard import full_disk
from dashboard.store.database_words import FULL

REMEMBERED_SECONDS = 15.0
"""How long a refusal counts where nobody can look at the disk; whoever waits to write tries more often."""

_LOOK_SECONDS = 1.0


class Room:
    """Looks at the disk of an SQLite database, and remembers what any database has refused.

    Args:
        folder: of the database; None for a server, whose disk is elsewhere.
        monotonic: seconds that only grow.
    """

    def __init__(self, folder: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._refusal: tuple[float, str] | None = None
        self._looked: tuple[float, bool] | None = None

    def refused(self, said: str) -> None:
        """The database has just refused to write, with this sentence."""
        self._refusal, self._looked = (self._monotonic(), said), None

    def lacking(self) -> str | None:
        """A sentence while there is no room; the disk is looked at once a second at most."""
        now, refusal = self._monotonic(), self._refusal
        if self._folder is not None:
            if self._is_full(self._folder, now, surely=refusal is not None):
                return FULL
        elif refusal is not None and now - refusal[0] < REMEMBERED_SECONDS:
            return refusal[1]
        self._refusal = None
        return None

    def _is_full(self, folder: Path, now: float, *, surely: bool) -> bool:
        if self._looked is None or now - self._looked[0] >= _LOOK_SECONDS:
            self._looked = (now, full_disk.is_full_at(folder, surely=surely))
        return self._looked[1]
