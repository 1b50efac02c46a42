"""The calls as they go over the wire: paths, headers, bodies, tokens."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from dashboard.cloud.client import CloudClient
from dashboard.errors import (
    InputRefused,
    NoAnswer,
    RateLimited,
    RequestRefused,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import SANDBOX_URL, Operation, State
from dashboard.models.recognition import RecognitionSettings
from tests.cloud.wire import PENDING, TOKEN, Serve, at, http


def request_line(request: bytes) -> str:
    """Read the first line of a request."""
    return request.split(b"\r\n", 1)[0].decode()


def headers_of(request: bytes) -> dict[str, str]:
    """Read the headers of a request, with names in lower case."""
    lines = request.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_fetch_asks_the_endpoint_that_took_the_image(
    client: CloudClient, serve: Serve, seen: list[bytes]
) -> None:
    """The result is asked for with the token, as JSON, under the fully encoded ID."""
    url = serve(http(PENDING))
    answer = client.fetch(at(url + "/", task_id="a/b c?&=é%2F"), access_token=TOKEN)
    assert answer.state is State.PENDING
    assert request_line(seen[0]) == "GET /v5.0/ocr/RecognizeImage?id=a%2Fb%20c%3F%26%3D%C3%A9%252F HTTP/1.1"
    assert headers_of(seen[0])["authorization"] == f"Bearer {TOKEN}"
    assert headers_of(seen[0])["accept"] == "application/json"


def test_status_asks_the_status_endpoint(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """A completed task without results is no contradiction there."""
    url = serve(http(b'{"taskStatus":"Completed","responseStatusCode":"Ok","results":null}'))
    answer = client.status(at(url), access_token=TOKEN)
    assert (answer.state, answer.settled) == (State.COMPLETED, True)
    assert request_line(seen[0]) == "GET /v5.0/ocr/Utilities/GetTaskStatus?id=task-0001 HTTP/1.1"


def test_status_of_a_trial_task_is_a_fetch(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """Nobody knows whether the status endpoint knows evaluation tasks."""
    client.status(at(serve(http(PENDING)), trial=True), access_token=TOKEN)
    assert request_line(seen[0]) == "GET /v5.0/ocr/RecognizeImageTrial?id=task-0001 HTTP/1.1"


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "404 Not Found"])
def test_cancel_is_done_when_the_task_is_gone(
    client: CloudClient, serve: Serve, seen: list[bytes], status: str
) -> None:
    """Cancelling what is not there any more is no failure."""
    client.cancel(at(serve(http(b"", status))), access_token=TOKEN)
    assert request_line(seen[0]) == "DELETE /v5.0/ocr/RecognizeImage?id=task-0001 HTTP/1.1"
    assert headers_of(seen[0])["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(b"", "401 Unauthorized"), TokenRejected),
        (http(b"", "400 Bad Request"), RequestRefused),
        (http(b"<html>Sign in</html>"), UnreadableAnswer),
    ],
)
def test_cancel_is_not_done_without_a_yes(
    client: CloudClient, serve: Serve, answer: bytes, error: type[Exception]
) -> None:
    """Only the service's own yes counts."""
    url = serve(answer)
    with pytest.raises(error):
        client.cancel(at(url), access_token=TOKEN)


def test_submit_sends_the_image_and_returns_the_id(
    client: CloudClient, serve: Serve, seen: list[bytes]
) -> None:
    """The body is JSON, the wanted answer plain text."""
    url = serve(http(b'\xef\xbb\xbf"task-0001"\r\n'))
    task_id = client.submit(
        api_url=url,
        operation=Operation.RECOGNIZE_TABLE,
        trial=False,
        image=b"GIF89a",
        settings=RecognitionSettings(language="German"),
        access_token=f" {TOKEN}\n",
    )
    assert task_id == "task-0001"
    assert request_line(seen[0]) == "POST /v5.0/ocr/RecognizeTable HTTP/1.1"
    headers = headers_of(seen[0])
    assert (headers["accept"], headers["content-type"]) == ("text/plain", "application/json")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    body = json.loads(seen[0].split(b"\r\n\r\n", 1)[1])
    assert (body["image"], body["settings"]["language"]) == ("R0lGODlh", "German")


def test_submit_is_never_repeated(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """A second POST could be a second, billed task."""
    url = serve(lambda conn, _: conn.shutdown(socket.SHUT_RDWR))
    with pytest.raises(NoAnswer):
        client.submit(
            api_url=url,
            operation=Operation.RECOGNIZE_IMAGE,
            trial=True,
            image=b"GIF89a",
            settings=RecognitionSettings(),
            access_token=None,
        )
    assert len(seen) == 1


def test_operations_without_a_trial_are_refused(client: CloudClient) -> None:
    """The service has no evaluation mode for them, so nothing is sent."""
    with pytest.raises(InputRefused):
        client.submit(
            api_url="http://127.0.0.1:9",
            operation=Operation.RECOGNIZE_TABLE,
            trial=True,
            image=b"GIF89a",
            settings=RecognitionSettings(),
            access_token=None,
        )


@pytest.mark.parametrize("token", [None, "", "  ", "two\nlines: x", "n\u00f6n-ascii", "with space", "nul\0"])
def test_regular_calls_need_a_sendable_token(
    client: CloudClient, serve: Serve, seen: list[bytes], token: str | None
) -> None:
    """Without one nothing is sent, and the refusal does not repeat it."""
    url = serve(http(PENDING))
    for call in (client.fetch, client.status, client.cancel):
        with pytest.raises(TokenRejected) as caught:
            call(at(url), access_token=token)
        assert not (token and token.strip()) or token.strip() not in str(caught.value)
    assert seen == []


def test_trial_calls_carry_no_authorization(
    client: CloudClient, serve: Serve, seen: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a token nor a netrc entry nor a password in the URL turns a free call into a 401."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password planted\n")
    monkeypatch.setenv("NETRC", str(netrc))
    url = serve(http(PENDING))
    requests.get(url, timeout=5).close()
    assert headers_of(seen.pop())["authorization"].startswith("Basic ")  # the control: netrc works here

    client.fetch(at(url, trial=True), access_token=TOKEN)
    client.fetch(at(url.replace("://", "://user:pass@"), trial=True), access_token=None)
    client.cancel(at(url, trial=True), access_token=TOKEN)
    client.fetch(at(url), access_token=TOKEN)
    assert ["authorization" in headers_of(request) for request in seen] == [False, False, False, True]
    assert headers_of(seen[3])["authorization"] == f"Bearer {TOKEN}"


def test_sandbox_address_is_resolved_for_every_call(serve: Serve, seen: list[bytes]) -> None:
    """The sandbox's port changes with every start; tasks keep their address."""
    url = serve(http(PENDING))
    client = CloudClient(resolve={SANDBOX_URL: url}.__getitem__)
    client.fetch(at(SANDBOX_URL, trial=True), access_token=None)
    client.close()
    assert len(seen) == 1


def test_cookies_are_not_kept(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """One session serves many tokens, so nothing of one call reaches the next."""
    url = serve(http(PENDING, "200 OK", "Set-Cookie: AWSALB=planted; Path=/"))
    client.fetch(at(url), access_token=TOKEN)
    client.fetch(at(url), access_token=TOKEN)
    assert "cookie" not in headers_of(seen[1])


@pytest.mark.parametrize("proxy", ["http_proxy", "all_proxy"])
def test_loopback_is_asked_directly(
    client: CloudClient, serve: Serve, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """A company's proxy cannot reach the sandbox on this machine."""
    monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    assert client.fetch(at(serve(http(PENDING)), trial=True), access_token=None).state is State.PENDING


@pytest.mark.parametrize("status", ["404 Not Found", "400 Bad Request"])
def test_unknown_ids_are_an_answer(client: CloudClient, serve: Serve, status: str) -> None:
    """404 and 400 on a GET mean the same as NotExist, and their words are kept."""
    answer = client.fetch(at(serve(http(b'{"title":"No such task"}', status))), access_token=TOKEN)
    assert (answer.state, answer.notices) == (State.NOT_FOUND, ("No such task",))


def test_waiting_time_reaches_the_error(client: CloudClient, serve: Serve) -> None:
    """Polling learns how long the service wants to be left alone."""
    url = serve(http(b"slow down", "429 Too Many Requests", "Retry-After: 17"))
    with pytest.raises(RateLimited) as caught:
        client.fetch(at(url), access_token=TOKEN)
    assert caught.value.retry_after == 17.0


def test_a_repeated_token_is_hidden(client: CloudClient, serve: Serve) -> None:
    """A server that repeats what it was sent cannot put the token on a screen."""
    url = serve(http(f'{{"detail": "who is {TOKEN}?"}}'.encode(), "403 Forbidden"))
    with pytest.raises(TokenRejected) as caught:
        client.fetch(at(url), access_token=TOKEN)
    assert "who is [hidden]?" in str(caught.value)


def test_connections_are_reused(client: CloudClient, serve: Serve) -> None:
    """Asking again does not connect again."""
    peers = set()

    def answer(conn: socket.socket, _request: bytes) -> None:
        peers.add(conn.getpeername())
        conn.sendall(http(PENDING).replace(b"Connection: close", b"X: y"))

    url = serve(answer, keep=True)
    for _ in range(5):
        client.fetch(at(url), access_token=TOKEN)
    assert len(peers) == 1
    client.close()


def test_many_threads_share_one_client(serve: Serve) -> None:
    """Each of 32 threads gets the answer to its own question."""

    def answer(conn: socket.socket, request: bytes) -> None:
        asked = parse_qs(urlsplit(request_line(request).split(" ")[1]).query)["id"][0]
        conn.sendall(http(json.dumps({"taskStatus": "Pending", "id": asked, "error": asked}).encode()))

    url = serve(answer, keep=True)
    client = CloudClient(get_seconds=10)
    ids = [f"task-{number:04}" for number in range(160)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(
            pool.map(lambda task_id: client.fetch(at(url, task_id=task_id), access_token=f"t-{task_id}"), ids)
        )
    client.close()
    assert [answer.notices for answer in answers] == [(task_id,) for task_id in ids]
    assert not any(answer.remarks for answer in answers)
