"""The same line again and again is counted, not written: nobody fills a disk by knocking."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

ALLOWED = 5
"""Times that a line is written within a window."""

WINDOW_SECONDS = 10.0
_MOST_REMEMBERED = 1_000

NOT_WRITTEN = -1
"""A level below that of every handler, whoever's it is: nobody writes such a record."""


@dataclass(slots=True)
class _Seen:
    since: float
    times: int = 1
    left_out: int = 0


class Repeats:
    """Lets a warning or an error through a few times, then counts, and says later how often it came.

    Lines of other libraries are the same when they have the same wording, whatever they name; ours only when they
    say the same of the same thing. Information is never left out.

    Args:
        monotonic: seconds that only grow.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, int, str], _Seen] = {}

    def thin_out(self, record: logging.LogRecord) -> None:
        """Keep a line from being written that came too often; the first one after a while says how many did."""
        if (record.levelno or 0) < logging.WARNING:  # a copy of a record is begun without a level
            return
        now, left_out = self._monotonic(), 0
        with self._lock:
            key = (record.name, record.levelno, _wording(record))
            seen = self._seen.get(key)
            if seen is not None and now - seen.since < WINDOW_SECONDS:
                seen.times += 1
                if seen.times > ALLOWED:
                    seen.left_out += 1
                    record.levelno = NOT_WRITTEN
                return
            left_out = seen.left_out if seen else 0
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            self._seen[key] = _Seen(now)
        if left_out and isinstance(record.msg, dict):
            record.msg = {**record.msg, "not_written": left_out}
        elif left_out:
            record.msg, record.args = f"{_said(record)} ({left_out:,} more like this were not written)", None


def _wording(record: logging.LogRecord) -> str:
    if isinstance(record.msg, dict):
        return repr({name: value for name, value in record.msg.items() if name != "timestamp"})
    return str(record.msg)


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - somebody else's arguments do not fit; logging must not raise for it
        return str(record.msg)
