"""What the JSON API takes and gives (architecture, what scripts may rely on)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictInt, StrictStr

from dashboard.models import PollCost
from dashboard.services.credentials.credential_facts import facts
from dashboard.services.credentials.credential_views import CredentialView
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.store.board import BoardRow


class TaskEntry(BaseModel):
    """One entry of ``POST /api/v1/tasks``; checked one by one, so that one bad entry spoils no other."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    task_id: str
    operation: str = "RecognizeImage"
    trial: bool = False
    credential: StrictInt | StrictStr | None = None
    """A token's ID or its label; strict, because ``true`` would mean the first token."""
    label: str | None = None
    submitted_at: datetime | None = None


class TaskEntries(BaseModel):
    """The body of ``POST /api/v1/tasks``."""

    tasks: list[Any] = Field(max_length=10_000)


class NewCredential(BaseModel):
    """The body of ``POST /api/v1/credentials``: an access token, or a client ID with its secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    label: str = ""
    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    api_url: str | None = None


class Rejected(BaseModel):
    """An entry that was not saved, and why."""

    task_id: str
    reason: str


class Item(BaseModel):
    """One task in a list."""

    id: int
    task_id: str
    operation: str
    trial: bool
    state: str
    label: str
    submitted_at: datetime | None
    expires_at: datetime
    expiry_exact: bool
    completed_at: datetime | None
    polls: int
    parked: str | None


class Known(BaseModel):
    """An entry that was here before."""

    task_id: str
    id: int


class Registered(BaseModel):
    """The answer of ``POST /api/v1/tasks``."""

    registered: list[Item]
    known: list[Known]
    rejected: list[Rejected]


class Items(BaseModel):
    """A page of tasks, newest first."""

    items: list[Item]
    total: int


class PartItem(BaseModel):
    """One part of a result, without its bytes."""

    position: int
    """Its number in the address of its bytes: its place among the service's entries; empty ones are no parts."""
    type: str | None
    media_type: str
    size: int
    masked_words: int
    words: int
    remarks: list[str]
    """What had to be guessed or replaced to read it, and what is odd about it."""


class AttemptItem(BaseModel):
    """One call made for a task."""

    kind: str
    started_at: datetime
    duration_ms: int
    http_status: int | None
    task_status: str | None
    response_status_code: str | None
    result: str
    detail: str


class FullItem(Item):
    """One task with everything but the bytes of its parts."""

    parts: list[PartItem]
    """The first ones; ``limits`` says so where there are more."""
    parts_total: int
    limits: list[str]
    """What is left out of this answer because there is too much of it."""
    notices: list[str]
    """The service's messages and warnings."""
    remarks: list[str]
    """What was odd about the answer."""
    attempts: list[AttemptItem]
    """The latest ones."""
    calls: int
    """How many calls were made for it in all."""
    same_as: list[int]
    """Our IDs of the same task stored in another spelling."""


class Calls(BaseModel):
    """Calls made with a token, days and months in UTC; logins are counted by kind only, because they cost nothing."""

    today: int
    month: int
    by_kind: dict[str, int]
    """Of this month."""


class CredentialItem(BaseModel):
    """A token, without the secret."""

    id: int
    label: str
    kind: str
    api_url: str
    client_id: str | None
    hint: str
    health: str
    detail: str
    advice: str
    expires_at: datetime | None
    renews_at: datetime | None
    created_at: datetime
    last_success_at: datetime | None
    paused_until: datetime | None
    tasks: int
    open_tasks: int
    calls: Calls
    is_default: bool
    daily_budget: int | None
    monthly_budget: int | None
    keeps_last_poll: bool
    status_first: bool
    poll_cost: PollCost


class NewCredentialItem(CredentialItem):
    """The answer to a registration."""

    known: bool
    """Whether this very token was registered before."""


class CredentialItems(BaseModel):
    """Every token of the team, newest first."""

    items: list[CredentialItem]
    total: int


def item(row: BoardRow) -> Item:
    """A board row as the API gives it."""
    return Item.model_validate(row, from_attributes=True)


def full_item(detail: TaskDetail) -> FullItem:
    """A task's detail as the API gives it."""
    task = detail.task
    in_lists = Item.model_validate(task, from_attributes=True).model_dump(exclude={"parked"})
    return FullItem(
        **in_lists,
        parked=detail.parked,
        parts=[PartItem.model_validate(part, from_attributes=True) for part in detail.shown],
        parts_total=detail.part_count,
        limits=detail.limits,
        notices=list(task.notices),
        remarks=list(task.remarks),
        attempts=[AttemptItem.model_validate(one, from_attributes=True) for one in detail.attempts],
        calls=detail.calls,
        same_as=list(detail.same_as),
    )


def credential_item(view: CredentialView) -> CredentialItem:
    """A token as the API gives it."""
    return CredentialItem(**facts(view))


def new_credential_item(view: CredentialView, *, known: bool) -> NewCredentialItem:
    """A registered token as the API gives it."""
    return NewCredentialItem(**facts(view), known=known)
