"""What people make of results: the library's tables, corrections, and links that show results to others."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base


def _team() -> Column[int]:
    return Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False, index=True)


def _task(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    return Column(
        ForeignKey("task.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False, index=index
    )


class LibraryEntry(Base, table=True):
    """That the text of a task is in the full-text index, and what the library sorts and filters by.

    The index itself is the table ``search_text``, which is made differently on each database
    (:mod:`dashboard.store.search`).
    """

    __tablename__ = "library_entry"
    __table_args__ = (Index("ix_library_entry_team_newest", "team_id", "task_ref"),)

    task_ref: int = Field(sa_column=_task(primary_key=True))
    team_id: int = Field(
        sa_column=Column(
            ForeignKey("team.id", ondelete="CASCADE"), nullable=False
        )  # the index begins with it
    )
    language: str = ""
    """ISO 639-1 code of the language the text seems to be in; empty when that cannot be told."""
    words: int = 0
    masked_words: int = 0
    reading: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """How the text was read and folded when it was indexed; grows with what is found better since."""
    indexed_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class TaskTag(Base, table=True):
    """A word people put on a task."""

    __tablename__ = "task_tag"
    __table_args__ = (Index("ix_task_tag_team_tag", "team_id", "tag"),)

    task_ref: int = Field(sa_column=_task(primary_key=True))
    tag: str = Field(primary_key=True)
    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False))


class SavedView(Base, table=True):
    """A search with its filters, under a name, for the whole team."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("team_id", "name"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False))
    place: str = Field(default="library", sa_column_kwargs={"server_default": "library"})
    """The page it is a view of: ``library`` or ``board``."""
    name: str
    query: str
    """As in the address of that page."""
    created_by: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Correction(Base, table=True):
    """A text as somebody has corrected it; the latest one counts, the service's own stays beside it."""

    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    task_ref: int = Field(sa_column=_task(index=True))
    text: str | None = Field(default=None, sa_column=Column(Text), repr=False)
    """None when somebody went back to the service's own text."""
    author: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class MaskFlip(Base, table=True):
    """Asterisks about which a person knows better than we: a mask after all, or the document's own."""

    __tablename__ = "mask_flip"

    task_ref: int = Field(sa_column=_task(primary_key=True))
    start: int = Field(primary_key=True)
    """Offset of their first asterisk in the readable text of the task."""
    author: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Share(Base, table=True):
    """A link that shows one task or a selection, read-only, to people outside the team."""

    __table_args__ = (UniqueConstraint("secret_hash"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=_team())
    label: str
    secret_hash: str = Field(repr=False)
    hint: str
    """The last four characters, so that people can tell links apart."""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    views: int = 0
    last_viewed_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class ShareTask(Base, table=True):
    """A task that a share link shows."""

    __tablename__ = "share_task"

    share_id: int = Field(sa_column=Column(ForeignKey("share.id", ondelete="CASCADE"), primary_key=True))
    task_ref: int = Field(
        sa_column=Column(ForeignKey("task.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    position: int
    """0-based place in the order somebody chose."""
