"""What hostile answers of the OCR service cost everybody else: ``python tests/benchmarks/hostile.py [CASE...]``.

Each answer is fetched by a server of its own, looked at in every way there is, and taken out; meanwhile somebody
else asks for their board and the server's memory is read.
"""

import asyncio
import base64
import io
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from dashboard import logs

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import Running, serving_dashboard, show

BODY = 64 * 2**20
"""Bytes of the largest answer that is read."""

PATIENCE = 120.0
"""Seconds until a request or a page is given up."""

_HEAD = b'{"id":"hostile","taskStatus":"Completed","responseStatusCode":"Ok","results":['
_FOOT = b'],"error":null}'
_ROOM = BODY - len(_HEAD) - len(_FOOT) - 100


def main(wanted: list[str]) -> None:
    """Measure every answer, or those that are named."""
    logs.configure(level="error")
    rows = [measured(name, make) for name, make in ANSWERS.items() if not wanted or name in wanted]
    show(
        "Hostile answers",
        ["answer", "MiB", "stored s", "peak MiB", "slowest ms", "calls", "state", "views s", "taken out s"],
        rows,
        {
            "stored": "from registration until the outcome is stored",
            "peak": "memory of the server and its workers over rest, at any time",
            "slowest": "request of somebody else meanwhile: the list of tasks, asked without a pause",
            "calls": "that the service got for the task",
            "views": "task page, then GET /tasks/{id}, then a search for a phrase",
            "taken out": "GET /text, the results as ZIP, the team's export broken off after its first bytes",
        },
    )


@dataclass(slots=True)
class Service:
    """The hostile service, in this process."""

    body: bytes
    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)


@contextmanager
def hostile_service(body: bytes) -> Iterator[Service]:
    """Answer everything with this body until the end of the block."""
    service = Service(body)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.calls[self.path.partition("id=")[2]] += 1
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(service.body)))
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def measured(name: str, make: Callable[[], bytes]) -> tuple[object, ...]:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as made, hostile_service(make()) as service:
        folder = Path(made)
        with serving_dashboard(folder, api_url=service.url) as server, watching(server) as watch:
            api = f"{server.url}/api/v1"
            began = time.perf_counter()
            entry = {"task_id": "hostile-0001", "trial": True}
            answer = requests.post(f"{api}/tasks", json={"tasks": [entry]}, timeout=PATIENCE).json()
            task_ref = answer["registered"][0]["id"]
            state = _state_at_last(api, task_ref)
            stored = time.perf_counter() - began
            began = time.perf_counter()
            asyncio.run(_page(server.url, "task", f"id={task_ref}", holds=b"Files"))
            requests.get(f"{api}/tasks/{task_ref}", timeout=PATIENCE).raise_for_status()
            asyncio.run(_page(server.url, "library", 'q="' + "a+" * 60 + '"', holds=b"result"))
            seen = time.perf_counter() - began
            began = time.perf_counter()
            for way in (f"tasks/{task_ref}/text", f"export?ids={task_ref}"):
                with requests.get(f"{api}/{way}", stream=True, timeout=PATIENCE) as taken:
                    for _ in taken.iter_content(65_536):
                        pass
            with requests.get(f"{api}/team/export", stream=True, timeout=PATIENCE) as taken:
                next(taken.iter_content(1), None)
            out = time.perf_counter() - began
    return (
        name,
        f"{len(service.body) / 2**20:.0f}",
        f"{stored:.1f}",
        f"{watch.peak - watch.rest:.0f}",
        f"{watch.slowest * 1000:.0f}",
        service.calls["hostile-0001"],
        state,
        f"{seen:.1f}",
        f"{out:.1f}",
    )


@dataclass(slots=True)
class Watch:
    """What was seen so far."""

    rest: float
    peak: float
    slowest: float = 0.0


@contextmanager
def watching(server: Running) -> Iterator[Watch]:
    """Ask as somebody else, and read the server's memory, until the end of the block."""
    for _ in range(20):  # what loads late is loaded now
        requests.get(f"{server.url}/api/v1/tasks", timeout=PATIENCE)
    asyncio.run(_page(server.url, "", ""))
    rest = _memory(server.process.pid)
    watch, over = Watch(rest, rest), threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not over.wait(0.02):
                began = time.perf_counter()
                session.get(f"{server.url}/api/v1/tasks", timeout=PATIENCE).raise_for_status()
                watch.slowest = max(watch.slowest, time.perf_counter() - began)

    def weigh() -> None:
        while not over.wait(0.01):
            watch.peak = max(watch.peak, _memory(server.process.pid))

    threads = [threading.Thread(target=work, daemon=True) for work in (ask, weigh)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)


def _memory(pid: int) -> float:
    """Resident MiB of a process and the processes it has started."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    except (OSError, IndexError):
        return 0.0  # it ended meanwhile
    return resident + sum(map(_memory, children))


def _children(task: Path) -> list[int]:
    try:
        return [int(child) for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _state_at_last(api: str, task_ref: int) -> str:
    deadline = time.monotonic() + PATIENCE
    state = "pending"
    while time.monotonic() < deadline:
        state = requests.get(f"{api}/tasks/{task_ref}", timeout=PATIENCE).json()["state"]
        if state not in ("pending", "processing"):
            break
        time.sleep(0.05)
    return state


async def _page(url: str, page: str, query: str, *, holds: bytes = b"") -> None:
    """Have one page drawn, to its end; it has to hold these words."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    state = ClientState(page_name=page, query_string=query)
    has_words = False
    async with asyncio.timeout(PATIENCE):
        async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as connection:
            await connection.send(BackMsg(rerun_script=state).SerializeToString())
            while True:
                raw = await connection.recv(decode=False)
                message = ForwardMsg.FromString(raw)
                kind = message.WhichOneof("type")
                if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                    raise RuntimeError(message.delta.new_element.exception.message)
                has_words = has_words or holds in raw
                if kind == "script_finished":
                    break
    if not has_words:
        raise RuntimeError(f"The page {page!r} does not show {holds!r}.")


def _envelope(entries: bytes) -> bytes:
    return _HEAD + entries + _FOOT


def _of(data: bytes, kind: bytes = b"Text") -> bytes:
    return _envelope(b'{"type":"' + kind + b'","data":"' + base64.b64encode(data) + b'"}')


def _filled(piece: bytes) -> bytes:
    return piece * (_ROOM // len(piece))


def _text(piece: bytes) -> bytes:
    return piece * (_ROOM * 3 // 4 // len(piece))


def _workbook_bomb() -> bytes:
    """A workbook of a hundred kilobytes with five hundred megabytes of cells in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(500):
                sheet.write(b"<c/>" * 250_000)
    return file.getvalue()


def _workbook_of_strings() -> bytes:
    """A workbook that stays below the limit and holds millions of strings."""
    strings = b"<sst>" + b"<si><t/></si>" * 3_600_000 + b"</sst>"
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}"><sheets/></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{relations}"/>')
        archive.writestr("xl/sharedStrings.xml", strings)
    return file.getvalue()


def _pdf_bomb() -> bytes:
    """A page that draws the same form thirty million times."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
        _stream(b"", b"/F Do " * 1_000),
        *(
            _stream(
                b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</F %d 0 R>>>>"
                % (number + 1),
                b"/F Do " * 1_000,
            )
            for number in (5, 6)
        ),
        _stream(b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]", b"0 0 600 800 re f " * 30),
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(content), content)


@cache
def _deep() -> bytes:
    return b'{"a":' * 5_000_000


ANSWERS: dict[str, Callable[[], bytes]] = {
    "asterisks": lambda: _of(_text(b"*\n")),
    "asterisks, not Base64": lambda: _envelope(b'{"type":"Text","data":"' + _filled(b"* ") + b'"}'),
    "empty parts": lambda: _envelope(_filled(b'{"type":"Text","data":""},')[:-1]),
    "200,000 parts": lambda: _envelope((b'{"type":"Text","data":"QUJD"},' * 200_000)[:-1]),
    "one single line": lambda: _of(_text(b"a ")),
    "200,000 masks": lambda: _of(b"to *** it by " * 200_000),
    "judged, 100,000 masks": lambda: _of(b"one two three four five six seven eight nine *** " * 100_000),
    "deep JSON": lambda: _of(_deep()),
    "flat JSON": lambda: _of(b"[" + b"[]," * 1_600_000 + b"[]]"),
    "XLSX bomb": lambda: _of(_workbook_bomb(), b"Excel"),
    "XLSX of strings": lambda: _of(_workbook_of_strings(), b"Excel"),
    "PDF bomb": lambda: _of(_pdf_bomb(), b"Pdf"),
}

if __name__ == "__main__":
    main(sys.argv[1:])
