"""Connections over real sockets: nobody keeps the server waiting, nobody takes all places, nobody is cut off."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidMessage
from websockets.sync.client import ClientConnection, connect

from dashboard.ending import STREAMS_SECONDS
from dashboard.web.connections import Patience
from tests.chaos.waiting import wait_until
from tests.web.listened import CHUNK, CHUNKS, Listened, all_of, listened, one_of, request

QUICK = Patience(head_seconds=0.3, body_seconds=0.3, least_rate=1_000)
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"
SECONDS = 8.0
"""Far more than the patience, far less than uvicorn would take by itself."""

BODY = ("Content-Length: 100000",)
PLACES = 16


@pytest.fixture
def server() -> Iterator[Listened]:
    """A server that loses patience quickly."""
    with listened(patience=QUICK) as it:
        yield it


@pytest.fixture
def narrow() -> Iterator[Listened]:
    """A server with few places and much patience."""
    with listened(most=PLACES) as it:
        yield it


def socket_to(server: Listened, source: str = "127.0.0.1") -> ClientConnection:
    """An open WebSocket."""
    return connect(f"ws://127.0.0.1:{server.port}/", source_address=(source, 0), open_timeout=10)


def until_closed(connection: socket.socket, *, drip: bytes = b"") -> float:
    """Seconds until the server closes, while a little is sent again and again; fails when it never does."""
    began = time.monotonic()
    connection.settimeout(0.05)
    while time.monotonic() - began < SECONDS:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(65536):
                return time.monotonic() - began
        except TimeoutError:
            continue
        except ConnectionError:
            return time.monotonic() - began
    raise AssertionError("it is still open")


def outwait(server: Listened) -> None:
    """Come back when the server has lost patience with somebody who came now."""
    with server.connect(HALF) as impatient:
        until_closed(impatient)
    with server.connect(HALF) as impatient:
        until_closed(impatient)


class TestPatience:
    """With those who keep the server waiting."""

    @pytest.mark.parametrize(
        ("said", "drip"),
        [
            pytest.param(b"", b"", id="nothing"),
            pytest.param(HALF, b"", id="half a head"),
            pytest.param(HALF, b"a", id="a head in drops"),
            pytest.param(b"", b"\r\n", id="empty lines"),
            pytest.param(request("/body", *BODY, method="POST"), b"", id="no body"),
            pytest.param(request("/body", *BODY, method="POST") + b"x", b"", id="half a body"),
            pytest.param(request("/body", *BODY, method="POST"), b"x", id="a body in drops"),
            pytest.param(
                request("/body", "Transfer-Encoding: chunked", method="POST"), b"1\r\nx\r\n", id="chunks"
            ),
            pytest.param(
                request("/body", *BODY, "Expect: 100-continue", method="POST"), b"", id="promised body"
            ),
            pytest.param(request("/", *BODY, method="POST"), b"x", id="a body nobody wants"),
            pytest.param(request("/") + HALF, b"", id="half a second head"),
        ],
    )
    def test_ends(self, server: Listened, said: bytes, drip: bytes) -> None:
        """They are closed, and their places are free again."""
        with server.connect(said) as waiting:
            assert until_closed(waiting, drip=drip) < SECONDS / 2
        wait_until(lambda: server.connections == 0, "the place is free")

    def test_the_application_is_told(self, server: Listened) -> None:
        """What read the body does not wait on for ever."""
        with server.connect(request("/body", *BODY, method="POST"), b"x") as stalled:
            until_closed(stalled)
        wait_until(lambda: server.rooms.gone == ["/body"], "it is told")

    def test_a_body_that_comes_is_read(self, server: Listened) -> None:
        """Slowly, but faster than the least rate, and for longer than any of the limits."""
        size, piece = 100_000, 5_000
        with server.connect(request("/body", *BODY, "Connection: close", method="POST")) as sending:
            for _ in range(size // piece):
                sending.sendall(bytes(piece))
                with server.connect() as pause:
                    pause.settimeout(0.06)
                    with contextlib.suppress(TimeoutError):
                        pause.recv(1)
            assert b"200 OK" in all_of(sending)
        assert server.rooms.read == size

    def test_our_own_slowness_is_excused(self, server: Listened) -> None:
        """A body that the application does not read yet, and an answer that takes its time."""
        size = 1_000_000
        head = request("/unhurried", f"Content-Length: {size}", "Connection: close", method="POST")
        with (
            server.connect(head, bytes(size // 2)) as sending,
            server.connect(request("/later", "Connection: close")) as asking,
        ):
            outwait(server)
            server.rooms.go.set()
            sending.sendall(bytes(size // 2))
            assert b"200 OK" in all_of(sending)
            assert b"200 OK" in all_of(asking)

    def test_a_slow_reader_is_not_cut_off_and_holds_no_memory(self, server: Listened) -> None:
        """The server makes no more of a download than is taken."""
        with server.connect(request("/download", "Connection: close")) as reading:
            outwait(server)
            first = server.rooms.sent
            outwait(server)
            assert server.rooms.sent == first < CHUNKS * len(CHUNK) / 2
            assert len(all_of(reading)) > CHUNKS * len(CHUNK)

    def test_the_end_of_a_download_is_not_cut_off(self, server: Listened) -> None:
        """Though it is all sent and no further request comes."""
        with server.connect(request("/download")) as reading:
            came = 0
            while server.rooms.sent < CHUNKS * len(CHUNK):
                came += len(reading.recv(len(CHUNK)))
            for _ in range(4):
                outwait(server)
            assert came + len(all_of(reading)) > CHUNKS * len(CHUNK)

    def test_a_reader_who_never_reads(self) -> None:
        """Is given up by the kernel in the end."""
        if not hasattr(socket, "TCP_USER_TIMEOUT"):
            pytest.skip("only Linux can")
        with listened(patience=Patience(unread_seconds=0.5)) as server, server.connect(request("/download")):
            wait_until(lambda: server.rooms.sent, "it is sent")
            wait_until(lambda: server.connections == 0, "it is given up")

    def test_an_open_page_stays(self, server: Listened) -> None:
        """A WebSocket may be silent for as long as it likes, and gives its place back."""
        with socket_to(server) as page:
            outwait(server)
            page.send("still here")
            assert page.recv(5) == "still here"
            assert server.connections == 1
        wait_until(lambda: server.connections == 0, "the place is free")


class TestPlaces:
    """When many come at once."""

    def test_a_flood_of_half_requests_keeps_nobody_out(self, narrow: Listened) -> None:
        """Those displace each other; whoever asks is answered, from the same address and from others."""
        with contextlib.ExitStack() as stack:
            for number in range(20 * PLACES):
                stack.enter_context(narrow.connect(HALF, source=f"127.0.0.{2 + number % 5}"))
                if number % PLACES == 0:
                    assert b"200 OK" in narrow.ask()
                    assert b"200 OK" in narrow.ask(source="127.0.0.3")
                    wait_until(lambda: narrow.connections <= PLACES, "some have given way")
        wait_until(lambda: narrow.connections == 0, "all places are free")

    def test_bodies_give_way_too(self, narrow: Listened) -> None:
        """Otherwise strangers would only have to promise one."""
        with contextlib.ExitStack() as stack:
            for number in range(4 * PLACES):
                half = request("/body", *BODY, method="POST") + b"x"
                stack.enter_context(narrow.connect(half, source=f"127.0.0.{2 + number % 5}"))
            assert b"200 OK" in narrow.ask()

    def test_what_is_under_way_stays_in_a_flood(self, narrow: Listened) -> None:
        """An upload that comes, and what a browser keeps open for its next request, though they wait the longest."""
        size = 100_000
        with contextlib.ExitStack() as stack:
            upload = stack.enter_context(
                narrow.connect(request("/body", *BODY, "Connection: close", method="POST"), bytes(size // 2))
            )
            browser = [stack.enter_context(narrow.connect(request("/"))) for _ in range(5)]
            assert all(b"200 OK" in one_of(each) for each in browser)
            for _ in range(4 * PLACES):
                stack.enter_context(narrow.connect(HALF))
            for each in browser:
                each.sendall(request("/"))
                assert b"200 OK" in one_of(each)
            upload.sendall(bytes(size // 2))
            assert b"200 OK" in all_of(upload)

    def test_who_is_being_answered_does_not_give_way(self, narrow: Listened) -> None:
        """Then newcomers are turned away, until somebody has gone."""
        with contextlib.ExitStack() as stack:
            answered = [
                stack.enter_context(
                    narrow.connect(request("/later", "Connection: close"), source=f"127.0.0.{2 + number % 2}")
                )
                for number in range(PLACES)
            ]
            wait_until(lambda: narrow.connections == PLACES, "all places are taken")
            refused = narrow.ask(source="127.0.0.9")
            assert refused == b""
            narrow.rooms.go.set()
            assert all(b"200 OK" in all_of(each) for each in answered)
            assert b"200 OK" in narrow.ask()

    def test_one_address_gets_half(self, narrow: Listened) -> None:
        """However much it has to do; others find room."""
        with contextlib.ExitStack() as stack:
            for _ in range(PLACES):
                stack.enter_context(narrow.connect(request("/later")))
            wait_until(lambda: narrow.connections == PLACES // 2, "half of the places are taken")
            assert b"200 OK" in narrow.ask(source="127.0.0.2")

    def test_a_named_proxy_may_take_all(self) -> None:
        """Many people come from it."""
        with listened(most=PLACES, proxies=("127.0.0.1",)) as server, contextlib.ExitStack() as stack:
            for _ in range(PLACES):
                stack.enter_context(server.connect(request("/later")))
            wait_until(lambda: server.connections == PLACES, "all places are taken")

    def test_open_pages_leave_room_for_requests(self, narrow: Listened) -> None:
        """Three quarters may stay; more pages are refused, requests are not."""
        with contextlib.ExitStack() as stack:
            for number in range(PLACES * 3 // 4):
                page = stack.enter_context(socket_to(narrow, f"127.0.0.{2 + number % 4}"))
            with pytest.raises((InvalidMessage, ConnectionError)), socket_to(narrow, "127.0.0.9"):
                pass
            assert b"200 OK" in narrow.ask()
            for _ in range(3 * PLACES):
                stack.enter_context(narrow.connect(HALF))
            page.send("still here")
            assert page.recv(5) == "still here"


def test_the_server_ends_soon() -> None:
    """Whatever strangers began, and who does not read what is sent to them."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack, listened() as server:
        for said in (HALF, request("/body", *BODY, method="POST") + b"x", request("/download")):
            for _ in range(20):
                stack.enter_context(server.connect(said))
        wait_until(lambda: server.connections == 60, "all are there")
        began = time.monotonic()
        server.end()
    assert time.monotonic() - began < STREAMS_SECONDS + 1
