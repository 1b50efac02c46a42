"""What the poller needs of the other rooms, as small Protocols."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dashboard.models import (
    Answer,
    CallCredential,
    Change,
    Claim,
    DecodedPart,
    Lane,
    MintedToken,
    Operation,
    Pause,
    RawPart,
    Searchable,
    TaskAddress,
)
from dashboard.models.dispatches import Dispatch, Verdict
from dashboard.models.recognition import RecognitionSettings


class OcrApi(Protocol):
    """The OCR service; ``dashboard.cloud.client.CloudClient``. Every call raises CloudError without a usable answer."""

    @property
    def get_seconds(self) -> float:
        """The longest that asking about a task can take."""
        ...

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Ask for a task's result."""
        ...

    def status(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Ask for a task's status alone."""
        ...

    def cancel(self, address: TaskAddress, *, access_token: str | None) -> None:
        """Remove a task from the service's queue."""
        ...

    def submit(
        self,
        *,
        api_url: str,
        operation: Operation,
        trial: bool,
        image: bytes | Iterable[bytes],
        access_token: str | None,
        settings: RecognitionSettings | None = None,
    ) -> str:
        """Send an image once, to be read the operation's own way unless settings are given; its task ID."""
        ...

    def login(self, *, api_url: str, client_id: str, client_secret: str) -> MintedToken:
        """Mint an access token; asks once."""
        ...


class Tokens(Protocol):
    """What the poller needs to know about access tokens; :class:`dashboard.polling.token_keeper.TokenKeeper`."""

    def current(self, credential: CallCredential, *, now: datetime) -> str:
        """The access token to call with; raises TokenHeld."""
        ...

    def renewed(self, credential: CallCredential, *, now: datetime) -> str | None:
        """Another one after a rejection, None when there is no other; raises TokenHeld."""
        ...


class LockBox(Protocol):
    """Encrypts and decrypts what the store keeps."""

    def encrypt(self, secret: str) -> str:
        """Make it fit for storing."""
        ...

    def decrypt(self, ciphertext: str) -> str:
        """Give back the secret; raises SecretsUnreadable."""
        ...


class Shelf(Protocol):
    """Where minted tokens are kept for all replicas; every method may raise StoreUnavailable."""

    def read(self, credential_id: int) -> CallCredential | None:
        """The credential as it is stored now; None when it is gone."""
        ...

    def lease(self, credential: CallCredential, *, fence: str, now: datetime, until: datetime) -> bool:
        """Take the right to mint, unless somebody has it or has used it since the token was read."""
        ...

    def give_back(self, credential_id: int, *, fence: str) -> None:
        """Return that right unused."""
        ...

    def keep(
        self, credential: CallCredential, *, fence: str, minted: str, until: datetime, now: datetime
    ) -> None:
        """Store an encrypted minted token for everybody and end the lease."""
        ...

    def fail(
        self, credential: CallCredential, *, fence: str, pause: Pause, was_refused: bool, now: datetime
    ) -> None:
        """Pause the credential for everybody and end the lease."""
        ...


class Ledger(Protocol):
    """What the poller needs of the store; every method may raise StoreUnavailable."""

    def claim(self, *, limit: int, lease_seconds: float, fence: str, busy: Mapping[Lane, int]) -> list[Claim]:
        """Lease due tasks to this poller, which has so many calls of each lane under way.

        At most ``limit``, and beyond that those that lanes with hardly any call are guaranteed.
        """
        ...

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Write changes in one transaction; give back the claims that were no longer ours."""
        ...

    def release(self, claims: Sequence[Claim]) -> None:
        """Give leases back unused."""
        ...

    def seconds_until_due(self) -> float | None:
        """How long until something is due; None when nothing is open."""
        ...


class Processes(Protocol):
    """The processes that poll, as they are known to each other; every method may raise StoreUnavailable."""

    def beat(self) -> None:
        """Say that this one lives."""
        ...

    def beats_of_others(self) -> Mapping[str, int | None]:
        """The beats of each other process that holds tasks; None of one that is not known."""
        ...

    def free(self, holder: str, *, beats: int | None) -> int:
        """Make due what a process holds if its beats are still these; how many tasks."""
        ...

    def leave(self) -> None:
        """Give back what this one holds, and be known no more."""
        ...


class Decode(Protocol):
    """Turns the entries of an answer into parts."""

    def __call__(self, raw_parts: Sequence[RawPart], *, trial: bool) -> tuple[DecodedPart, ...]:
        """Only in evaluation mode asterisks are masks."""
        ...


Prepare = Callable[[Sequence[DecodedPart], bool], Searchable | None]
"""Makes the text of a result ready for the index; None when there is none. The second argument: is it a trial?"""


class Beside(Protocol):
    """Other work for the same services, which is woken with the poller and lives as long as it beats."""

    @property
    def is_busy(self) -> bool:
        """Whether it holds something."""
        ...

    def wake(self) -> None:
        """Look at once."""
        ...


class Outbox(Protocol):
    """What is to be sent; every method may raise StoreError."""

    def claim(self, *, limit: int, lease_seconds: float, fence: str) -> Sequence[Dispatch]:
        """Lease submissions whose turn has come; what somebody who is gone was sending is *perhaps sent* then."""
        ...

    def image(self, dispatch: Dispatch) -> Iterable[bytes]:
        """The bytes of what is to be sent, piece by piece."""
        ...

    def counted(self, dispatch: Dispatch) -> None:
        """Put a call on the meter of its token, before it is made."""
        ...

    def sent(self, dispatch: Dispatch, task_id: str, *, at: datetime) -> None:
        """Store the task it has become, first of all, and that it was sent at this moment."""
        ...

    def settle(self, dispatch: Dispatch, verdict: Verdict) -> None:
        """Store what else has become of it."""
        ...

    def seconds_until_due(self) -> float | None:
        """How long until there is something to send; None when there is nothing."""
        ...
