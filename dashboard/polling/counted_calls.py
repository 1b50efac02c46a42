"""The calls that sending one submission takes: the first is counted with its lease, each other before it is made."""

from collections.abc import Callable
from typing import TypeVar

from dashboard.models.dispatches import Dispatch
from dashboard.polling.ports import Outbox, Tokens
from dashboard.polling.token_keeper import call_with, carried_on

T = TypeVar("T")


class CountedCalls:
    """Of one dispatch.

    Args:
        outbox: whose meter they are on.
        dispatch: what is sent.
        since: the monotonic clock when it was claimed, in seconds.

    Attributes:
        now: the database's time.
        sent_at: when the last call began.
    """

    def __init__(self, outbox: Outbox, dispatch: Dispatch, *, since: float) -> None:
        self._outbox = outbox
        self._dispatch = dispatch
        self._calls = 0
        self.now = carried_on(dispatch.claimed_at, since)
        self.sent_at = dispatch.claimed_at

    @property
    def is_called(self) -> bool:
        """Whether the service was called at all."""
        return self._calls > 0

    def make(self, tokens: Tokens, call: Callable[[str | None], T]) -> T:
        """Call with the dispatch's token, once more where the service rejected it; raises as ``call_with`` does."""

        def counted(access_token: str | None) -> T:
            if self._calls:
                self._outbox.counted(self._dispatch)
            self._calls += 1
            self.sent_at = self.now()
            return call(access_token)

        return call_with(tokens, self._dispatch.credential, counted, now=self.now)
