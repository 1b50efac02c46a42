"""What time it is, and whether the clock can be relied on.

Everything stored goes by the database's clock, which all processes share. Whether that clock is right nobody can tell;
whether it was steady can be seen: it was looked at before, by a process that is running or that ran before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from dashboard.background import Background
from dashboard.elapsed import elapsed
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import ClockSeen
from dashboard.store import clock_seen as rows
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time

log = get_logger(__name__)

GAP = timedelta(days=1)
"""Between two looks; more is a machine that was off, or a clock that was set: nobody can tell which."""

STEADY_SECONDS = 86_400.0
"""How long processes must have run after a gap until the clock is relied on."""

SYNC_SECONDS = 5.0
LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How far the clock can be relied on.

    Attributes:
        seen_at: the last look, aware UTC, by the database's clock.
        steady_seconds: how long processes have been running since the last gap.
        gap_seconds: how far that gap led, negative when it led back; None when it is not known.
        gap_at: when it was noticed.
    """

    seen_at: datetime
    steady_seconds: float
    gap_seconds: float | None = None
    gap_at: datetime | None = None

    @property
    def is_steady(self) -> bool:
        """Whether what is old by this clock can be taken for old."""
        return self.steady_seconds >= STEADY_SECONDS

    @property
    def seconds_left(self) -> float:
        """How long processes must still run until it is."""
        return max(0.0, STEADY_SECONDS - self.steady_seconds)


def first_look(*, now: datetime, is_new: bool) -> Steadiness:
    """What is known when nothing was seen before; a new deployment has nothing that could be too old."""
    return Steadiness(seen_at=now, steady_seconds=STEADY_SECONDS if is_new else 0.0)


def next_look(before: Steadiness, *, now: datetime, ran: float) -> Steadiness:
    """What is known after another look.

    Args:
        before: what was known.
        now: aware, by the database's clock.
        ran: seconds since this process's last look, by a clock that nobody sets; 0 at its first one.
    """
    gap = now - before.seen_at
    if abs(gap) > GAP:
        return Steadiness(seen_at=now, steady_seconds=0.0, gap_seconds=gap.total_seconds(), gap_at=now)
    # Of several processes none counts what another one has counted.
    more = min(max(gap.total_seconds(), 0.0), ran)
    return replace(before, seen_at=now, steady_seconds=before.steady_seconds + more)


class DatabaseClock:
    """The database's time without asking for it each time; safe to share between threads.

    With SQLite both are one clock. PostgreSQL's is asked now and then, and carried on in between.

    Args:
        database: whose clock it is.
        wall: this machine's clock, aware UTC.
        elapsed: seconds that only grow.
    """

    def __init__(
        self,
        database: Database,
        *,
        wall: Callable[[], datetime],
        elapsed: Callable[[], float] = elapsed,
    ) -> None:
        self._database = database
        self._wall = wall
        self._elapsed = elapsed
        self._known: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The time now, aware UTC; raises StoreUnavailable when the database was never asked and refuses."""
        if self._database.is_sqlite:
            return self._wall()
        moment, at = self._known or self._ask()
        return moment + timedelta(seconds=self._elapsed() - at)

    def sync(self) -> None:
        """Ask the database; raises StoreUnavailable when it refuses."""
        if not self._database.is_sqlite:
            self._ask()

    def machine_ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of the database's."""
        return (self._wall() - self()).total_seconds()

    def _ask(self) -> tuple[datetime, float]:
        with self._database.reading() as session:
            database_time(session)  # which connects
            before = self._elapsed()
            moment = database_time(session)
            self._known = moment, (before + self._elapsed()) / 2
        return self._known


class Timekeeper(Background):
    """Looks at the clock once a minute, in a thread of its own.

    Args:
        database: of the deployment.
        sync: asks the database for its time.
        moment: the time in a transaction; the database's.
        monotonic: seconds that only grow while the machine runs.
    """

    def __init__(
        self,
        *,
        database: Database,
        sync: Callable[[], None] = lambda: None,
        moment: Callable[[Session], datetime] = database_time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("timekeeper")
        self._database = database
        self._sync = sync
        self._moment = moment
        self._monotonic = monotonic
        self._looking = threading.Lock()
        self._looked_at: float | None = None
        self.latest: Steadiness | None = None
        """What the last look has found."""

    def trusts_clock(self) -> bool:
        """Whether the clock was seen to be steady; not before the first look."""
        return self.latest is not None and self.latest.is_steady

    def look(self) -> Steadiness:
        """Look at the clock now, and keep what is found for all processes.

        Raises:
            StoreUnavailable: when the database refuses.
        """
        with self._looking:
            at = self._monotonic()
            ran = 0.0 if self._looked_at is None else at - self._looked_at
            with self._database.writing() as session:
                found = self._written(session, ran)
            self._looked_at, self.latest = at, found
        return found

    def _written(self, session: Session, ran: float) -> Steadiness:
        now = self._moment(session)
        if rows.read(session=session) is None:
            found = first_look(now=now, is_new=rows.is_empty(session=session))
            rows.locked(session=session, first=ClockSeen(**_columns(found)))
            return found
        row = rows.locked(session=session, first=ClockSeen(seen_at=now, steady_seconds=0.0))
        found = next_look(_read(row), now=now, ran=ran)
        if found.gap_at == now:
            log.warning(
                "clock.gap", days=round((found.gap_seconds or 0.0) / 86_400, 1), last_seen=row.seen_at
            )
        for name, value in _columns(found).items():
            setattr(row, name, value)
        session.add(row)
        return found

    def _run(self) -> None:
        looked_at: float | None = None
        while not self._stopping.is_set():
            try:
                self._sync()
                if looked_at is None or self._monotonic() - looked_at >= LOOK_SECONDS:
                    self.look()
                    looked_at = self._monotonic()
            except StoreError:
                pass  # the poller says it; the time is carried on meanwhile
            except Exception:
                log.exception("clock.look_failed")
            self._stopping.wait(SYNC_SECONDS)


def _read(row: ClockSeen) -> Steadiness:
    return Steadiness(
        seen_at=row.seen_at,
        steady_seconds=row.steady_seconds,
        gap_seconds=row.gap_seconds,
        gap_at=row.gap_at,
    )


def _columns(found: Steadiness) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Steadiness.__dataclass_fields__}
