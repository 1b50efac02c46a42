"""Calls that are made outside of polling: each one is counted, because any authenticated call may be billed."""

from collections.abc import Callable
from typing import TypeVar

from dashboard.models import CallCredential, CallKind
from dashboard.polling.ports import Tokens
from dashboard.polling.token_keeper import call_with
from dashboard.services.team_scope import TeamScope
from dashboard.store.call_counts import count_calls

T = TypeVar("T")


class Calls:
    """Makes calls with the tokens of a team."""

    def __init__(self, team: TeamScope, *, tokens: Tokens) -> None:
        self._team = team
        self._tokens = tokens

    def make(self, kind: CallKind, credential: CallCredential | None, call: Callable[[str | None], T]) -> T:
        """Make a call, once more with a new access token where the minted one was rejected.

        Raises:
            CloudError: what it brought, or no call could be made.
        """

        def counted(access_token: str | None) -> T:
            if credential is not None:
                with self._team.writing() as session:
                    count_calls(
                        session=session,
                        credential_id=credential.credential_id,
                        kind=kind,
                        moment=self._team.clock(),
                    )
            return call(access_token)

        return call_with(self._tokens, credential, counted, now=self._team.clock)
