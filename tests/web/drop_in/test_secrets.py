"""No secret of the service's gets out to scripts, and none of ours to the service or into a log."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import requests

from dashboard import logs
from dashboard.bootstrap import Dashboard, build
from dashboard.models import Role
from dashboard.settings import Settings
from tests.served import served
from tests.web.drop_in.conftest import BODY, OCR, bearer, minted

VENDOR = "Pl4nted-vendor-token-that-is-no-JWT-0123456789"
CLIENT_SECRET = "Pl4nted-client-secret-0123456789"


class Echo(BaseHTTPRequestHandler):
    """A service that says back whatever it is sent, with the status that the label asks for."""

    heard: ClassVar[list[str]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Answer, and note everything."""
        self.answer(self.rfile.read(int(self.headers.get("content-length", 0))).decode("utf-8", "replace"))

    def do_GET(self) -> None:
        """The same."""
        self.answer("")

    def do_DELETE(self) -> None:
        """The same."""
        self.answer("")

    def answer(self, body: str) -> None:
        """Say back the head, and the end of the body."""
        said = f"{self.path}\n{self.headers}\n{body}"
        self.heard.append(said)
        if self.path == "/connect/token" and self.status == 200:
            text = json.dumps({"access_token": VENDOR, "expires_in": 3600, "token_type": "Bearer"})
        else:
            text = json.dumps({"detail": said, "taskStatus": "Error", "error": {"messages": [said]}})
        raw = text.encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", self.headers.get("Authorization", ""))
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def echo() -> Iterator[str]:
    """It listens."""
    Echo.heard.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def app(tmp_path: Path, echo: str) -> Iterator[Dashboard]:
    """With access control, and a token that is minted."""
    built = build(Settings(data_dir=tmp_path, access="team", api_url=echo))
    built.team.drop_in.switch(on=True)
    built.team.credentials.add(label="Ours", client_id="us", client_secret=CLIENT_SECRET)
    built.team.credentials.add(label="Pasted", access_token=f"{VENDOR}-pasted")
    built.start_polling()
    yield built
    built.stop()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 429, 500, 503])
def test_nothing_gets_out_whatever_the_service_says(
    app: Dashboard, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in an answer, not in a header of one, not in the log; and the service never hears of a key of ours."""
    monkeypatch.setattr("dashboard.web.drop_in._FIRST_ANSWER", 0.5)
    written = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure(level="debug", stream=written)
    answers: list[requests.Response] = []
    try:
        with served(app) as url:
            key = app.team.members.make_key(label="k", role=Role.EDITOR)
            address = app.team.drop_in.make_address(label="a")
            token = minted(url, key)
            Echo.status = status
            for headers, base in ((bearer(key), url), (bearer(token), url), ({}, f"{url}/in/{address}")):
                for named in ({}, {"X-OCR-Dashboard-Token": "Pasted"}, {"X-OCR-Dashboard-Token": "Ours"}):
                    given = {**headers, **named}
                    answers += [
                        requests.post(f"{base}{OCR}/RecognizeImage", json=BODY, headers=given, timeout=30),
                        requests.get(f"{base}{OCR}/RecognizeImage?id=some-task-1", headers=given, timeout=30),
                        requests.get(
                            f"{base}{OCR}/Utilities/GetTaskStatus?id=no-task-1", headers=given, timeout=30
                        ),
                        requests.delete(
                            f"{base}{OCR}/RecognizeImage?id=no-task-2", headers=given, timeout=30
                        ),
                    ]
    finally:
        Echo.status = 200
        root.handlers[:], root.level = before
    ours = {"key": key, "token": token, "address": address}
    for answer in answers:
        said = f"{answer.headers}{answer.text}"
        assert VENDOR not in said
        assert CLIENT_SECRET not in said
        assert not [name for name, secret in ours.items() if secret in said]
        assert "X-Echo" not in answer.headers
    assert Echo.heard
    heard = "".join(Echo.heard)
    assert not [name for name, secret in ours.items() if secret[:20] in heard]
    assert "ocr-dashboard-" not in heard.lower()
    log = written.getvalue()
    assert not [name for name, secret in ours.items() if secret[:28] in log]
    assert VENDOR not in log
    stored = b"".join(path.read_bytes() for path in app.settings.data_dir.rglob("*") if path.is_file())
    assert not [name for name, secret in ours.items() if secret.encode() in stored]
