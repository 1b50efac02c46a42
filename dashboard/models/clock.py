"""When this deployment was last seen running, and for how long its clock has been steady since."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base


class ClockSeen(Base, table=True):
    """One row for all processes: what is deleted by its age is only deleted by a clock that was seen to be steady."""

    __tablename__ = "clock_seen"

    id: int = Field(default=1, primary_key=True)
    seen_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    """The last moment at which any process was running."""
    steady_seconds: float
    """How long processes have been running since the last gap, by a clock that nobody sets."""
    gap_seconds: float | None = None
    """How far the last gap led, negative when it led back; None when there was none, or nothing was seen before."""
    gap_at: datetime | None = Field(default=None, sa_column=Column(Instant))
