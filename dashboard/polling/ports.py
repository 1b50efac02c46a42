"""What the poller needs of the other rooms, as small Protocols."""

from collections.abc import Callable, Sequence
from typing import Protocol

from dashboard.models import Answer, Change, Claim, DecodedPart, RawPart, TaskAddress


class OcrApi(Protocol):
    """What the poller needs of the cloud client."""

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Ask for a task's result; raises CloudError."""
        ...


class Ledger(Protocol):
    """What the poller needs of the store; every method may raise StoreUnavailable."""

    def claim(self, *, limit: int, lease_seconds: float, fence: str) -> list[Claim]:
        """Lease due tasks to this poller."""
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


Decode = Callable[[Sequence[RawPart], bool], tuple[DecodedPart, ...]]
"""Turns the entries of an answer into parts; the second argument is whether the task is a trial."""
