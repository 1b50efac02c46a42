"""Kinds of tasks: those that take about as long, because the same endpoint of the same service does them."""

from typing import NamedTuple, Self

from sqlalchemy import JSON, Column
from sqlmodel import Field

from dashboard.models.tables import Base
from dashboard.models.values import TaskAddress
from dashboard.models.words import Operation


class TaskKind(NamedTuple):
    """What the duration of a task depends on, as far as we know it before."""

    api_url: str
    operation: Operation
    trial: bool

    @classmethod
    def of(cls, address: TaskAddress) -> Self:
        """The kind of the task that is kept there."""
        return cls(address.api_url, address.operation, address.trial)


class TaskHistory(Base, table=True):
    """How long tasks of one kind have taken, of all teams: numbers for each bin of age (``polling.history``)."""

    __tablename__ = "task_history"

    api_url: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    trial: bool = Field(primary_key=True)
    events: list[float] = Field(sa_column=Column(JSON, nullable=False))
    """Results that came in each bin."""
    open_seconds: list[float] = Field(sa_column=Column(JSON, nullable=False))
    """Seconds during which tasks were open in it."""
