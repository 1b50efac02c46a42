"""The images and documents tasks are made of: their bytes in pieces, because many machines share only the database."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, false
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base

CHUNK_BYTES = 1024 * 1024
"""Of a source in one row: written in a moment, and never more than some of them in memory."""


class Source(Base, table=True):
    """An image or document that is held; any number of tasks may be made of it."""

    __table_args__ = (
        Index("ix_source_team_digest", "team_id", "sha256"),
        {"sqlite_autoincrement": True},  # a link to a deleted one must never show another one
    )

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False))
    name: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    is_whole: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether all of its pieces are written; what never became whole is taken away after a while."""
    thumbnail: bytes | None = Field(default=None, sa_column=Column(LargeBinary), repr=False)
    """A small picture of its first page; None where none was made."""


class SourceChunk(Base, table=True):
    """A piece of a source, counted from 0; each but the last one has :data:`CHUNK_BYTES`."""

    __tablename__ = "source_chunk"

    source_id: int = Field(sa_column=Column(ForeignKey("source.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)


class TaskSource(Base, table=True):
    """Which source a task was made of; the tasks of one source are its runs."""

    __tablename__ = "task_source"

    task_ref: int = Field(sa_column=Column(ForeignKey("task.id", ondelete="CASCADE"), primary_key=True))
    source_id: int = Field(
        sa_column=Column(ForeignKey("source.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    is_chosen: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether people marked this run as the result of its source."""
