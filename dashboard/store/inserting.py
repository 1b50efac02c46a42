"""INSERT that leaves rows alone that are there already, as each database spells it."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from dashboard.models import Base


def insert_new(session: Session, model: type[Base]) -> Any:  # noqa: ANN401 - the dialects share no type for it
    """``INSERT ... ON CONFLICT DO NOTHING`` for a table."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(model).on_conflict_do_nothing()
