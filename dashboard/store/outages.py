"""Services that give no usable answer: one row each, shared by all replicas; no row while all is well.

What is rule in it is pure: ``polling.outages``. Each process remembers the rows for a second, so that nothing is read
or written with the outcomes of services that answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, update
from sqlalchemy.orm import make_transient
from sqlmodel import Session, col, select

from dashboard.elapsed import elapsed
from dashboard.logs import get_logger
from dashboard.models import AttemptRecord, Change, Credential, Outage, ParkReason, Task, Team
from dashboard.polling.outages import (
    OPENS_AFTER,
    STEP_SECONDS,
    Heard,
    calls_after_return,
    has_returned,
    is_astray,
    is_away,
    is_settled,
    learned,
    probe_seconds,
    says_nothing_new,
)
from dashboard.store import pauses, teams
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time, db_now
from dashboard.store.inserting import insert_new

log = get_logger(__name__)

LOOK_SECONDS = 1.0
"""How long a process believes what it has read."""

MOST_AT_ONCE = 500
"""Tasks that are made due in one transaction."""


class Outages:
    """What one process knows of services without an answer; safe to share between threads."""

    def __init__(self) -> None:
        self._known: Mapping[str, Outage] = {}
        self._read_at: float | None = None

    def known(self, session: Session) -> Mapping[str, Outage]:
        """The rows, as they were at most a second ago."""
        if self._read_at is None or elapsed() - self._read_at >= LOOK_SECONDS:
            read_at = elapsed()
            rows = session.exec(select(Outage)).all()
            for row in rows:
                make_transient(row)
            self._known, self._read_at = {row.api_url: row for row in rows}, read_at
        return self._known

    def learn(self, session: Session, changes: Iterable[Change]) -> list[str]:
        """Take what calls say about their services; in the transaction that writes their outcomes.

        Returns:
            The services that went away or returned by it: their teams' screens are to be told.
        """
        turned = []
        for api_url, heard in sorted(_heard(changes).items()):
            if says_nothing_new(self.known(session).get(api_url), heard):
                continue
            mine = col(Outage.api_url) == api_url
            before = session.exec(select(Outage).where(mine).with_for_update()).one_or_none()
            was_away = is_away(before)
            after = learned(before, heard, database_time(session))
            _write(session, api_url, before, after)
            self._read_at = None
            if was_away != (after is not None and after["failures"] >= OPENS_AFTER):
                log.warning("service.returned" if was_away else "service.away", api_url=api_url)
                turned.append(api_url)
        return turned

    def bring_back(self, database: Database) -> None:
        """Make due what was put off because of services that have returned, more of it with each step.

        The nearest deadline first. What is read is read outside the transaction that writes.
        """
        if self._read_at is None:
            with database.reading() as session:
                self.known(session)
        returned = [outage for outage in list(self._known.values()) if has_returned(outage)]
        for outage in returned:
            with database.reading() as session:
                now = database_time(session)
                step_at = outage.probe_at or now
                if step_at > now and not is_astray(step_at, now):
                    continue
                most = min(calls_after_return(outage, now), MOST_AT_ONCE)
                ids = _put_off(session, outage.api_url, most)
            with database.writing() as session:
                if _takes_step(session, outage, now, is_done=not ids):
                    _make_due(session, ids)
                    ended = pauses.end(
                        session,
                        col(Credential.api_url) == outage.api_url,
                        col(Credential.pause_reason) == ParkReason.UNREACHABLE.value,
                    )
                    teams.touch(session=session, team_ids=ended)
            self._read_at = None


def take_probe(session: Session, outage: Outage, now: datetime) -> bool:
    """Take the right to ask a service that is away, for this once; False where another process has it."""
    failures = outage.failures + 1
    next_at = now + timedelta(seconds=probe_seconds(failures))
    taken = session.exec(
        update(Outage)
        .where(
            col(Outage.api_url) == outage.api_url,
            col(Outage.failures) == outage.failures,
            col(Outage.probe_at) == outage.probe_at,
        )
        .values(probe_at=next_at, failures=failures)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount:
        outage.probe_at, outage.failures = next_at, failures
    return bool(taken.rowcount)


def announce(session: Session, api_urls: Collection[str]) -> None:
    """Tell the screens of teams that wait for these services to redraw."""
    waits = exists().where(
        col(Task.team_id) == col(Team.id),
        col(Task.api_url).in_(api_urls),
        col(Task.next_poll_at).is_not(None),
    )
    teams.touch(session=session, team_ids=[row or 0 for row in session.exec(select(Team.id).where(waits))])


def probe_now(session: Session, task_refs: Sequence[int], now: datetime) -> None:
    """Have the services of these tasks asked at once, where they are away."""
    theirs = select(Task.api_url).where(col(Task.id).in_(task_refs))
    session.exec(
        update(Outage)
        .where(_away(), col(Outage.probe_at) > now, col(Outage.api_url).in_(theirs))
        .values(probe_at=now)
        .execution_options(synchronize_session=False)
    )


def away(session: Session) -> dict[str, Outage]:
    """The services that are away, by their address."""
    return {row.api_url: row for row in session.exec(select(Outage).where(_away()))}


def is_of_one_away() -> ColumnElement[bool]:
    """Whether the service of a task is away, in SQL."""
    return col(Task.api_url).in_(select(Outage.api_url).where(_away()))


def _away() -> ColumnElement[bool]:
    return col(Outage.failures) >= OPENS_AFTER


def _heard(changes: Iterable[Change]) -> dict[str, Heard]:
    answered: dict[str, bool] = {}
    failures: dict[str, list[tuple[datetime, str]]] = {}
    for change in changes:
        if change.answered is None:
            continue
        api_url, attempt = change.claim.address.api_url, change.attempt
        answered[api_url] = answered.get(api_url, False) or change.answered
        if not change.answered:
            began = attempt.started_at if attempt else change.claim.claimed_at
            failures.setdefault(api_url, []).append((began, _said(attempt)))
    return {
        api_url: Heard(answered=was, failures=sorted(failures.get(api_url, ())))
        for api_url, was in answered.items()
    }


def _said(attempt: AttemptRecord | None) -> str:
    """What every team may read: a service's own words may be about the task of one of them."""
    if attempt is None:
        return "No new access token could be had."
    if attempt.http_status is None:
        return attempt.detail
    return f"The OCR service answered with HTTP {attempt.http_status} and no usable result."


def _write(session: Session, api_url: str, before: Outage | None, after: Mapping[str, Any] | None) -> None:
    mine = col(Outage.api_url) == api_url
    if after is None:
        session.exec(delete(Outage).where(mine).execution_options(synchronize_session=False))
    elif before is None:
        session.exec(insert_new(session, Outage).values(api_url=api_url, **after))
    else:
        session.exec(update(Outage).where(mine).values(**after).execution_options(synchronize_session=False))


def _put_off(session: Session, api_url: str, most: int) -> list[int]:
    held_up = or_(col(Task.errors) > 0, col(Task.parked) == ParkReason.UNREACHABLE.value)
    wanted = (
        select(Task.id)
        .where(Task.api_url == api_url, col(Task.next_poll_at) > db_now(), col(Task.claim).is_(None), held_up)
        .order_by(col(Task.expires_at))
        .limit(most)
    )
    return [row for row in session.exec(wanted) if row is not None]


def _make_due(session: Session, ids: Sequence[int]) -> None:
    if not ids:
        return
    still = and_(col(Task.id).in_(ids), col(Task.claim).is_(None), col(Task.next_poll_at) > db_now())
    free = select(Task.id).where(still).with_for_update(skip_locked=True).cte("free")
    session.exec(
        update(Task)
        .where(col(Task.id).in_(select(free.c.id)))
        .values(next_poll_at=db_now())
        .execution_options(synchronize_session=False)
    )


def _takes_step(session: Session, outage: Outage, now: datetime, *, is_done: bool) -> bool:
    """Take the next step of a return, for this once; at its end the row goes."""
    mine = (
        col(Outage.api_url) == outage.api_url,
        col(Outage.failures) < OPENS_AFTER,
        col(Outage.probe_at) == outage.probe_at,
    )
    statement: Any
    if is_done and is_settled(outage, now):
        statement = delete(Outage).where(*mine)
    else:
        step = timedelta(seconds=STEP_SECONDS * (10 if is_done else 1))
        statement = update(Outage).where(*mine).values(probe_at=now + step)
    return bool(session.exec(statement.execution_options(synchronize_session=False)).rowcount)
