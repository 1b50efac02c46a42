"""Value types that cross rooms: what the service said, what was decoded, what the poller decided.

All are immutable; all times are aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dashboard.models.words import CallKind, CredentialKind, Operation, ParkReason, PollCost, State

SANDBOX_URL = "sandbox://local"
"""Service URL of tasks that live in the sandbox inside this server; its port changes with every start."""


FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""``paused_until`` of a credential that waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAddress:
    """Where the service keeps one task.

    Attributes:
        api_url: base URL of the service, without ``/v5.0/ocr``; or :data:`SANDBOX_URL`.
        operation: the endpoint that took the image.
        trial: whether it was taken in evaluation mode.
        task_id: the service's ID, exactly as used in calls.
    """

    api_url: str
    operation: Operation
    trial: bool
    task_id: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Tasks that share one way to a service; under contention, requests are shared out among lanes.

    Attributes:
        api_url: the service.
        credential_id: the token; None for evaluation mode and for tasks without a token.
    """

    api_url: str
    credential_id: int | None


@dataclass(frozen=True, slots=True)
class RawPart:
    """One entry of ``results[]`` as received; both values may be missing (fact sheet 3.3).

    The last one may stand for all the ``others`` beyond the most that become parts of their own; ``data`` is then
    the JSON array of them, as it came.
    """

    type: str | None
    data: str | None
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one answer of the service said about a task, before history and time are weighed.

    Attributes:
        state: our word for it; never ``EXPIRED`` or ``CANCELLED``, which only history can tell.
        settled: False when the answer contradicts itself, lacks its data or uses unknown words
            (fact sheet 4, precedence): worth asking again before it is believed.
        raw_parts: the entries of ``results``; null entries stand among them as ``RawPart(None, None)``.
        notices: the service's messages and warnings, in its own words.
        task_status: ``taskStatus`` as received.
        response_status_code: ``responseStatusCode`` as received.
        remarks: oddities worth keeping, for example an answered ID that differs from the asked one.
        envelope: the envelope as JSON text without the Base64 data, for support; at most 20 000 characters.
        http_status: the HTTP status of the answer.
    """

    state: State
    settled: bool = True
    raw_parts: tuple[RawPart, ...] = ()
    notices: tuple[str, ...] = ()
    task_status: str | None = None
    response_status_code: str | None = None
    remarks: tuple[str, ...] = ()
    envelope: str = ""
    http_status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPart:
    """One part of a result, decoded; nothing of what the service sent is ever dropped.

    Attributes:
        type: the service's word for it, as received.
        media_type: detected from the bytes first, from ``type`` second.
        extension: file name ending with its dot, for example ``.pdf``.
        data: the decoded bytes; when the entry was not Base64, the received string as UTF-8.
        text: the readable text, or None for binary parts.
        encoding: the encoding ``text`` was read with, or None.
        remarks: what was odd about it, for example ``not Base64``.
        words: words in ``text``.
        masked_words: words masked by evaluation mode; always 0 for regular tasks.
        sha256: hexadecimal digest of ``data``.
        nulls_before: entries of ``results`` with nothing in them, which are no parts, between the part before and it.
        wire: the string as received where it is another Base64 of ``data`` than the usual one; None elsewhere.
    """

    type: str | None
    media_type: str
    extension: str
    data: bytes
    text: str | None
    encoding: str | None
    remarks: tuple[str, ...]
    words: int
    masked_words: int
    sha256: str
    nulls_before: int = 0
    wire: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """The text of a result as the index takes it, made ready before anything is locked.

    Attributes:
        folded: its words without case and accents, parted by blanks; masked words are gaps.
        language: ISO 639-1, as recognised; empty when that cannot be told.
        words: of the whole text.
        masked_words: words masked by evaluation mode.
    """

    folded: str = field(repr=False)
    language: str
    words: int
    masked_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """The text of a result that has just been stored, with all that the index keeps of a task.

    Attributes:
        task_ref: our ID of the task.
        task_id: the service's.
        label: what people call it.
        searchable: the text made ready; None where that was not done.
        replaces: whether an earlier result was stored, which may be in the index, and corrected by somebody.
    """

    task_ref: int
    team_id: int
    task_id: str
    label: str
    searchable: Searchable | None
    replaces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCredential:
    """What is stored of one credential, enough to make a call with it; secrets are encrypted.

    Attributes:
        secret: the pasted access token, or the client secret.
        minted: the access token minted last, None for pasted ones.
        minted_until: when another one has to be minted.
        over_budget: whether this call would exceed what its owner allows.
    """

    credential_id: int
    team_id: int
    kind: CredentialKind
    api_url: str
    client_id: str | None = None
    secret: str = field(repr=False)
    expires_at: datetime | None = None
    minted: str | None = field(default=None, repr=False)
    minted_until: datetime | None = None
    status_first: bool = False
    poll_cost: PollCost = PollCost.NORMAL
    over_budget: bool = False
    paused_until: datetime | None = None
    pause_reason: ParkReason | None = None
    pause_detail: str | None = None
    login_failures: int = 0


@dataclass(frozen=True, slots=True)
class MintedToken:
    """An access token fresh from the token endpoint; ``seconds`` is its whole life from now."""

    access_token: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One due task, leased to this poller, with everything the decision after the call needs.

    Attributes:
        id: our ID of the task.
        fence: the token that must still be on the row when the outcome is written.
        claimed_at: the database's time of the claim.
        credential: what to ask with, or None (evaluation mode, or none registered).
        doubts: answers in a row that were not believed yet (not settled, or not found within the grace).
        errors: calls in a row that brought no usable answer.
        seen_at: when the service first confirmed that it knows the task.
    """

    id: int
    team_id: int
    fence: str
    claimed_at: datetime
    address: TaskAddress
    credential_id: int | None
    credential: CallCredential | None = None
    state: State
    registered_at: datetime
    submitted_at: datetime | None
    expires_at: datetime
    expiry_exact: bool
    polls: int
    doubts: int
    errors: int
    seen_at: datetime | None
    parked: ParkReason | None
    parked_since: datetime | None
    last_polled_at: datetime | None = None

    @property
    def lane(self) -> Lane:
        """Among which tasks it takes its turn."""
        return Lane(self.address.api_url, None if self.address.trial else self.credential_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One call made for a task, as it goes into the timeline.

    Attributes:
        duration_ms: from sending to the last byte, or to giving up.
        result: one short word for what came of it: a state, or the kind of failure.
        detail: one sentence, already free of secrets; at most 500 characters.
    """

    kind: CallKind
    started_at: datetime
    duration_ms: int
    http_status: int | None
    task_status: str | None
    response_status_code: str | None
    result: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Stop all calls with one credential until a moment (``None``: until a person acts)."""

    reason: ParkReason
    until: datetime | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one poll changes; written in one transaction, only while the fence still holds.

    Attributes:
        earlier: calls that were made for the same poll before ``attempt``, oldest first.
        values: columns of the task to set; column names as in :class:`dashboard.models.tables.Task`,
            without ``next_poll_at`` and ``claim``.
        next_delay_seconds: seconds until the next poll, counted from the write by the database's clock;
            None exactly when the new state is final.
        parts: the decoded result; replaces what is stored when not None.
        searchable: its text made ready for the index; None when there is none, or it was not made ready.
        pause: a credential-wide pause learned from this call.
        answered: whether the service gave an answer; False when its silence or its own trouble may mean that it is
            away, None when nothing is learned of it.
        visible: whether somebody looking at a screen would see a difference.
    """

    claim: Claim
    values: Mapping[str, Any]
    next_delay_seconds: float | None
    attempt: AttemptRecord | None
    earlier: tuple[AttemptRecord, ...] = ()
    parts: tuple[DecodedPart, ...] | None = None
    searchable: Searchable | None = None
    pause: Pause | None = None
    answered: bool | None = None
    visible: bool = False


def identity_of(secret: str, client_id: str | None) -> str:
    """What makes two credentials the same one: the token, or the client ID with its secret."""
    return secret if client_id is None else f"{client_id}:{secret}"
