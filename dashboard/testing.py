"""Fakes that are part of the product: an OCR service without a network, and a clock that is moved by hand.

For tests of the dashboard and of programs built on it. A fake is loaded with answers, handed to the code
under test, and asked afterwards what it saw::

    api = FakeOcrApi()
    api.load("task-1", pending(), NoAnswer(), completed("Meeting moved to Monday."))
    ...                                  # poll three times
    assert api.calls_for("task-1") == 3

Nothing in here imports pytest.
"""

import base64
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from dashboard.errors import CloudError, TokenRejected
from dashboard.models import Answer, CallCredential, MintedToken, Operation, RawPart, State, TaskAddress

Reply = Answer | Exception | Callable[[], Answer]
"""What a call brings: an answer, an error to raise, or a function that is called for either."""


class FakeClock:
    """A clock that stands still until it is moved; call it for the time, aware UTC."""

    def __init__(self, now: datetime = datetime(2026, 5, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, *, hours: float = 0, seconds: float = 0) -> datetime:
        """Move on; gives back the new time."""
        self.now += timedelta(hours=hours, seconds=seconds)
        return self.now


@dataclass(frozen=True, slots=True)
class Call:
    """One call the fake service saw."""

    kind: str
    """``fetch``, ``status``, ``submit`` or ``cancel``."""
    address: TaskAddress
    access_token: str | None = field(repr=False)


class FakeOcrApi:
    """Stands in for ``dashboard.cloud.CloudClient`` wherever tasks are sent, fetched or cancelled.

    Safe to use from many threads. Tasks that nothing was loaded for are answered with ``otherwise``.

    Args:
        otherwise: for every task without answers of its own.
    """

    def __init__(self, otherwise: Reply | None = None) -> None:
        self.otherwise: Reply = otherwise or pending()
        self.get_seconds = 0.0
        """How long a poll takes at the most: it answers at once."""
        self.refuses_to_cancel: Exception | None = None
        self.refuses_to_take: Exception | None = None
        self.taken: list[bytes] = []
        """Images that were sent, oldest first."""
        self.refuses_login: CloudError | None = None
        self.token_seconds = 3600.0
        """Life of the tokens it mints."""
        self.logins: list[tuple[str, str, str]] = []
        """Service, client ID and secret of every login, oldest first."""
        self.calls: list[Call] = []
        """Everything that was called, oldest first."""
        self._lock = threading.Lock()
        self._replies: dict[str, deque[Reply]] = {}

    def load(self, task_id: str, *replies: Reply) -> None:
        """Answer a task with these, one after the other; the last one repeats."""
        with self._lock:
            self._replies[task_id] = deque(replies)

    def calls_for(self, task_id: str, kind: str = "fetch") -> int:
        """How often a task was asked about."""
        return sum(call.address.task_id == task_id and call.kind == kind for call in list(self.calls))

    def tokens_for(self, task_id: str) -> list[str | None]:
        """The access tokens that came with the calls for a task."""
        return [call.access_token for call in list(self.calls) if call.address.task_id == task_id]

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """The next answer for this task; raises what was loaded to be raised.

        Like the real client it makes no call for a regular task without a token, and raises TokenRejected.
        """
        _check(address, access_token)
        with self._lock:
            self.calls.append(Call("fetch", address, access_token))
            waiting = self._replies.get(address.task_id)
            reply = self.otherwise
            if waiting:
                reply = waiting.popleft() if len(waiting) > 1 else waiting[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Answer) else reply()

    def status(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """The state of the next answer, which is not used up; without data, as the service's status call."""
        _check(address, access_token)
        with self._lock:
            self.calls.append(Call("status", address, access_token))
            waiting = self._replies.get(address.task_id)
            reply = waiting[0] if waiting else self.otherwise
        if isinstance(reply, Exception):
            raise reply
        return replace(reply if isinstance(reply, Answer) else reply(), raw_parts=())

    def login(self, *, api_url: str, client_id: str, client_secret: str) -> MintedToken:
        """A new access token, ``minted-1`` and so on; raises ``refuses_login`` when that is set."""
        with self._lock:
            self.logins.append((api_url, client_id, client_secret))
            number = len(self.logins)
        if self.refuses_login is not None:
            raise self.refuses_login
        return MintedToken(f"minted-{number}", self.token_seconds)

    def submit(
        self,
        *,
        api_url: str,
        operation: Operation,
        trial: bool,
        image: bytes | Iterable[bytes],
        access_token: str | None,
        settings: object = None,
    ) -> str:
        """Take an image, ``sent-1`` and so on; raises ``refuses_to_take`` when that is set."""
        del settings
        with self._lock:
            self.taken.append(image if isinstance(image, bytes) else b"".join(image))
            task_id = f"sent-{len(self.taken)}"
            address = TaskAddress(api_url=api_url, operation=operation, trial=trial, task_id=task_id)
            self.calls.append(Call("submit", address, access_token))
        if self.refuses_to_take is not None:
            raise self.refuses_to_take
        return task_id

    def cancel(self, address: TaskAddress, *, access_token: str | None) -> None:
        """Note that a task was cancelled; raises ``refuses_to_cancel`` when that is set."""
        _check(address, access_token)
        with self._lock:
            self.calls.append(Call("cancel", address, access_token))
        if self.refuses_to_cancel is not None:
            raise self.refuses_to_cancel


class PlainTokens:
    """Hands out what is stored as if it were not encrypted; nothing is ever renewed."""

    def current(self, credential: CallCredential, *, now: datetime) -> str:
        """The stored secret."""
        del now
        return credential.secret

    def renewed(self, credential: CallCredential, *, now: datetime) -> str | None:
        """There is no other."""
        del credential, now
        return None


def _check(address: TaskAddress, access_token: str | None) -> None:
    if not address.trial and not access_token:
        raise TokenRejected("There is no access token for this task.")


def pending() -> Answer:
    """What the service says about a task it has not begun."""
    return Answer(state=State.PENDING, task_status="Pending", response_status_code="NotReady")


def processing() -> Answer:
    """What the service says about a task it is working on."""
    return Answer(state=State.PROCESSING, task_status="Processing", response_status_code="NotReady")


def completed(*texts: str, notices: tuple[str, ...] = ()) -> Answer:
    """A finished task with one text part for each text, as the service encodes them."""
    state = State.COMPLETED_WITH_NOTICES if notices else State.COMPLETED
    return Answer(
        state=state,
        raw_parts=tuple(RawPart("Text", base64.b64encode(text.encode()).decode()) for text in texts),
        notices=notices,
        task_status="Completed",
        response_status_code="Ok",
    )


def completed_without_data() -> Answer:
    """``Completed`` with nothing in it: contradicts itself, so it is asked about again (fact sheet 4)."""
    return Answer(
        state=State.COMPLETED_EMPTY, settled=False, task_status="Completed", response_status_code="Ok"
    )


def failed(*notices: str) -> Answer:
    """A task the service gave up on."""
    return Answer(state=State.FAILED, notices=notices, task_status="Error", response_status_code="Error")


def not_found() -> Answer:
    """What the service says about an ID it does not know, or has forgotten."""
    return Answer(state=State.NOT_FOUND, task_status="NotExist", response_status_code="TaskNotFound")


def no_index(_session: object, _texts: Collection[object]) -> None:
    """Takes the place of the library's index where nothing is searched."""
