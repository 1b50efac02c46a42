"""Texts are made ready for the index before the transaction that stores them.

Long ones on the thread that has asked for them. Short ones in a row, as they are about to be written: the model of
languages stays in the processor's caches then, and a text costs a third of what it costs between other work.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from dashboard.logs import get_logger
from dashboard.models import Change
from dashboard.polling.ports import Prepare
from dashboard.polling.turns import Turns

log = get_logger(__name__)

LONG = 20_000
"""Characters from which on a text would hold up the others of its row: by more than some milliseconds."""


class Preparation:
    """Makes the texts of outcomes ready; safe to share between threads, and never raises.

    Args:
        prepare: makes one ready.
        turns: large texts take turns.
        load: reads what that takes, half a second and 80 MB that a process without work does without.
    """

    def __init__(self, prepare: Prepare, turns: Turns, *, load: Callable[[], None] = lambda: None) -> None:
        self._prepare = prepare
        self._turns = turns
        self._load = load
        self._has_begun = False

    def begin(self) -> None:
        """Load what it takes beside the first call, unless that was begun."""
        if not self._has_begun:
            self._has_begun = True  # two at once wait for each other in what loads
            threading.Thread(target=self._load, name="preparing", daemon=True).start()

    def if_long(self, change: Change) -> Change:
        """The same outcome with its text made ready, where that takes long."""
        return self._ready(change) if _length(change) >= LONG else change

    def in_a_row(self, changes: Sequence[Change]) -> list[Change]:
        """The same outcomes with all their texts made ready."""
        return [it if it.searchable is not None else self._ready(it) for it in changes]

    def _ready(self, change: Change) -> Change:
        if not change.parts:
            return change
        try:
            with self._turns.of(_length(change)):
                return replace(change, searchable=self._prepare(change.parts, change.claim.address.trial))
        except Exception as error:  # noqa: BLE001 - a result is never lost for the sake of a search
            log.error("library.not_prepared", id=change.claim.id, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            return change


def _length(change: Change) -> int:
    return sum(len(part.text or "") for part in change.parts or ())
