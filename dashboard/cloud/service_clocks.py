"""What time the services say it is: the ``Date`` of their last answer, carried on by a clock that nobody sets."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.cloud.lenient import http_date
from dashboard.elapsed import elapsed

RECENT_SECONDS = 3600.0
"""How long a difference that was heard is worth saying."""


@dataclass(frozen=True, slots=True)
class _Heard:
    said: datetime
    at: float
    ahead: float


class ServiceClocks:
    """Keeps the last word of each service; safe to share between threads.

    Args:
        clock: ours, aware UTC.
        elapsed: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], datetime], *, elapsed: Callable[[], float] = elapsed) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._heard: dict[str, _Heard] = {}

    def hear(self, api_url: str, headers: Mapping[str, str]) -> None:
        """Note what an answer says that has just arrived; one without a usable ``Date`` changes nothing."""
        said = date_of(headers)
        if said is None:
            return
        ahead = (self._clock() - said).total_seconds()
        with self._lock:
            self._heard[api_url] = _Heard(said, self._elapsed(), ahead)

    def time_of(self, api_url: str) -> datetime | None:
        """What time it is there now; None while nothing was heard."""
        with self._lock:
            heard = self._heard.get(api_url)
        return None if heard is None else heard.said + timedelta(seconds=self._elapsed() - heard.at)

    def ahead(self) -> Mapping[str, float]:
        """Seconds by which our clock was ahead of each service that has answered within the last hour."""
        since = self._elapsed() - RECENT_SECONDS
        with self._lock:
            return {api_url: heard.ahead for api_url, heard in self._heard.items() if heard.at >= since}


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was sent, aware, by who sent it; None when it does not say.

    Args:
        headers: as received; names in any case.
    """
    by_name = {name.casefold(): value.strip() for name, value in headers.items()}
    moment = http_date(by_name.get("date", ""))
    if moment is None:
        return None
    age = by_name.get("age", "")  # of a copy that somebody on the way has kept
    return moment + timedelta(seconds=int(age[:9]) if age.isascii() and age.isdigit() else 0)
