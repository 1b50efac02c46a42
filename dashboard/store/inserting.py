"""INSERT that says what becomes of rows that are there already, as each database spells it."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from dashboard.models import Base


def insert_into(session: Session, model: type[Base]) -> Any:  # noqa: ANN401 - the dialects share no type for it
    """``INSERT`` into a table, to which ``ON CONFLICT`` can be added."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(model)


def insert_new(session: Session, model: type[Base]) -> Any:  # noqa: ANN401 - the same
    """``INSERT ... ON CONFLICT DO NOTHING`` for a table."""
    return insert_into(session, model).on_conflict_do_nothing()
