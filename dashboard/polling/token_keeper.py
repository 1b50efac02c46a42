"""A usable access token for every call: pasted ones as they are, minted ones renewed in time, one at a time.

::

    fresh in the row that was read anyway ── use it: no query, no lock
    else: one thread of this process ── reads the row again: somebody minted meanwhile ── use that
                                     ── takes the lease in the database: one process mints
                                     ── keeps the token for all, or writes the pause for all

A failed login pauses the credential for everybody at once, because refused logins are counted by the
service and lock the pair (fact sheet 1). Plain secrets live only while a call is made.
"""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from dashboard.errors import (
    CloudError,
    LoginLocked,
    LoginRefused,
    NotAllowed,
    SecretsUnreadable,
    ServiceNotListed,
    TokenHeld,
    TokenRejected,
    TokenUnreadable,
)
from dashboard.logs import get_logger
from dashboard.models import CallCredential, CredentialKind, MintedToken, ParkReason, Pause
from dashboard.polling.ports import LockBox, OcrApi, Shelf, Tokens

log = get_logger(__name__)

T = TypeVar("T")

RENEW_BEFORE_SECONDS = 60.0
"""Seconds before its end at which a token is renewed; at most a tenth of a life that is short."""

LEASE = timedelta(seconds=45)
"""How long one process may take to mint; longer than the login's own deadline."""

FAILURE_BASE = 5.0
FAILURE_CEILING = 300.0
"""Pauses in seconds after logins that brought no answer: doubling, up to five minutes."""

LONGEST_LOCK_SECONDS = 6 * 3600.0
"""Seconds; no lock that the service announces is believed to last longer."""

_LOOK_SECONDS = 0.1
_LASTING = frozenset(
    {
        ParkReason.TOKEN_REJECTED,
        ParkReason.TOKEN_MISSING,
        ParkReason.LOGIN_LOCKED,
    }
)
"""Pauses that are kept also when a task's last moment has come: another login could only do harm.

A budget is none of them: logins cost nothing, and the last poll it lets through may need one."""


class TokenKeeper:
    """Hands out access tokens; safe to share between threads.

    Args:
        api: mints them from client IDs and secrets.
        box: encrypts and decrypts what the store keeps.
        shelf: where minted tokens, leases and pauses are kept for all replicas.
        sleep: waits for another process that is minting.
        may_call: raises ServiceNotListed for a service that must not be called; its tokens stay locked away.
    """

    def __init__(
        self,
        *,
        api: OcrApi,
        box: LockBox,
        shelf: Shelf,
        sleep: Callable[[float], None] = time.sleep,
        may_call: Callable[[str], object] = str,
    ) -> None:
        self._api = api
        self._may_call = may_call
        self._box = box
        self._shelf = shelf
        self._sleep = sleep
        self._unreadable: set[int] = set()
        self._locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def current(self, credential: CallCredential, *, now: datetime) -> str:
        """The access token to call with at this moment.

        Raises:
            TokenHeld: no call may be made with it now.
        """
        self._may_call(credential.api_url)
        if credential.over_budget:
            raise TokenHeld("The call budget of this token is used up.")
        if credential.kind is CredentialKind.ACCESS_TOKEN:
            return self._opened(credential, credential.secret)
        if (
            credential.minted is not None
            and credential.minted_until is not None
            and credential.minted_until > now
        ):
            return self._opened(credential, credential.minted)
        return self._minted(credential, now)

    def renewed(self, credential: CallCredential, *, now: datetime) -> str | None:
        """Another access token after ``token.minted`` was rejected; None for pasted ones.

        Raises:
            TokenHeld: none can be had now.
        """
        self._may_call(credential.api_url)
        return None if credential.kind is CredentialKind.ACCESS_TOKEN else self._minted(credential, now)

    def _minted(self, credential: CallCredential, now: datetime) -> str:
        watch = carried_on(now, time.monotonic())
        with self._locks[credential.credential_id]:
            fence = uuid.uuid4().hex
            while True:
                stored = self._shelf.read(credential.credential_id)
                if stored is None:
                    raise TokenHeld("The token was removed.", is_paused=False)
                if stored.kind is CredentialKind.ACCESS_TOKEN:  # replaced by a pasted one meanwhile
                    return self._opened(stored, stored.secret)
                is_new = stored.minted is not None and stored.minted != credential.minted
                if stored.minted and is_new and stored.minted_until and stored.minted_until > watch():
                    return self._opened(stored, stored.minted)
                _raise_if_paused(stored, credential, watch())
                if self._shelf.lease(stored, fence=fence, now=watch(), until=watch() + LEASE):
                    return self._mint(stored, fence, watch)
                if watch() - now > LEASE:
                    raise TokenHeld(
                        "Another process is getting a new token.", is_paused=False, is_outage=True
                    )
                self._sleep(_LOOK_SECONDS)

    def _mint(self, stored: CallCredential, fence: str, watch: Callable[[], datetime]) -> str:
        try:
            secret = self._opened(stored, stored.secret)
        except TokenUnreadable:
            self._shelf.give_back(stored.credential_id, fence=fence)
            raise
        try:
            minted = self._api.login(
                api_url=stored.api_url, client_id=stored.client_id or "", client_secret=secret
            )
        except ServiceNotListed:  # nobody was asked, so nothing has failed
            self._shelf.give_back(stored.credential_id, fence=fence)
            raise
        except CloudError as error:
            now = watch()
            pause = pause_after(error, failures=stored.login_failures + 1, now=now)
            self._shelf.fail(
                stored, fence=fence, pause=pause, was_refused=isinstance(error, LoginRefused), now=now
            )
            log.warning("token.not_minted", credential=stored.credential_id, reason=str(error))
            is_outage = pause.reason is ParkReason.UNREACHABLE
            raise TokenHeld(str(error), is_outage=is_outage, has_tried=True) from error
        now = watch()
        until = renew_at(minted, now)
        self._shelf.keep(
            stored, fence=fence, minted=self._box.encrypt(minted.access_token), until=until, now=now
        )
        log.info("token.minted", credential=stored.credential_id, seconds=round(minted.seconds))
        return minted.access_token

    def _opened(self, credential: CallCredential, ciphertext: str) -> str:
        try:
            plain = self._box.decrypt(ciphertext)
        except SecretsUnreadable as error:
            if credential.credential_id not in self._unreadable:  # said once, not with every poll
                self._unreadable.add(credential.credential_id)
                log.error("token.unreadable", credential=credential.credential_id, reason=str(error))  # noqa: TRY400 - no traceback
            raise TokenUnreadable(str(error)) from None
        self._unreadable.discard(credential.credential_id)
        return plain


def call_with(
    tokens: Tokens,
    credential: CallCredential | None,
    call: Callable[[str | None], T],
    *,
    now: Callable[[], datetime],
) -> T:
    """Call with an access token, and once more with a renewed one where the service rejected it.

    Nothing is taken by a call that is rejected, so asking again makes no second task.

    Raises:
        TokenHeld: no call may be made, or no other access token can be had, now.
        CloudError: what the last call brought.
    """
    if credential is None:
        return call(None)
    try:
        return call(tokens.current(credential, now=now()))
    except NotAllowed:
        raise
    except TokenRejected:
        renewed = tokens.renewed(credential, now=now())
        if renewed is None:
            raise
    return call(renewed)


def carried_on(moment: datetime, since: float) -> Callable[[], datetime]:
    """The database's time from a moment on, by the monotonic clock, which said ``since`` then."""
    return lambda: moment + timedelta(seconds=time.monotonic() - since)


def renew_at(minted: MintedToken, now: datetime) -> datetime:
    """When the next token is minted: a minute before this one ends, by our clock from now on."""
    return now + timedelta(seconds=minted.seconds - min(RENEW_BEFORE_SECONDS, minted.seconds / 10))


def pause_after(error: CloudError, *, failures: int, now: datetime) -> Pause:
    """What a failed login means for everybody who shares the credential.

    Args:
        error: what the login brought.
        failures: logins in a row without a usable answer, this one included.
        now: aware.
    """
    if isinstance(error, LoginRefused):
        return Pause(reason=ParkReason.TOKEN_REJECTED, until=None, detail=str(error))
    seconds = min(FAILURE_BASE * 2.0 ** min(failures - 1, 10), FAILURE_CEILING)
    if isinstance(error, LoginLocked):
        # "Retry-After: 0" must not turn the poller into a loop.
        until = now + timedelta(seconds=max(seconds, min(error.retry_after or 0.0, LONGEST_LOCK_SECONDS)))
        return Pause(reason=ParkReason.LOGIN_LOCKED, until=until, detail=str(error))
    if error.retry_after is not None:
        seconds = max(seconds, min(error.retry_after, FAILURE_CEILING))
    return Pause(
        reason=ParkReason.UNREACHABLE, until=now + timedelta(seconds=seconds), detail=f"No new token: {error}"
    )


def _raise_if_paused(stored: CallCredential, claimed: CallCredential, now: datetime) -> None:
    """Stop where a login failed meanwhile, or where another one could only do harm."""
    if stored.paused_until is None or stored.paused_until <= now:
        return
    came_up_since = stored.paused_until != claimed.paused_until
    if came_up_since or stored.pause_reason in _LASTING:
        raise TokenHeld(stored.pause_detail, is_outage=stored.pause_reason is ParkReason.UNREACHABLE)
