"""How many tasks a team has, kept by the database."""

from sqlmodel import Field

from dashboard.models.tables import Base


class TaskCount(Base, table=True):
    """Tasks of one team in one state; triggers on ``task`` keep it (migration 0014), nothing else writes it.

    On PostgreSQL each connection counts in rows of its own, which are negative where it took away what another one
    had added: only their sum means something.
    """

    __tablename__ = "task_count"

    team_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Without a foreign key: the tasks of a team that is deleted are counted out after it has gone."""
    archived: bool = Field(primary_key=True)
    state: str = Field(primary_key=True)
    writer: int = Field(primary_key=True)
    """PostgreSQL's process of a connection; 0 for all others together."""
    tasks: int
