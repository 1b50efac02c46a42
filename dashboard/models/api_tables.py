"""What scripts ask twice: calls of the HTTP API that must not be carried out again."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Text
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base


class ApiCall(Base, table=True):
    """A call that carried an ``Idempotency-Key``, and what it answered: repeating it answers the same."""

    __tablename__ = "api_call"
    __table_args__ = (Index("ix_api_call_begun_at", "begun_at"),)

    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True))
    key: str = Field(primary_key=True)
    """SHA-256 of who called and of the key they gave."""
    fingerprint: str = ""
    """Of method, address and body; empty while the first call is under way."""
    status: int | None = None
    """None while the first call is under way."""
    answer: str | None = Field(default=None, sa_column=Column(Text), repr=False)
    """Encrypted: it may hold a share link."""
    begun_at: datetime = Field(sa_column=Column(Instant, nullable=False))
