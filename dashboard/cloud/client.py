"""The calls we make: log in, submit an image, fetch a result, ask for a status, cancel."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import requests

from dashboard.cloud.envelope import read_answer, read_task_id
from dashboard.cloud.login import LOGIN_PATH, hide, read_login
from dashboard.cloud.problem import ABSENT_STATUSES, read_absence, read_failure
from dashboard.cloud.recognition import RequestBody
from dashboard.cloud.service_clocks import ServiceClocks, date_of
from dashboard.cloud.service_words import is_page
from dashboard.cloud.transport import Body, Reply, Transport
from dashboard.errors import InputRefused, RequestRefused, TokenRejected, UnreadableAnswer
from dashboard.models import Answer, MintedToken, Operation, TaskAddress
from dashboard.models.dispatches import Pieces, Relayable, Relayed
from dashboard.models.recognition import RecognitionSettings

_OCR = "/v5.0/ocr/"
_STATUS_PATH = "Utilities/GetTaskStatus"
_GONE = 404
_SENDABLE = re.compile(r"[!-~]+")


def _now() -> datetime:
    return datetime.now(UTC)


class CloudClient:
    """Aspose.OCR Cloud v5.0. Asks once and reports; when to ask again is somebody else's decision.

    One client serves any number of threads, service URLs and tokens. No cookies are kept, so no call
    can be taken for another token's.

    Args:
        session: to send with; a new one by default. Its stock adapters are replaced by ones that
            keep a deadline for the whole call.
        pool_size: connections kept open for each host.
        get_seconds: seconds for a GET or DELETE, from connecting to the last byte.
        post_seconds: the same for submitting an image.
        login_seconds: the same for minting a token; others wait for it meanwhile.
        max_bytes: the largest answer accepted, after decompression.
        resolve: turns a task's service URL into the one to call now; may raise NoAnswer, and raises
            ServiceNotListed for those that must not be called.
        clock: the time, aware: what the services' clocks are compared with.
    """

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        pool_size: int = 32,
        get_seconds: float = 60.0,
        post_seconds: float = 100.0,
        login_seconds: float = 20.0,
        max_bytes: int = 64 * 2**20,
        resolve: Callable[[str], str] = str,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._transport = Transport(session or requests.Session(), pool_size=pool_size, max_bytes=max_bytes)
        self.get_seconds = get_seconds
        self._post_seconds = post_seconds
        self._login_seconds = login_seconds
        self._resolve = resolve
        self._clock = clock
        self.clocks = ServiceClocks(clock)
        """What time the services say it is."""

    def close(self) -> None:
        """Close all connections; the client can still be used and will open new ones."""
        self._transport.close()

    def login(self, *, api_url: str, client_id: str, client_secret: str) -> MintedToken:
        """Mint an access token from a client ID and its secret (fact sheet 1); asks once.

        Raises:
            LoginRefused: wrong, or not active yet. More than five of these lock the pair.
            LoginLocked: it is locked; ``retry_after`` says for how long.
            CloudError: no usable answer.
        """
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        reply = self._call(
            "POST",
            api_url,
            LOGIN_PATH,
            trial=True,
            accept="application/json",
            body=urlencode(form).encode("ascii"),
            body_type="application/x-www-form-urlencoded",
            seconds=self._login_seconds,
        )
        return read_login(hide(reply, client_secret), now=self._time_of(reply))

    def submit(
        self,
        *,
        api_url: str,
        operation: Operation,
        trial: bool,
        image: bytes | Pieces,
        access_token: str | None,
        settings: RecognitionSettings | None = None,
    ) -> str:
        """Send an image and return its task ID.

        Never repeated by itself: the service has no idempotency key, so a second POST makes a second,
        possibly billed, task (fact sheet 7).

        Args:
            api_url: base URL of the service, without ``/v5.0/ocr``.
            operation: the endpoint; the result can only be fetched there.
            trial: evaluation mode, without a token.
            image: the file as it is; its pieces are read while they are sent.
            access_token: required unless ``trial``.
            settings: how to read it, by default the operation's own way; ignored by the preprocessing operations.

        Raises:
            InputRefused: the operation takes no image or has no evaluation mode, or the image is empty.
            CloudError: no task ID came back. After NoAnswer the task may exist all the same.
        """
        if trial and not operation.has_trial:
            raise InputRefused(f"{operation.value} has no evaluation mode.")
        body = RequestBody(
            operation,
            Pieces.of(image) if isinstance(image, bytes) else image,
            settings or RecognitionSettings.defaults_for(operation),
        )
        request = Relayable(body=body, media_type="application/json", accept="text/plain")
        reply = self._post(request, api_url, operation, trial=trial, access_token=access_token)
        self._raise_for_failure(reply)
        return read_task_id(reply.body)

    def relay(
        self, request: Relayable, *, api_url: str, operation: Operation, trial: bool, access_token: str | None
    ) -> Relayed:
        """Send a request body as somebody else has written it, and give the service's answer as it came.

        Never repeated by itself, as :meth:`submit`.

        Raises:
            CloudError: there is no answer to give: no task ID came back, and the request was not refused for what is
                in it. After NoAnswer the task may exist all the same.
        """
        reply = self._post(request, api_url, operation, trial=trial, access_token=access_token)
        task_id = None
        try:
            self._raise_for_failure(reply)
            task_id = read_task_id(reply.body)
        except RequestRefused:
            pass  # the service's word on what is in the request: whoever wrote that hears it
        return Relayed(
            status=reply.status,
            media_type=reply.headers.get("content-type", ""),
            body=reply.body,
            task_id=task_id,
        )

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Ask for a task's status and result together.

        Raises:
            CloudError: no usable answer; 404 and 400 are answers (``NOT_FOUND``).
        """
        return self._answer(address, address.operation.path(trial=address.trial), access_token)

    def status(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Ask for a task's status alone, to save traffic; a completed one has to be fetched.

        Whether the service knows evaluation tasks there is unsettled, so theirs is a fetch (fact sheet D3).

        Raises:
            CloudError: as for :meth:`fetch`.
        """
        if address.trial:
            return self.fetch(address, access_token=None)
        return self._answer(address, _STATUS_PATH, access_token, carries_results=False)

    def cancel(self, address: TaskAddress, *, access_token: str | None) -> None:
        """Take a task out of the service's queue; one that is already gone is fine.

        Raises:
            CloudError: the service did not confirm it.
        """
        reply = self._call(
            "DELETE",
            address.api_url,
            _with_id(address.operation.path(trial=address.trial), address.task_id),
            access_token=access_token,
            trial=address.trial,
        )
        if reply.status == _GONE:
            return
        self._raise_for_failure(reply)
        if is_page(reply.body):
            raise UnreadableAnswer(
                "The OCR service answered a cancellation with a web page.", http_status=reply.status
            )

    def _post(
        self, request: Relayable, api_url: str, operation: Operation, *, trial: bool, access_token: str | None
    ) -> Reply:
        return self._call(
            "POST",
            api_url,
            f"{_OCR}{operation.path(trial=trial)}",
            access_token=access_token,
            trial=trial,
            accept=request.accept,
            body=request.body,
            body_type=request.media_type,
            seconds=self._post_seconds,
        )

    def _answer(
        self, address: TaskAddress, path: str, access_token: str | None, *, carries_results: bool = True
    ) -> Answer:
        reply = self._call(
            "GET",
            address.api_url,
            _with_id(path, address.task_id),
            access_token=access_token,
            trial=address.trial,
            accept="application/json",
        )
        if reply.status in ABSENT_STATUSES:
            return read_absence(reply.status, reply.body)
        self._raise_for_failure(reply)
        return read_answer(
            reply.body, http_status=reply.status, asked_id=address.task_id, carries_results=carries_results
        )

    def _call(
        self,
        method: str,
        api_url: str,
        path: str,
        *,
        trial: bool,
        access_token: str | None = None,
        accept: str = "*/*",
        body: Body | None = None,
        body_type: str | None = None,
        seconds: float | None = None,
    ) -> Reply:
        base = self._resolve(api_url)  # first: a missing token is no matter where nothing may be sent at all
        access_token = None if trial else _checked(access_token)
        headers: dict[str, str | None] = {
            "Accept": accept,
            "Accept-Encoding": "gzip",  # others depend on what happens to be installed
            "Authorization": f"Bearer {access_token}" if access_token else None,
            "Content-Type": body_type,
            "User-Agent": "ocr-dashboard",
        }
        seconds = seconds or self.get_seconds
        reply = self._transport.exchange(method, base, path, headers=headers, seconds=seconds, body=body)
        self.clocks.hear(api_url, reply.headers)
        return hide(reply, access_token)

    def _raise_for_failure(self, reply: Reply) -> None:
        if not requests.codes.ok <= reply.status < requests.codes.multiple_choices:
            raise read_failure(reply.status, reply.headers, reply.body, now=self._time_of(reply))

    def _time_of(self, reply: Reply) -> datetime:
        """What a date in an answer is counted from: the sender's clock where it says one, else ours."""
        return date_of(reply.headers) or self._clock()


def _with_id(path: str, task_id: str) -> str:
    return f"{_OCR}{path}?id={quote(task_id, safe='', errors='replace')}"


def _checked(access_token: str | None) -> str:
    """A token that can be sent; refusing here keeps it out of an HTTP library's error message."""
    token = (access_token or "").strip()
    if not token:
        raise TokenRejected("This call needs a token and none is at hand.")
    if not _SENDABLE.fullmatch(token):
        raise TokenRejected("The token has characters that cannot be sent; paste it again.")
    return token
