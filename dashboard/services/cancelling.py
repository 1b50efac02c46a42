"""Taking a task out of the service's queue."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from dashboard.errors import NotAllowed, TokenRejected
from dashboard.models import CallKind, StoredToken, TaskAddress
from dashboard.polling.ports import Tokens
from dashboard.store.database import UnitsOfWork
from dashboard.store.usage import count_calls


class CancelApi(Protocol):
    """What cancelling needs of the cloud client."""

    def cancel(self, address: TaskAddress, *, access_token: str | None) -> None:
        """Remove a task from the service's queue; raises CloudError."""
        ...


class Cancellation:
    """Sends cancellations; each one is counted, because any authenticated call may be billed."""

    def __init__(
        self, *, database: UnitsOfWork, clock: Callable[[], datetime], tokens: Tokens, api: CancelApi
    ) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._api = api

    def send(self, address: TaskAddress, token: StoredToken | None) -> None:
        """Cancel one task, once more with a new token where the minted one was rejected.

        Raises:
            CloudError: the service did not confirm it, or no call could be made.
        """
        if token is None:
            self._api.cancel(address, access_token=None)
            return
        plain = self._tokens.current(token, now=self._clock())
        try:
            self._count_and_cancel(address, token, plain)
        except TokenRejected as error:
            renewed = (
                None if isinstance(error, NotAllowed) else self._tokens.renewed(token, now=self._clock())
            )
            if renewed is None:
                raise
            self._count_and_cancel(address, token, renewed)

    def _count_and_cancel(self, address: TaskAddress, token: StoredToken, plain: str) -> None:
        with self._database.writing() as session:
            count_calls(
                session=session,
                credential_id=token.credential_id,
                kind=CallKind.CANCEL,
                moment=self._clock(),
            )
        self._api.cancel(address, access_token=plain)
