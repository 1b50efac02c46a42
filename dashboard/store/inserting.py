"""INSERT that says what becomes of rows that are there already, as each database spells it."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from dashboard.models import Base


def insert_into(session: Session, model: type[Base]) -> Any:  # noqa: ANN401 - the dialects share no type for it
    """``INSERT`` into a table, to which ``ON CONFLICT`` can be added."""
    return insert_as(session.get_bind().dialect.name, model)


def insert_as(dialect: str, model: type[Base]) -> Any:  # noqa: ANN401 - the same
    """The same, known by the name of the dialect: to be built once and kept."""
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(model)


def insert_new(session: Session, model: type[Base]) -> Any:  # noqa: ANN401 - the same
    """``INSERT ... ON CONFLICT DO NOTHING`` for a table."""
    return insert_into(session, model).on_conflict_do_nothing()
