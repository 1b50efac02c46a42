"""Sending one request and reading its answer, with limits a hostile or broken server cannot stretch."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ConnectTimeout,
    InvalidProxyURL,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    ReadTimeout,
    SSLError,
)
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ReadTimeoutError,
)

from dashboard.cloud.deadline import DeadlineAdapter, time_left, within
from dashboard.cloud.service_words import short
from dashboard.cloud.ways import Ways
from dashboard.errors import CloudError, NoAnswer, StoreError, UnreadableAnswer
from dashboard.models.dispatches import Sized
from dashboard.service_urls import is_within

_CONNECT_SECONDS = 10.0
_PIECE = 65_536
_WORDS_BYTES = 65_536  # what is read of a body that only explains a failure
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD_REDIRECTS = frozenset({307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}

_NO_ADDRESS = (MissingSchema, InvalidSchema, InvalidURL, LocationParseError, UnicodeError)
_NO_PROXY = (ProxyError, InvalidProxyURL)
_NEVER_SENT = (*_NO_ADDRESS, *_NO_PROXY)

# What went wrong before an answer began, and how we say it; the first match counts.
_SILENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (_NO_ADDRESS, "The address of the OCR service cannot be used; check its URL."),
    (_NO_PROXY, "The proxy on the way to the OCR service cannot be used."),
    ((SSLError,), "No secure connection to the OCR service could be made."),
    ((requests.ConnectionError, OSError, HTTPError), "The OCR service could not be reached."),
)


Body = bytes | Sized


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read to its end; ``headers`` ignores case, ``body`` is decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends through one shared session; safe to use from many threads at once.

    Args:
        session: gets adapters that keep the deadline in place of the stock ones.
        pool_size: connections kept open for each host; at least the number of threads.
        max_bytes: the largest body accepted, after decompression.
    """

    def __init__(self, session: requests.Session, *, pool_size: int, max_bytes: int) -> None:
        for prefix, adapter in list(session.adapters.items()):
            if type(adapter) is HTTPAdapter:
                adapter.close()
                session.mount(prefix, DeadlineAdapter(pool_maxsize=pool_size))
        self._session = session
        self._ways = Ways(session)
        self._max_bytes = max_bytes

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def exchange(
        self,
        method: str,
        base: str,
        path: str,
        *,
        headers: Mapping[str, str | None],
        seconds: float,
        body: Body | None = None,
    ) -> Reply:
        """Send one request and read the answer, following redirects within the same service only.

        Args:
            method: GET and HEAD follow every redirect; others only those that keep the method. Of a DELETE the
                status alone is the answer.
            base: of the service; nothing that does not lie below it is opened.
            path: what follows it, with its query.
            headers: None takes a header of the session away.
            seconds: for everything together: connecting, sending, redirects, reading.
            body: what to send; what is no bytes is sent piece by piece, and said before how long it is.

        Returns:
            The answer. Where the body only explains the status, it is what could be read of it, cut at 64 KiB.

        Raises:
            NoAnswer: no answer came, or not all of it in time.
            UnreadableAnswer: it was cut, garbled or too large, or led somewhere else.
        """
        url = f"{base.rstrip('/')}{path}"
        followed = _REDIRECTS if method in ("GET", "HEAD") else _SAME_METHOD_REDIRECTS
        with within(seconds), _said(seconds):
            for _ in range(_MOST_REDIRECTS + 1):
                with closing(self._send(method, base, url, headers, body)) as response:
                    location = response.headers.get("location")
                    if response.status_code not in followed or location is None:
                        return self._read(response, body_matters=method != "DELETE")
                    url = _same_origin(url, location, response.status_code)
            raise UnreadableAnswer("The OCR service redirects in circles.")

    def _send(
        self, method: str, base: str, url: str, headers: Mapping[str, str | None], body: Body | None
    ) -> requests.Response:
        prepared = self._prepared(method, url, headers, body)
        target = prepared.url or url
        # Both: what somebody wrote, and what requests has made of it, which is what is opened.
        if not (is_within(target, base) and (url == target or is_within(url, base))):
            raise UnreadableAnswer(
                "The OCR service redirects to a place of its host that is not the service's."
            )
        way = self._ways.to(target)
        left = time_left()
        # Session.send() would read a redirect's whole body without any limit, and share cookies.
        return self._session.get_adapter(target).send(
            prepared,
            stream=True,
            timeout=(min(left, _CONNECT_SECONDS), left),
            verify=way.verify,
            cert=way.cert,
            proxies=way.proxies,
        )

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str | None], body: Body | None
    ) -> requests.PreparedRequest:
        """What ``Session.prepare_request`` makes of it, without what costs most and is never wanted here.

        That is: authentication out of netrc or the URL, and the merging of jars of cookies that are empty.
        """
        session, prepared = self._session, requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.prepare_url(url, session.params or "")
        merged = CaseInsensitiveDict[str | bytes | None](session.headers)
        merged.update(headers)
        prepared.prepare_headers({name: value for name, value in merged.items() if value is not None})
        if session.cookies:
            prepared.prepare_cookies(session.cookies)
        if body is not None or method not in ("GET", "HEAD"):
            prepared.prepare_body(body, None)
        return prepared

    def _read(self, response: requests.Response, *, body_matters: bool) -> Reply:
        status = response.status_code
        lenient = not body_matters or not requests.codes.ok <= status < requests.codes.multiple_choices
        limit = _WORDS_BYTES if lenient else self._max_bytes
        body = bytearray()
        declared = response.headers.get("content-length", "")
        if not lenient and declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            raise self._too_large(status)
        try:
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > limit:
                    break
                time_left()
        except Exception as error:  # http.client, zlib and urllib3 errors come through here too
            if not lenient:
                if _is_late(error):
                    raise
                raise UnreadableAnswer("The OCR service's answer broke off.", http_status=status) from error
        if len(body) > limit and not lenient:
            raise self._too_large(status)
        return Reply(status, response.headers, bytes(body[:limit]))

    def _too_large(self, status: int) -> UnreadableAnswer:
        size = f"{self._max_bytes / 2**20:g} MiB"
        return UnreadableAnswer(f"The OCR service's answer is larger than {size}.", http_status=status)


@contextmanager
def _said(seconds: float) -> Iterator[None]:
    """Say in our words what kept the block from having an answer."""
    try:
        yield
    except (CloudError, StoreError):
        raise  # the database has not given what was to be sent
    except Exception as error:  # not every failure of requests is a RequestException
        arrived = _may_have_arrived(error)
        if _is_late(error):
            sentence = f"The OCR service did not answer within {seconds:g} s."
            raise NoAnswer(sentence, has_arrived=arrived) from error
        sentences = (said for kinds, said in _SILENCES if isinstance(error, kinds))
        sentence = next(sentences, "The OCR service could not be asked.")
        raise NoAnswer(sentence, has_arrived=arrived) from error


def _may_have_arrived(error: Exception) -> bool:
    """Whether anything of the request was sent; not where there was no connection to send it on."""
    if isinstance(error, (*_NEVER_SENT, ConnectTimeout)):
        return False
    reasons = (getattr(argument, "reason", argument) for argument in error.args)
    return not any(isinstance(reason, NewConnectionError | ConnectTimeoutError) for reason in reasons)


def _is_late(error: Exception) -> bool:
    """Whether a deadline is what it comes down to; requests may hide it in a ConnectionError."""
    if isinstance(error, ReadTimeout | TimeoutError | ReadTimeoutError):
        return True
    try:
        time_left()
    except TimeoutError:
        return True
    return any(isinstance(argument, ReadTimeoutError) for argument in error.args)


def _same_origin(url: str, location: str, status: int) -> str:
    """The redirect's target when it stays on the same scheme, host and port."""
    try:
        # Header values arrive as Latin-1; servers mean UTF-8.
        target = urljoin(url, location.encode("latin-1", "replace").decode("utf-8", "replace"))
        there = urlsplit(target)
        stays = _origin(there) == _origin(urlsplit(url)) and "@" not in there.netloc
    except ValueError as error:
        raise UnreadableAnswer(
            "The OCR service redirects to no valid address.", http_status=status
        ) from error
    if not stays:
        place = short(f"{there.scheme}://{there.hostname}", 100)
        raise UnreadableAnswer(
            f"The OCR service redirects to {place}, which is not followed.", http_status=status
        )
    return target


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
