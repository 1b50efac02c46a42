"""Sending images to the service: batches of submissions, and the settings people keep for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, false, text
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base
from dashboard.models.words import SubmissionState

_DUE: Any = {name: text("next_at IS NOT NULL") for name in ("sqlite_where", "postgresql_where")}
_HELD: Any = {name: text("holder IS NOT NULL") for name in ("sqlite_where", "postgresql_where")}


def _nothing() -> dict[str, Any]:
    return {}


class Batch(Base, table=True):
    """Submissions that were sent together: one name, one progress, one download."""

    __table_args__ = (
        Index("ix_batch_team_newest", "team_id", "id"),
        Index("ix_batch_drop_in", "team_id", "drop_in", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False))
    name: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str
    is_paused: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    key_id: int | None = None
    """The API key it came by, which may be gone; None for people, and where there are no keys."""
    drop_in: str | None = None
    """Which day's and key's batch of the drop-in address it is, for what comes next; None for every other one."""


class Submission(Base, table=True):
    """One sending of one source. ``next_at`` is schedule and lease in one; NULL where nothing is to be done."""

    __table_args__ = (
        Index("ix_submission_batch", "batch_id", "position"),
        Index("ix_submission_due", "next_at", **_DUE),
        Index("ix_submission_holder", "holder", **_HELD),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(sa_column=Column(ForeignKey("batch.id", ondelete="CASCADE"), nullable=False))
    team_id: int = Field(
        sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    source_id: int | None = Field(
        default=None,
        sa_column=Column(ForeignKey("source.id", ondelete="SET NULL"), nullable=True, index=True),
    )
    """None once the source is not held any more."""
    position: int
    """Place in the batch, from 0."""
    label: str
    api_url: str
    operation: str
    trial: bool
    credential_id: int | None = Field(
        default=None,
        sa_column=Column(ForeignKey("credential.id", ondelete="SET NULL"), nullable=True, index=True),
    )
    settings: dict[str, Any] = Field(default_factory=_nothing, sa_column=Column(JSON, nullable=False))
    """As :meth:`dashboard.models.recognition.RecognitionSettings.stored` gives them."""

    state: str = SubmissionState.WAITING.value
    detail: str = ""
    """Why it waits, was refused or is not known to have arrived: a sentence without secrets."""
    tries: int = 0
    next_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    claim: str | None = None
    """Fence of the one who is sending it."""
    holder: str | None = None
    """The process that is sending it (``Process.id``)."""
    sent_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When the last attempt began to send it."""
    task_ref: int | None = Field(
        default=None,
        sa_column=Column(ForeignKey("task.id", ondelete="SET NULL"), nullable=True, index=True),
    )
    """The task it became; None again when that was deleted."""


class Preset(Base, table=True):
    """Settings of a submission under a name, for the whole team."""

    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    settings: dict[str, Any] = Field(default_factory=_nothing, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str


class LastSettings(Base, table=True):
    """The settings a person sent something with last."""

    __tablename__ = "last_settings"

    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True))
    person: str = Field(primary_key=True)
    """Their sign-in, or ``local`` where nobody signs in."""
    settings: dict[str, Any] = Field(default_factory=_nothing, sa_column=Column(JSON, nullable=False))
    used_at: datetime = Field(sa_column=Column(Instant, nullable=False))
