"""The tables. Everything stored belongs to exactly one team. Times are aware UTC; enums are stored as their values."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from dashboard.folding import folded_label
from dashboard.models.columns import Instant
from dashboard.models.values import CallCredential
from dashboard.models.words import CredentialKind, Origin, ParkReason, PollCost, State


class Base(SQLModel, registry=registry()):
    """Parent of all tables.

    Its own registry keeps SQLModel alive when Streamlit imports this module a second time
    (plain SQLModel then fails with "Table is already defined").
    """


def _parent(
    table: str, *, ondelete: str = "CASCADE", nullable: bool = False, index: bool = True
) -> Column[int]:
    return Column(ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable, index=index)


def _none() -> list[str]:
    """No ``list`` itself: pydantic reads the signature of a builtin anew, slowly, for every row."""
    return []


def _folded_label(context: Any) -> str:  # noqa: ANN401 - SQLAlchemy types none of it
    return folded_label(str(context.get_current_parameters().get("label", "")))


def _lower_id(context: Any) -> str | None:  # noqa: ANN401 - the same
    task_id = str(context.get_current_parameters()["task_id"])
    return None if task_id.islower() else task_id.lower()


class Team(Base, table=True):
    """Who shares tokens, tasks and results."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    revision: int = 0
    """Grows with every change somebody could see, so that a screen knows cheaply whether to redraw."""
    keep_days: int | None = None
    """Finished tasks are deleted with everything stored for them after so many days; None keeps them for ever."""
    keep_sources: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    """Whether images that were sent from here are kept with their tasks."""
    keep_sources_days: int | None = None
    """They are deleted after so many days; None keeps them as long as their tasks."""
    drop_in: bool | None = None
    """Whether scripts may send to the drop-in address; None where nobody has said, then only alone on a laptop."""


class Credential(Base, table=True):
    """What opens the service, encrypted: a pasted access token, or a client ID and secret that mint tokens.

    Shown to people as "Token".
    """

    __table_args__ = (UniqueConstraint("team_id", "api_url", "fingerprint"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=_parent("team"))
    label: str
    kind: str = CredentialKind.ACCESS_TOKEN.value
    api_url: str
    secret: str = Field(repr=False)
    """The access token or the client secret, encrypted with the keys that live outside the database."""
    fingerprint: str = Field(repr=False)
    """Keyed hash of :func:`identity_of`: recognises the same token twice without decrypting."""
    hint: str
    """The last four characters, so that people can tell tokens apart."""
    client_id: str | None = None
    """Not a secret; None for a pasted access token."""
    expires_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When the token itself says it ends (JWT ``exp``), or None when it does not say."""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_success_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    is_default: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """New tasks for its service that name no token take this one; at most one for each service."""

    daily_budget: int | None = None
    monthly_budget: int | None = None
    """Calls allowed in a day and in a month, UTC; None for no limit."""
    keeps_last_poll: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    """Whether the last poll before a result expires is made although the budget is used up."""
    status_first: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether to ask for the status, and to fetch the result once, when there is one."""
    poll_cost: str = Field(default=PollCost.NORMAL.value, sa_column_kwargs={"server_default": "normal"})
    """What a call is worth: dearer ones are made less often."""

    minted: str | None = Field(default=None, repr=False)
    """The access token minted last, encrypted; shared by all threads and replicas."""
    minted_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When another one is minted: somewhat before this one ends."""
    minting: str | None = Field(default=None, repr=False)
    """Fence of the one who is minting now."""
    minting_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    login_refusals: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Logins in a row that were refused; more than five would lock the pair (fact sheet 1)."""
    login_failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Logins in a row that brought no answer we could use."""
    login_failed_at: datetime | None = Field(default=None, sa_column=Column(Instant))

    paused_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    """No calls before this moment, for all replicas; far in the future means until a person acts."""
    pause_reason: str | None = None
    pause_detail: str | None = None
    paused_since: datetime | None = Field(default=None, sa_column=Column(Instant))

    def paused_for(self, now: datetime) -> ParkReason | None:
        """Why no calls may be made with it at this aware time; None when they may.

        Not paused, yet expired: a pasted token whose own end has come, until the service says otherwise.
        """
        if self.pause_reason is not None and self.paused_until is not None and self.paused_until > now:
            return ParkReason(self.pause_reason)
        if self.expires_at is None or self.expires_at > now:
            return None
        still_works = self.last_success_at is not None and self.last_success_at > self.expires_at
        return None if still_works else ParkReason.TOKEN_EXPIRED

    def call_credential(self) -> CallCredential:
        """What a call with it needs."""
        return CallCredential(
            credential_id=self.id or 0,
            team_id=self.team_id,
            kind=CredentialKind(self.kind),
            api_url=self.api_url,
            client_id=self.client_id,
            secret=self.secret,
            expires_at=self.expires_at,
            minted=self.minted,
            minted_until=self.minted_until,
            status_first=self.status_first,
            poll_cost=PollCost(self.poll_cost),
            paused_until=self.paused_until,
            pause_reason=ParkReason(self.pause_reason) if self.pause_reason else None,
            pause_detail=self.pause_detail,
            login_failures=self.login_failures,
        )


class Usage(Base, table=True):
    """How many authenticated calls were made with a token on a day, by kind."""

    credential_id: int = Field(
        sa_column=Column(ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True)
    )
    day: str = Field(primary_key=True)
    """UTC, as ``2026-05-01``: sorts like time, and its first seven characters are the month."""
    kind: str = Field(primary_key=True)
    calls: int = 0


LANE_CREDENTIAL = "(CASE WHEN trial THEN 0 ELSE coalesce(credential_id, 0) END)"
"""The token of a task's lane in SQL, 0 for none; indexes and statements have to spell it alike."""


def _where(condition: str) -> Any:  # noqa: ANN401 - arguments of an index
    return {name: text(condition) for name in ("sqlite_where", "postgresql_where")}


_OPEN: Any = _where("next_poll_at IS NOT NULL")


class Task(Base, table=True):
    """One recognition request, known by the service's task ID."""

    __table_args__ = (
        UniqueConstraint("team_id", "api_url", "task_id"),
        Index("ix_task_team_state", "team_id", "archived", "state", "id"),
        Index("ix_task_team_newest", "team_id", "id"),
        Index("ix_task_lower_id", "team_id", "lower_id"),
        # Open tasks only: the poller's question stays cheap however many results are kept.
        Index("ix_task_due", "next_poll_at", **_OPEN),
        # The same within a lane, and by deadline: what is at risk stands at one end, what is fresh at the other.
        Index("ix_task_lane", "api_url", text(LANE_CREDENTIAL), "next_poll_at", "expires_at", **_OPEN),
        Index("ix_task_deadline", "api_url", text(LANE_CREDENTIAL), "expires_at", "next_poll_at", **_OPEN),
        Index("ix_task_holder", "holder", **_where("holder IS NOT NULL")),
        Index("ix_task_attended", "team_id", "archived", "state", **_where("attended_at IS NOT NULL")),
        {"sqlite_autoincrement": True},  # a link to a deleted task must never show another one
    )

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=_parent("team", index=False))  # the indexes above begin with it
    credential_id: int | None = Field(
        default=None, sa_column=_parent("credential", ondelete="SET NULL", nullable=True)
    )
    api_url: str
    task_id: str
    operation: str
    trial: bool = False
    origin: str = Origin.REGISTERED.value
    label: str = ""
    lower_id: str | None = Field(default=None, sa_column=Column(String, default=_lower_id))
    """The ID in small letters, where it has capitals: GUIDs are the same in either case."""
    label_folded: str | None = Field(default=None, sa_column=Column(String, default=_folded_label))
    """The label as it is looked for; kept beside it, because no database folds as we do."""
    archived: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Put away by somebody: not on the board, and in the library only on demand. Finished tasks only."""

    state: str = State.PENDING.value
    parked: str | None = None
    parked_since: datetime | None = Field(default=None, sa_column=Column(Instant))
    parked_detail: str | None = None

    registered_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    submitted_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """Exact, or None when nobody knows."""
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    """24 h after submission; after registration, as the latest possible moment, when that is unknown."""
    expiry_exact: bool = False
    seen_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When the service first confirmed that it knows this ID."""
    last_polled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    completed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When the outcome was stored here."""
    attended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When somebody said that they have seen how it ended; it needs nobody any more."""

    next_poll_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """Schedule and lease in one; NULL exactly when the state is final."""
    claim: str | None = None
    """Fence of the claim that holds the lease."""
    holder: str | None = None
    """The process that holds it (``Process.id``)."""
    polls: int = 0
    errors: int = 0
    doubts: int = 0

    task_status: str | None = None
    response_status_code: str | None = None
    notices: list[str] = Field(default_factory=_none, sa_column=Column(JSON, nullable=False))
    remarks: list[str] = Field(default_factory=_none, sa_column=Column(JSON, nullable=False))
    envelope: str | None = Field(default=None, sa_column=Column(Text))
    """The last envelope as received, without its data."""


class Part(Base, table=True):
    """One entry of the service's ``results``, decoded; the raw bytes are kept beside the text."""

    __table_args__ = (UniqueConstraint("task_ref", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    task_ref: int = Field(sa_column=_parent("task", index=False))  # the constraint has one
    position: int
    """0-based place in the service's list."""
    type: str | None = None
    media_type: str
    extension: str
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False), repr=False)
    size: int
    sha256: str
    text: str | None = Field(default=None, sa_column=Column(Text), repr=False)
    encoding: str | None = None
    remarks: list[str] = Field(default_factory=_none, sa_column=Column(JSON, nullable=False))
    words: int = 0
    masked_words: int = 0
    wire: str | None = Field(default=None, sa_column=Column(Text), repr=False)
    """The string as it was received, where it is another Base64 of these bytes than the usual one."""


class Attempt(Base, table=True):
    """One HTTP call made for a task, with what it answered."""

    id: int | None = Field(default=None, primary_key=True)
    task_ref: int = Field(sa_column=_parent("task"))
    kind: str
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    duration_ms: int
    http_status: int | None = None
    task_status: str | None = None
    response_status_code: str | None = None
    result: str
    detail: str = ""


METADATA: Any = Base.metadata
