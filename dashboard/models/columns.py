"""Column types that behave the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Float
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, stored as seconds since 1970.

    SQLite drops time zones and PostgreSQL keeps them; a number is the same on both, so the same SQL
    (``next_poll_at <= db_now()``, ``db_now() + lease``) schedules on both.
    """

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> float | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Accept an aware time (or seconds, inside SQL arithmetic)."""
        if value is None or isinstance(value, int | float):
            return value
        if value.tzinfo is None:
            msg = f"a time without a zone: {value!r}"
            raise ValueError(msg)
        return float(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Give back an aware UTC time."""
        return None if value is None else datetime.fromtimestamp(value, UTC)
