"""One call of a script to a dashboard: made again when it fails on its way, its refusal raised as an error of ours."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import requests
from requests.auth import AuthBase

from dashboard.errors import (
    DashboardError,
    InputRefused,
    NotFound,
    NotPermitted,
    ServerAway,
    StillOpen,
)
from dashboard.retrying import pause_after

TRIES = 4
"""How often a call is made that fails on its way, within four seconds or so: a server that starts anew is awaited."""

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 120.0
_PIECE = 64 * 1024
_PASSING = frozenset({429, 502, 503, 504})
_ERRORS: Mapping[int, type[DashboardError]] = {
    401: NotPermitted,
    403: NotPermitted,
    404: NotFound,
    409: StillOpen,
    413: InputRefused,
    422: InputRefused,
}
_LONGEST_SENTENCE = 500


class _Key(AuthBase):
    """Sends an API key; without one nothing, whatever a ``.netrc`` says of the host."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Calls:
    """Calls to one dashboard, on connections that are kept; for one thread.

    Args:
        url: its address, without a slash at its end.
        key: an API key, or nothing.
        sleep: waits between two tries.
    """

    def __init__(self, url: str, key: str, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.auth = _Key(key)
        self._sleep = sleep

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def json(self, verb: str, path: str, **given: Any) -> Any:  # noqa: ANN401 - what requests takes, and JSON
        """What is answered, as it was meant.

        With ``once=True`` the server is told a key, so that trying again does not do it again. What comes to the same
        when it is done twice needs none.
        """
        answer = self._call(verb, path, **given)
        try:
            return answer.json()
        except ValueError:
            raise ServerAway(f"What answers at {self.url} is not a dashboard.") from None

    def content(self, path: str, **asked: Any) -> bytes:  # noqa: ANN401 - parameters of a query
        """The bytes of a short file."""
        return self._call("GET", path, params=asked).content

    def pieces(self, path: str, **asked: Any) -> Iterator[bytes]:  # noqa: ANN401 - parameters of a query
        """A long file piece by piece; raises ServerAway when it breaks off."""
        with closing(self._call("GET", path, params=asked, stream=True)) as answer:
            try:
                yield from answer.iter_content(_PIECE)
            except requests.RequestException:
                raise ServerAway("The download broke off. Nothing was written.") from None

    def _call(
        self,
        verb: str,
        path: str,
        *,
        once: bool = False,
        stream: bool = False,
        **given: Any,  # noqa: ANN401 - what requests takes
    ) -> requests.Response:
        headers = dict(given.pop("headers", {}))
        if once:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for failures in range(TRIES):
            last = failures == TRIES - 1
            try:
                answer = self._session.request(
                    verb,
                    f"{self.url}/api/v1{path}",
                    headers=headers,
                    timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                    allow_redirects=False,
                    stream=stream,
                    **given,
                )
            except requests.RequestException as error:
                if last or not isinstance(error, requests.ConnectionError):
                    raise ServerAway(f"No dashboard answers at {self.url}: {_cause(error)}.") from None
            else:
                if last or not _is_passing(answer):
                    return self._checked(answer)
                answer.close()
            self._sleep(pause_after(failures))
        raise AssertionError  # the last try has returned or raised

    def _checked(self, answer: requests.Response) -> requests.Response:
        if answer.status_code < 300:  # noqa: PLR2004 - HTTP
            return answer
        with closing(answer):
            if answer.status_code < 400:  # noqa: PLR2004 - HTTP
                raise ServerAway(f"{self.url} leads elsewhere. Give the address that it leads to.")
            raise _ERRORS.get(answer.status_code, ServerAway)(_sentence(answer))


def _is_passing(answer: requests.Response) -> bool:
    """Whether the same call may do better soon; 409 with a time says that its first try is still under way."""
    return answer.status_code in _PASSING or (answer.status_code == 409 and "Retry-After" in answer.headers)  # noqa: PLR2004 - HTTP


def _sentence(answer: requests.Response) -> str:
    """What the server says of it; what is no dashboard is not quoted."""
    try:
        said = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"The server answers with status {answer.status_code}."
    return str(said)[:_LONGEST_SENTENCE]


def _cause(error: requests.RequestException) -> str:
    """What happened in two or three words; the library's own would repeat addresses."""
    if isinstance(error, requests.Timeout):
        return "it takes too long"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "this is no address that can be called"
