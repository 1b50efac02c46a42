"""Calls that are made outside of polling: each one is counted, because any authenticated call may be billed."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from dashboard.models import CallKind, StoredToken
from dashboard.polling.ports import Tokens
from dashboard.polling.tokens import call_with
from dashboard.store.database import UnitsOfWork
from dashboard.store.usage import count_calls

T = TypeVar("T")


def counted(
    kind: CallKind,
    token: StoredToken,
    call: Callable[[str], T],
    *,
    database: UnitsOfWork,
    tokens: Tokens,
    clock: Callable[[], datetime],
) -> T:
    """Count a call and make it, and once more with a new access token where the minted one was rejected.

    Raises:
        CloudError: what the call brought, or no call could be made.
    """

    def once(access_token: str) -> T:
        with database.writing() as session:
            count_calls(session=session, credential_id=token.credential_id, kind=kind, moment=clock())
        return call(access_token)

    return call_with(tokens, token, once, now=clock)
