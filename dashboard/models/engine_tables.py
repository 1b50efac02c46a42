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
    """A service that gave no usable answer lately; there is no row for one that answers (``polling.outages``)."""

    api_url: str = Field(primary_key=True)
    failures: int = 0
    """Calls in a row without a usable answer, of all tasks and all processes; once it is away, probes are counted when
    they are made."""
    since: datetime = Field(sa_column=Column(Instant, nullable=False))
    """When the first of them began; of a service that has returned, when it did."""
    probe_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """Away: no call but one at this moment. Returned: when more of what was put off is due. None while it is asked as
    usual."""
    detail: str = ""
    """What the last of them brought, in a sentence without secrets."""
