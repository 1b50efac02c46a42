"""The server as people start it: ready, polling, closed to the outside, and gone when told."""

import json
import signal
import sys
from pathlib import Path

import requests

from tests.chaos.waiting import wait_until
from tests.commands import free_port, is_free, running
from tests.outward import Outward

STREAMLIT = (sys.executable, "-m", "streamlit")
SERVER = Path(__file__).parent.parent / "dashboard" / "server.py"


def _get(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


def test_with_the_sandbox_from_any_folder(tmp_path: Path) -> None:
    """Says when it is ready, shows pages, reads the samples, asks nobody outside, and ends on SIGTERM."""
    outward = Outward(tmp_path / "outward")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"), **outward.environment}
    (tmp_path / "elsewhere").mkdir()
    with running(
        "serve", "--sandbox", "--port", str(port), folder=tmp_path / "elsewhere", environment=environment
    ) as server:
        assert server.wait_for("ready") == f"OCR Dashboard is ready at {url}"
        page = _get(url)
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert _get(f"{url}/task?id=1").status_code == 200
        assert _get(f"{url}/healthz").text == "ok\n"
        wait_until(lambda: _get(f"{url}/readyz").status_code == 200, "it becomes ready")
        assert 'ocr_dashboard_tasks{state="pending"}' in _get(f"{url}/metrics").text
        assert _get(f"{url}/api/v1/tasks").json()["total"] == 7

        def done() -> list[dict[str, object]]:
            states = "completed,completed_with_notices,completed_empty,partial"
            found: list[dict[str, object]] = _get(f"{url}/api/v1/tasks?state={states}").json()["items"]
            return found

        wait_until(lambda: len(done()) >= 4, "the first samples are read")
        assert all(_get(f"{url}/api/v1/tasks/{task['id']}/text").text for task in done())
        assert server.end(signal.SIGTERM) in (0, -signal.SIGTERM)
        said = server.said()
    assert "event=poller.stopped clean=true" in said
    assert "Traceback" not in said
    assert is_free(port)
    hosts = outward.hosts()
    assert hosts["ours"], "the watch has seen nothing at all"
    assert hosts["foreign"] == []


def test_ctrl_c(tmp_path: Path) -> None:
    """Ends a server with exit code 0 and a word; everything that was logged before is JSON if wanted."""
    port = free_port()
    environment = {
        "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"),
        "OCR_DASHBOARD_PORT": str(port),
        "OCR_DASHBOARD_LOG_JSON": "true",
    }
    with running(folder=tmp_path, environment=environment) as server:
        server.wait_for("is ready at")
        assert _get(f"http://127.0.0.1:{port}").status_code == 200
        assert server.end(signal.SIGINT) == 0
        lines = server.said().splitlines()
    assert lines[-1] == "Stopped."
    (announced,) = [
        line for line in lines if line.startswith("Stored tokens are encrypted with a new key in")
    ]
    assert str(tmp_path / "data" / "secret.key") in announced
    assert "beside the database" in announced
    said = ("OCR Dashboard is ready at", "Stopped.", announced)
    events = [json.loads(line)["event"] for line in lines if not line.startswith(said)]
    assert {"secret_key.created", "poller.started", "poller.stopped"} <= set(events)
    assert is_free(port)


def test_streamlits_own_command(tmp_path: Path) -> None:
    """``streamlit run dashboard/server.py`` serves the same, for this machine only."""
    port = free_port()
    environment = {
        "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"),
        "OCR_DASHBOARD_API_URL": "http://127.0.0.1:9",
    }
    options = [f"--server.port={port}", "--server.headless=true", "--browser.serverAddress=localhost"]
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return _get(f"{url}/healthz").text == "ok\n"
        except requests.ConnectionError:
            return False

    with running(
        "run", str(SERVER), *options, folder=tmp_path, environment=environment, program=STREAMLIT
    ) as server:
        wait_until(lambda: answers() or server.process.poll() is not None, "it answers")
        assert _get(url).headers["content-type"].startswith("text/html"), server.said()
        assert _get(f"{url}/api/v1/tasks").json() == {"items": [], "total": 0}
        assert server.end(signal.SIGTERM) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        assert "Traceback" not in server.said()
    assert is_free(port)
