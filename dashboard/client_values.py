"""What a dashboard answers to scripts, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

_OPEN = frozenset({"pending", "processing"})
_WITH_RESULT = frozenset({"completed", "completed_with_notices", "completed_empty", "partial"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as the server knows it.

    Attributes:
        id: the dashboard's own number; ``task_id`` is the service's.
        expires_at: when the service forgets the result, at the latest unless ``expiry_exact``.
        parked: why it cannot be asked about now.
    """

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

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in _OPEN

    @property
    def has_result(self) -> bool:
        """Whether there is a result to take."""
        return self.state in _WITH_RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of task IDs.

    Attributes:
        tasks: those that are new.
        known: our numbers of those that were here before, by the service's ID.
        rejected: those that were not saved, each with a reason.
    """

    tasks: tuple[Task, ...]
    known: Mapping[str, int]
    rejected: Mapping[str, str]

    @property
    def ids(self) -> list[int]:
        """Our numbers of all that are there now, new ones first."""
        return [*(task.id for task in self.tasks), *self.known.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Files sent together, and how many of them stand where.

    Attributes:
        waiting: not sent yet.
        perhaps: not known to have arrived; a person decides on the page.
        reading: sent; the service reads them.
        kept: their results are stored.
        ended: ended without a result.
        not_taken: files that were not sent at all, and why; known to who submitted them.
    """

    id: int
    name: str
    total: int
    waiting: int
    perhaps: int
    refused: int
    cancelled: int
    reading: int
    kept: int
    ended: int
    is_paused: bool
    about_seconds: float | None
    not_taken: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether something of it is going to change by itself."""
        return bool(self.waiting + self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """One file of a batch.

    Attributes:
        state: of its sending: ``waiting``, ``sending``, ``sent``, ``perhaps_sent``, ``refused``, ``cancelled``.
        detail: why, where there is something to say.
        task: what it became; None while it is not sent.
    """

    position: int
    label: str
    state: str
    detail: str
    task: Task | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a result; ``position`` is its number in its address."""

    position: int
    media_type: str
    size: int


Reference = Task | int | str
"""A task, the dashboard's own number of it, or the service's ID."""


def task_of(item: Mapping[str, Any]) -> Task:
    """A task of an answer; fields of later versions are left out."""
    known = known_of(Task, item)
    for name in ("submitted_at", "expires_at", "completed_at"):
        known[name] = datetime.fromisoformat(known[name]) if known[name] else None
    return Task(**known)


def batch_of(given: Mapping[str, Any]) -> Batch:
    """A batch of an answer; fields of later versions are left out."""
    return Batch(**known_of(Batch, given))


def known_of(kind: type[Task | Batch | BatchFile | Part], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an answer that are known here; those of later versions are left out."""
    return {it.name: given[it.name] for it in fields(kind) if it.name in given}
