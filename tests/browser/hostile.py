"""A service that means harm: it speaks the wire format and puts traps into everything a person may read."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TRAP = (
    "<script>alert(1)</script><img src=http://elsewhere.invalid/a.png onerror=alert(2)><svg onload=alert(3)>"
    "![x](http://elsewhere.invalid/b.png)[y](javascript:alert(4))<a href='javascript:alert(5)'>z</a>"
)
TEXT = f"""\n{TRAP}
</pre></div><iframe src=//elsewhere.invalid/></iframe><style>@import "//elsewhere.invalid/c.css"</style>
<meta http-equiv=refresh content="0;url=//elsewhere.invalid/"><base href=//elsewhere.invalid/>
\x1b[31mred\x1b[0m \u202egnp.exe\u202c \u2066isolated\u2069 &lt;b&gt; &#x3c;i&#x3e; :red[x] :material/home:
$\\href{{javascript:alert(6)}}{{x}}$ ${{alert(7)}} {{{{7*7}}}} https://elsewhere.invalid/ \r\n\ttab  blanks
*** <mark class="masked">*****</mark>\n"""

LABEL = "<img src=//elsewhere.invalid/g onerror=alert(12)>![x](//elsewhere.invalid/h.png)[y](javascript:alert(13))"

COMPLETED = "trap<svg/onload=alert(8)>completed-1"
FAILED = "trap<img/src=//elsewhere.invalid/d/onerror=alert(9)>failed-2"
BROKEN = "trap![x](http://elsewhere.invalid/e.png)broken-3"
REJECTED = "trap'\"><script>alert(10)</script>rejected-4"


def _envelope(task_status: str, code: str, **more: object) -> bytes:
    return json.dumps({"taskStatus": task_status, "responseStatusCode": code, **more}).encode()


_ANSWERS = {
    COMPLETED: (
        200,
        _envelope(
            "Completed",
            "Ok",
            results=[
                {"type": kind, "data": base64.b64encode(data).decode()}
                for kind, data in (("Text", TEXT.encode()), (TRAP, b"\x89PNG\r\n\x1a\n"))
            ],
            error={"messages": [TRAP, "\x1b[1mbold \u202eover"], "warnings": TRAP},
        ),
    ),
    FAILED: (200, _envelope("Error", "Error", error={"messages": [TRAP]})),
    BROKEN: (500, json.dumps({"title": TRAP, "detail": TRAP}).encode()),
    REJECTED: (401, json.dumps({"title": TRAP, "errors": {TRAP: [TRAP]}}).encode()),
}


@contextmanager
def hostile_service() -> Iterator[str]:
    """Listen on a free port; gives its URL."""
    with answering(_ANSWERS) as url:
        yield url


def result(*parts: tuple[str, bytes]) -> tuple[int, bytes]:
    """The answer of a completed task with these types and files."""
    results = [{"type": kind, "data": base64.b64encode(data).decode()} for kind, data in parts]
    return 200, _envelope("Completed", "Ok", results=results)


@contextmanager
def answering(answers: Mapping[str, tuple[int, bytes]]) -> Iterator[str]:
    """A service that answers by the asked ID alone; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        """Springs the trap that belongs to the ID."""

        def do_GET(self) -> None:
            """Answer."""
            asked = parse_qs(urlsplit(self.path).query).get("id", [""])[0]
            status, body = answers[asked]
            self.send_response(status, TRAP)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
