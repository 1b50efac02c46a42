"""Schedules that a clock has left in a future that no rule allows are brought back: what waits there is due now.

Moments are stored, and clocks are set: an hour ahead and corrected, a day back. What was scheduled before would be
asked about an hour, a day later. Two things tell: the database's clock has fallen behind one that only grows, which
also says by how much; and, where that happened while nobody looked, a moment is further away than any rule puts it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Float, and_, case, literal, or_, type_coerce, update
from sqlmodel import Session, col, select

from dashboard.elapsed import elapsed
from dashboard.logs import get_logger
from dashboard.models import FOREVER, Credential, ParkReason, Task
from dashboard.models.columns import Instant
from dashboard.polling.schedule import (
    OVERDUE_DELAY_SECONDS,
    POLL_CEILING_SECONDS,
    RETRY_AFTER_CEILING_SECONDS,
)
from dashboard.polling.silence import longest_pause
from dashboard.store import teams
from dashboard.store.database_clock import database_time, db_now, in_seconds

log = get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often the two clocks are compared."""

SWEEP_SECONDS = 30.0
"""How often moments are looked for that are too far away."""

SLACK = 60.0
"""Seconds that moments may be further away than the rules say."""

FAR = 60.0
"""Seconds from which on a clock was far ahead."""

BACK = 5.0
"""Seconds by which a clock must have been set back to be noticed; smaller ones are nobody's loss."""


@dataclass(slots=True)
class _Seen:
    """Both clocks at one moment."""

    moment: datetime
    at: float


class Mending:
    """Looks after the schedules of one process; several doing the same do no harm.

    Args:
        elapsed: seconds that only grow.
    """

    def __init__(self, elapsed: Callable[[], float] = elapsed) -> None:
        self._elapsed = elapsed
        self._seen: _Seen | None = None
        self._swept_at: float | None = None

    def look(self, session: Session) -> int:
        """Compare the clocks, and bring back what is too far away; returns how many tasks.

        Cheap: mostly nothing, once a second one question, every half minute a second one.
        """
        at = self._elapsed()
        if self._seen is not None and at - self._seen.at < LOOK_SECONDS:
            return 0
        now = database_time(session)
        back = 0.0
        if self._seen is not None:
            back = (self._seen.moment - now).total_seconds() + at - self._seen.at
        self._seen = _Seen(now, at)
        brought = 0
        if back > BACK:
            brought += shift_back(session, back)
        if back > BACK or self._swept_at is None or at - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = at
            brought += bring_back(session, now)
        if brought or back > BACK:
            log.warning("clock.set_back", seconds=round(max(back, 0.0)), tasks=brought)
        return brought


def shift_back(session: Session, seconds: float) -> int:
    """Bring everything forward that was scheduled before the clock was set back by so much.

    What is nearer than that was scheduled since, or another replica has brought it forward already. By a clock that was
    far ahead tasks seemed old, and old ones are asked about rarely: whatever is not held up is due now.
    """
    since = in_seconds(seconds - 1.0)
    shift = literal(seconds, Float(53))
    due = col(Task.next_poll_at)
    moved = type_coerce(due - shift, Instant())
    is_polled = and_(col(Task.errors) == 0, col(Task.parked).is_(None), col(Task.claim).is_(None))
    when = case((is_polled, db_now()), else_=moved) if seconds >= FAR else moved
    tasks = update(Task).where(due >= since).values(next_poll_at=when)
    count = session.exec(tasks.execution_options(synchronize_session=False)).rowcount
    paused = col(Credential.paused_until)
    pauses = update(Credential).where(paused >= since, paused < _LASTING)
    pauses = pauses.values(paused_until=type_coerce(paused - shift, Instant()))
    session.exec(pauses.execution_options(synchronize_session=False))
    return count


def bring_back(session: Session, now: datetime) -> int:
    """Make due what is further away than any rule allows; returns how many tasks."""
    due = col(Task.next_poll_at)
    astray = update(Task).where(due > in_seconds(POLL_CEILING_SECONDS + SLACK), due > _furthest())
    count = session.exec(
        astray.values(next_poll_at=db_now()).execution_options(synchronize_session=False)
    ).rowcount
    _end_pauses(session, now)
    return count


_LASTING = FOREVER - timedelta(days=1)
"""Pauses that last longer than this end when a person acts."""


def _furthest() -> ColumnElement[datetime]:
    """When a task is asked about at the latest, as it stands."""
    hour = in_seconds(max(RETRY_AFTER_CEILING_SECONDS, OVERDUE_DELAY_SECONDS) + SLACK)
    is_held_up = or_(col(Task.errors) > 0, col(Task.parked).is_not(None), col(Task.expires_at) <= db_now())
    # Without a token, nothing but the last poll before the expiry is worth anything.
    waits_for_a_token = and_(
        col(Task.parked) == ParkReason.TOKEN_MISSING.value, col(Task.expires_at) > db_now()
    )
    return case(
        (waits_for_a_token, case((col(Task.expires_at) > hour, col(Task.expires_at)), else_=hour)),
        (is_held_up, hour),
        else_=in_seconds(POLL_CEILING_SECONDS + SLACK),
    )


def _end_pauses(session: Session, now: datetime) -> None:
    seen: set[int] = set()
    paused = select(Credential).where(
        col(Credential.paused_until) > now, col(Credential.paused_until) < _LASTING
    )
    for row in session.exec(paused.order_by(col(Credential.id))):
        until = longest_pause(
            ParkReason(row.pause_reason or ParkReason.UNREACHABLE.value),
            now=now,
            monthly=row.monthly_budget is not None,
        )
        furthest = until and until + timedelta(seconds=SLACK)
        if furthest is None or row.paused_until is None or row.paused_until <= furthest:
            continue
        # Only the pause that was looked at: another may have come meanwhile.
        mine = update(Credential).where(
            col(Credential.id) == row.id, col(Credential.paused_until) == row.paused_until
        )
        ended = mine.values(paused_until=now).execution_options(synchronize_session=False)
        if session.exec(ended).rowcount:
            log.warning("clock.pause_ended", credential=row.id, reason=row.pause_reason)
            seen.add(row.team_id)
    teams.touch(session=session, team_ids=seen)
