"""A server that misbehaves cannot hold a thread or fill the memory."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from itertools import repeat

import pytest
import requests

from dashboard.cloud.client import CloudClient
from dashboard.errors import CloudError, NoAnswer, ServiceFault, TokenRejected, UnreadableAnswer
from dashboard.models import Operation, State
from dashboard.models.recognition import RecognitionSettings
from tests.cloud.wire import PENDING, TOKEN, Behaviour, Serve, at, http, trickling

SOON = 2.0  # seconds; generous for a busy machine, far below what the faults would take


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", repeat(b" ")), id="body"),
        pytest.param(trickling(b"HTTP/1.1 200 OK\r\n\r\n", repeat(b" ")), id="body without length"),
        pytest.param(
            trickling(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", repeat(b"1\r\n \r\n")),
            id="chunks",
        ),
        pytest.param(trickling(b"HTTP/1.1 200 OK\r\nX: ", repeat(b"x")), id="one header"),
        pytest.param(trickling(b"HTTP/1.1 200 OK\r\n", repeat(b"X: y\r\n")), id="headers"),
        pytest.param(trickling(b"", repeat(b"HTTP/1.1 100 Continue\r\n\r\n")), id="100 Continue"),
        pytest.param(lambda conn, _: conn.recv(1), id="silence"),
        pytest.param(
            trickling(b"HTTP/1.1 302 Found\r\nLocation: ?\r\nContent-Length: 0\r\n\r\n", repeat(b" ")),
            id="redirects",
        ),
    ],
)
def test_trickled_answers_end_at_the_deadline(client: CloudClient, serve: Serve, behave: Behaviour) -> None:
    """The deadline is for the whole call, however busy the server looks."""
    url = serve(behave)
    started = time.monotonic()
    with pytest.raises(CloudError) as caught:
        client.fetch(at(url), access_token=TOKEN)
    assert time.monotonic() - started < SOON
    assert str(caught.value) in (
        "The OCR service did not answer within 0.3 s.",
        "The OCR service redirects in circles.",
    )


def test_the_deadline_holds_for_plain_sessions_too(serve: Serve) -> None:
    """A session given from outside gets the adapters that keep it."""
    url = serve(trickling(b"HTTP/1.1 200 OK\r\nX: ", repeat(b"x")))
    client = CloudClient(requests.Session(), get_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(NoAnswer):
        client.fetch(at(url), access_token=TOKEN)
    assert time.monotonic() - started < SOON
    client.close()


def test_an_image_nobody_reads_ends_at_the_deadline(client: CloudClient, serve: Serve) -> None:
    """A server that swallows the upload drop by drop holds nobody for longer than agreed."""

    def behave(conn: socket.socket, _request: bytes) -> None:
        for _ in range(40):
            conn.recv(1024)
            threading.Event().wait(0.02)

    url = serve(behave)
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"within 0\.4 s"):
        client.submit(
            api_url=url,
            operation=Operation.RECOGNIZE_IMAGE,
            trial=True,
            image=bytes(16 * 2**20),
            settings=RecognitionSettings(),
            access_token=None,
        )
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"", NoAnswer, id="empty reply"),
        pytest.param(b"\x00\x01\x02\r\n\r\n", NoAnswer, id="not HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", NoAnswer, id="endless header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", NoAnswer, id="too many headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", UnreadableAnswer, id="truncated"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
            UnreadableAnswer,
            id="bad chunk size",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}", UnreadableAnswer, id="cut chunk"
        ),
        pytest.param(http(b"not gzip", "200 OK", "Content-Encoding: gzip"), UnreadableAnswer, id="bad gzip"),
        pytest.param(http(b""), UnreadableAnswer, id="empty body"),
        pytest.param(http(b"", "204 No Content"), UnreadableAnswer, id="204"),
        pytest.param(http(b"<html>Sign in</html>"), UnreadableAnswer, id="HTML with 200"),
        pytest.param(http(b"", "302 Found"), UnreadableAnswer, id="redirect to nowhere"),
        pytest.param(http(b"", "304 Not Modified"), UnreadableAnswer, id="304"),
        pytest.param(http(b"<html>Bad Gateway</html>", "502 Bad Gateway"), ServiceFault, id="HTML 502"),
        pytest.param(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 999\r\n\r\n<h1>Ba", ServiceFault, id="cut 502"
        ),
        pytest.param(http(b"x" * 3_000_000, "401 No"), TokenRejected, id="huge 401"),
        pytest.param(http(b"x" * 1_100_000), UnreadableAnswer, id="too large"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", UnreadableAnswer, id="announced size"
        ),
        pytest.param(http(b"{", "200 OK", "Content-Length: 7"), NoAnswer, id="two lengths"),
    ],
)
def test_broken_answers_have_their_error(
    client: CloudClient, serve: Serve, answer: bytes, error: type[CloudError]
) -> None:
    """Each fault ends as one of our errors, with a short sentence and no secret."""
    url = serve(answer)
    with pytest.raises(CloudError) as caught:
        client.fetch(at(url), access_token=TOKEN)
    assert type(caught.value) is error, caught.value
    assert len(str(caught.value)) <= 500
    assert TOKEN not in repr(caught.value)


def test_json_labelled_as_text_is_read(client: CloudClient, serve: Serve) -> None:
    """The label does not matter."""
    url = serve(http(PENDING, "200 OK", "Content-Type: text/plain"))
    assert client.fetch(at(url), access_token=TOKEN).state is State.PENDING


def test_gzip_is_read(client: CloudClient, serve: Serve) -> None:
    """Compressed answers are answers."""
    url = serve(http(gzip.compress(PENDING), "200 OK", "Content-Encoding: gzip"))
    assert client.fetch(at(url), access_token=TOKEN).state is State.PENDING


@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
def test_gzip_bombs_do_not_fill_the_memory(client: CloudClient, serve: Serve, *, chunked: bool) -> None:
    """A body is measured while it is inflated."""
    squeezer = zlib.compressobj(wbits=31)
    bomb = b"".join(squeezer.compress(bytes(2**20)) for _ in range(64)) + squeezer.flush()
    if chunked:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = head + f"{len(bomb):x}\r\n".encode() + bomb + b"\r\n0\r\n\r\n"
    else:
        answer = http(bomb, "200 OK", "Content-Encoding: gzip")
    url = serve(answer)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableAnswer, match="larger than 1 MiB"):
            client.fetch(at(url), access_token=TOKEN)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{free}",
        "http://no-such-host.invalid",
        "not a url",
        "ftp://127.0.0.1",
        "http://[::1",
        "",
    ],
)
def test_services_that_cannot_be_reached_do_not_answer(client: CloudClient, url: str) -> None:
    """A refused connection, an unknown name and a wrong address say so calmly."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        free = reserved.getsockname()[1]
    with pytest.raises(NoAnswer) as caught:
        client.fetch(at(url.format(free=free)), access_token=TOKEN)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
