"""A submission on its way: leased to the process that sends it, and what becomes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from dashboard.models.recognition import RecognitionSettings
from dashboard.models.values import CallCredential, Lane, Pause
from dashboard.models.words import Operation, SubmissionState

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pieces:
    """Bytes of a source that are read when they are needed, and as often.

    Attributes:
        size: how many there are.
        read: gives them piece by piece, from the beginning.
    """

    size: int
    read: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Of bytes that are in memory anyway."""
        return cls(len(data), lambda: iter([data]))

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Of a file, never as a whole in memory."""
        return cls(path.stat().st_size, lambda: _of_file(path))


def _of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


class Sized(Protocol):
    """A request body in pieces."""

    def __len__(self) -> int:
        """Bytes of all pieces together."""

    def __iter__(self) -> Iterator[bytes]:
        """The pieces, from the beginning; each iteration begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayable:
    """A request that somebody else has written, to be passed on as it is.

    Attributes:
        body: as it came.
        media_type: of the body.
        accept: what its writer wants for an answer.
    """

    body: Sized
    media_type: str
    accept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """What the service has answered, byte for byte.

    Attributes:
        media_type: the label of the body; may be empty.
        task_id: what is in the body; None where the service refused the request for what is in it.
    """

    status: int
    media_type: str
    body: bytes
    task_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One submission, leased to be sent once.

    Attributes:
        id: our ID of the submission.
        fence: what became of it is written only where this still stands.
        size: of the source, in bytes.
        credential: the token to send it with; None in evaluation mode.
        claimed_at: by the database's clock.
        tries: how often it was tried before.
    """

    id: int
    team_id: int
    fence: str
    source_id: int
    size: int
    api_url: str
    operation: Operation
    trial: bool
    credential: CallCredential | None
    settings: RecognitionSettings
    label: str
    claimed_at: datetime
    tries: int

    @property
    def lane(self) -> Lane:
        """Whom it shares its way to the service with."""
        return Lane(self.api_url, self.credential.credential_id if self.credential else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sending without a task ID means.

    Attributes:
        state: where the submission stands now.
        detail: why, in a sentence without secrets.
        again_in_seconds: when it is tried again; None where a person decides, or nothing more is to be done.
        pause: what the token is to rest for.
    """

    state: SubmissionState
    detail: str
    again_in_seconds: float | None = None
    pause: Pause | None = None
