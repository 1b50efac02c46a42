"""What pollers in several processes know of each other, and of the services they all ask."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base


class Process(Base, table=True):
    """A process that polls: whoever stops beating has lost its leases."""

    id: str = Field(primary_key=True)
    """Made anew with each start; ``Task.holder`` of what it has claimed."""
    beats: int = 0
    """Rises while it lives. Others look whether it has risen, by clocks of their own: no clock has to be right."""
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    beat_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    """When it beat last, for people to read."""


class Outage(Base, table=True):
    """A service that gives no usable answer; there is no row for one that does."""

    api_url: str = Field(primary_key=True)
    failures: int = 0
    """Calls in a row without a usable answer, of all tasks and all processes."""
    since: datetime = Field(sa_column=Column(Instant, nullable=False))
    """When the first of them began."""
    probe_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """No call but one at this moment; None while it is still asked as usual."""
    detail: str = ""
    """What the last of them brought, in a sentence without secrets."""
