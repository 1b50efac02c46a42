"""The rows of a whole team: putting many in with new numbers, and handing them over to another team."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col, select

from dashboard.models import (
    METADATA,
    ApiKey,
    Base,
    Credential,
    SavedView,
    Share,
    SignIn,
    Task,
    TaskCount,
    Team,
)
from dashboard.store import task_counts

CONTRADICTION = (IntegrityError, DataError)
"""What rows are refused for that do not fit to each other or to their table."""

_OWN = (Task, Credential, ApiKey, SavedView, Share)
"""What a team has when somebody has begun to use it; links, members and log lines are there before."""

_AT_ONCE = 500


def put(*, session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of a table."""
    if rows:
        session.execute(insert(table), list(rows))


def put_numbered(*, session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store rows and give back their new IDs, in the same order."""
    if not rows:
        return []
    numbered = insert(table).returning(
        METADATA.tables[str(table.__tablename__)].c.id, sort_by_parameter_order=True
    )
    return [int(row_id) for row_id in session.scalars(numbered, list(rows))]


def free_sign_ins(*, session: Session, count: int, now: datetime) -> list[int]:
    """So many IDs that no sign-in has or will ever have: for people of whom there is nothing but a number."""
    rows = [
        {
            "secret_hash": secrets.token_hex(32),
            "name": "",
            "browser": "",
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now,
        }
        for _ in range(count)
    ]
    ids = put_numbered(session=session, table=SignIn, rows=rows)
    for start in range(0, len(ids), _AT_ONCE):
        session.exec(delete(SignIn).where(col(SignIn.id).in_(ids[start : start + _AT_ONCE])))
    return ids


def schedule(*, session: Session, moments: Mapping[int, datetime]) -> None:
    """Have tasks asked about at these moments."""
    tasks = METADATA.tables[str(Task.__tablename__)]
    one = update(tasks).where(tasks.c.id == bindparam("ref")).values(next_poll_at=bindparam("moment"))
    rows = [{"ref": task_ref, "moment": moment} for task_ref, moment in sorted(moments.items())]
    if rows:
        session.connection().execute(one, rows)


def is_unused(*, session: Session, team_id: int) -> bool:
    """Whether nobody has put anything into a team yet."""
    return not any(
        session.exec(select(table.team_id).where(table.team_id == team_id).limit(1)).first() for table in _OWN
    )


def hand_over(*, session: Session, team_id: int, to: int) -> None:
    """Give everything that one team owns to another, and delete the first."""
    for table in METADATA.sorted_tables:
        if (
            "team_id" in table.c and table.name != TaskCount.__tablename__
        ):  # which follows the tasks by itself
            session.execute(update(table).where(table.c.team_id == team_id).values(team_id=to))
    session.exec(delete(Team).where(col(Team.id) == team_id))
    task_counts.forget(session=session, team_id=team_id)


def set_up(*, session: Session, team_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of a team."""
    session.exec(update(Team).where(col(Team.id) == team_id).values(**values))
