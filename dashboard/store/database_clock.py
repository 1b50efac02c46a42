"""The database's clock in SQL: all schedules and leases are kept by it, so replicas need not agree on the time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, select

from dashboard.models.columns import Instant


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads like the SQL function it is
    """The database's time, as an :class:`~dashboard.models.columns.Instant`."""

    type = Instant()
    inherit_cache = True


@compiles(db_now, "sqlite")
def _sqlite_now(_element: db_now, _compiler: Any, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return "((julianday('now') - 2440587.5) * 86400.0)"  # unixepoch('subsec') needs SQLite 3.42


@compiles(db_now, "postgresql")
def _postgresql_now(_element: db_now, _compiler: Any, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    # clock_timestamp() could not be an index condition.
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS double precision)"


def database_time(session: Session) -> datetime:
    """The database's time now, aware UTC."""
    return session.exec(select(db_now())).one()


def in_seconds(seconds: float) -> ColumnElement[Any]:
    """A moment so many seconds from the database's now."""
    return db_now() + literal(seconds, Float(53))
