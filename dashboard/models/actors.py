"""Who may see and do what: roles, and the tables behind sign-ins, links, keys and the audit log.

Secrets of links, sign-ins and keys are stored hashed: whoever reads the database can use none of them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field

from dashboard.models.columns import Instant
from dashboard.models.tables import Base


class KeyKind(StrEnum):
    """How a script shows a key of ours."""

    KEY = "key"  # in a header, or as the client secret of the drop-in address
    ADDRESS = "address"  # as a part of the drop-in address, where no header can be sent


class Role(StrEnum):
    """What somebody may do in a team; each role may do what the ones before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    def covers(self, needed: "Role") -> bool:
        """Whether this role is enough where ``needed`` is asked for."""
        return _RANK[self] >= _RANK[needed]


_RANK = {Role.VIEWER: 0, Role.EDITOR: 1, Role.OWNER: 2}


class ActorKind(StrEnum):
    """By what somebody is known to us."""

    PERSON = "person"
    KEY = "api key"
    SHARE = "share link"
    SYSTEM = "system"  # the command line, and a dashboard without access control


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is doing something in a team, as services and the audit log need it.

    Attributes:
        name: the display name; not unique, chosen by people themselves. Everything below is not theirs to choose.
        sign_in_id: the browser's sign-in; None for keys and the system.
        person_id: the first sign-in of the same person; None for keys and the system.
        link_id: the link they came into the team by; None for who came otherwise.
        link: what that link is called now.
        account: who a provider of single sign-on says they are; None for who came by a link alone.
        key_id: the API key; None for people and the system.
    """

    kind: ActorKind
    name: str
    role: Role
    sign_in_id: int | None = None
    person_id: int | None = None
    link_id: int | None = None
    link: str | None = None
    account: str | None = None
    key_id: int | None = None


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="this machine", role=Role.OWNER)
"""Who acts where nobody signs in: alone on a laptop, or on the command line."""


class Action(StrEnum):
    """What the audit log knows."""

    TASKS_REGISTERED = "tasks registered"
    TASKS_CHECKED = "tasks checked"
    TASKS_CANCELLED = "tasks cancelled"
    TASKS_DELETED = "tasks deleted"
    TASKS_SEEN = "tasks seen"
    TASK_CHANGED = "task changed"
    IMAGES_SENT = "images sent"
    BATCH_CHANGED = "batch changed"
    TEXT_CORRECTED = "text corrected"
    MASK_JUDGED = "mask judged"
    IMAGE_ADDED = "image added"
    TASKS_TAGGED = "tasks tagged"
    TASKS_ARCHIVED = "tasks archived"
    VIEW_SAVED = "view saved"
    VIEW_REMOVED = "view removed"
    SHARE_MADE = "share link made"
    SHARE_REVOKED = "share link revoked"
    RESULT_DOWNLOADED = "result downloaded"
    TOKEN_ADDED = "token added"  # noqa: S105 - a word, not a secret
    TOKEN_CHANGED = "token changed"  # noqa: S105 - the same
    TOKEN_TESTED = "token tested"  # noqa: S105 - the same
    TOKEN_REMOVED = "token removed"  # noqa: S105 - the same
    LINK_MADE = "link made"
    LINK_REVOKED = "link revoked"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    SIGN_IN_REVOKED = "sign-in revoked"
    ROLE_CHANGED = "role changed"
    KEY_MADE = "key made"
    KEY_REVOKED = "key revoked"
    TEAM_MADE = "team made"
    TEAM_CHANGED = "team changed"
    TEAM_EXPORTED = "team exported"
    TEAM_IMPORTED = "team imported"
    TASKS_OUTLIVED = "old tasks deleted"


def _team() -> Column[int]:
    return Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False, index=True)


class JoinLink(Base, table=True):
    """A team URL: who opens it belongs to the team, in this role."""

    __tablename__ = "join_link"
    __table_args__ = (UniqueConstraint("secret_hash"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=_team())
    label: str
    role: str
    secret_hash: str = Field(repr=False)
    hint: str
    """The last four characters, so that people can tell links apart."""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str
    expires_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    uses_left: int | None = None
    """How many may still join by it; None for any number."""
    uses: int = 0
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class SignIn(Base, table=True):
    """One browser that is signed in; it may belong to several teams."""

    __tablename__ = "sign_in"
    __table_args__ = (UniqueConstraint("secret_hash"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    secret_hash: str = Field(repr=False)
    name: str = ""
    """What the person wants to be called; empty until they were asked."""
    subject: str | None = None
    """The stable identity of single sign-on; None for who came by a link."""
    first_id: int | None = None
    """The first sign-in of the same person, whose teams moved along from one to the next; None when this is it."""
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_seen_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    browser: str = ""
    """What the browser calls itself, shortened, so that people recognise their own."""

    @property
    def person_id(self) -> int | None:
        """What stays the same when a person joins again: the ID of their first sign-in."""
        return self.first_id or self.id


class Membership(Base, table=True):
    """A signed-in browser's place in a team, and the link it came by."""

    __table_args__ = (Index("ix_membership_link_id", "link_id"),)

    sign_in_id: int = Field(sa_column=Column(ForeignKey("sign_in.id", ondelete="CASCADE"), primary_key=True))
    team_id: int = Field(
        sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    role: str
    link_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("join_link.id", ondelete="CASCADE"), nullable=True)
    )
    joined_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class ApiKey(Base, table=True):
    """What a script signs in with: ``Authorization: Bearer odk_...``."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("secret_hash"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=_team())
    label: str
    role: str
    secret_hash: str = Field(repr=False)
    hint: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str
    last_used_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    kind: str = Field(default=KeyKind.KEY.value, sa_column_kwargs={"server_default": KeyKind.KEY.value})
    drop_in_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    """When it last came to the drop-in address; None when it never has."""


class AuditEntry(Base, table=True):
    """Who did what when. Never holds secrets or recognised text.

    It outlives whom it names: what they came by is kept as it was, and refers to rows that may be gone.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_team_newest", "team_id", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    team_id: int = Field(sa_column=Column(ForeignKey("team.id", ondelete="CASCADE"), nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    actor: str
    """The display name of that time; see :class:`Actor` for the columns that nobody chooses for themselves."""
    actor_kind: str
    sign_in_id: int | None = None
    person_id: int | None = None
    link_id: int | None = None
    link: str | None = None
    account: str | None = None
    key_id: int | None = None
    action: str
    subject: str
    """What it was done to, in a few words: a label, a task ID, a count."""
    detail: dict[str, str | int | bool | None] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
