"""A reverse proxy before several servers: whoever came to one comes to it again while it lives, by a cookie."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

COOKIE = "machine"
_CHOSEN = re.compile(rb"^cookie:.*\b%s=(\d)" % COOKIE.encode(), re.IGNORECASE | re.MULTILINE)
_END = b"\r\n\r\n"


class StickyProxy:
    """Forwards HTTP and WebSockets as they are; a server that is away is left out, as nginx and Caddy do.

    A request goes to another server when its own cannot be reached, and a GET also when it ends without an answer.
    """

    def __init__(self, upstreams: Sequence[str]) -> None:
        self.upstreams = [(address.hostname, address.port) for address in map(urlsplit, upstreams)]
        self.answered: Counter[int] = Counter()
        """How many requests each server answered."""
        self.url = ""

    async def serve(self, client: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection: its first request decides where all of it goes."""
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await client.readuntil(_END)
            chosen = _CHOSEN.search(head)
            everybody = range(len(self.upstreams))
            first = int(chosen[1]) if chosen else min(everybody, key=lambda number: self.answered[number])
            for number in (first, *(other for other in everybody if other != first)):
                if await self._forwarded(number, head, client, writer):
                    break
            else:
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()

    async def _forwarded(
        self, number: int, head: bytes, client: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether this server has answered, or may have acted on the request."""
        try:
            server, to_server = await asyncio.open_connection(*self.upstreams[number])
        except OSError:
            return False
        to_server.write(head)
        sending = asyncio.create_task(_copy(client, to_server))
        try:
            answer = await server.readuntil(_END)
        except (OSError, asyncio.IncompleteReadError):
            to_server.close()
            sending.cancel()
            if head.startswith(b"GET "):
                return False
            raise
        self.answered[number] += 1
        writer.write(answer[:-2] + f"Set-Cookie: {COOKIE}={number}; Path=/; HttpOnly\r\n\r\n".encode())
        receiving = asyncio.create_task(_copy(server, writer))
        try:
            await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            receiving.cancel()
            to_server.close()
        return True


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65_536):
            target.write(piece)
            await target.drain()


@contextmanager
def sticky_proxy(upstreams: Sequence[str]) -> Iterator[StickyProxy]:
    """Run one on a free port of this machine, in a thread."""
    proxy, loop = StickyProxy(upstreams), asyncio.new_event_loop()
    listens, over = threading.Event(), asyncio.Event()

    async def listen() -> None:
        async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
            proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            listens.set()
            await over.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # ends what is still open
            runner.run(listen())

    thread = threading.Thread(target=run)
    thread.start()
    listens.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
