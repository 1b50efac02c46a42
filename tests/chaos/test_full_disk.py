"""The disk is full, at the first start and later: it is said everywhere, and nothing is broken by it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dashboard.settings import PREFIX
from dashboard.store.key_file import KEY_FILE
from tests.chaos.obstacles import no_room
from tests.chaos.waiting import wait_until
from tests.commands import DASHBOARD, Run, Running, free_port, running

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes"),
]

NOBODY = "http://127.0.0.1:9"


@contextmanager
def served(folder: Path) -> Iterator[tuple[Running, str]]:
    """A server that is ready, and its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {f"{PREFIX}DATA_DIR": str(folder / "data"), f"{PREFIX}API_URL": NOBODY}
    with running("serve", "--port", str(port), folder=folder, environment=environment) as process:
        process.wait_for("is ready at")
        wait_until(lambda: requests.get(f"{url}/readyz", timeout=30).ok, "it is ready")
        yield process, url


@pytest.mark.parametrize("arguments", [("serve",), ("secrets", "status")], ids=" ".join)
def test_at_the_first_start(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """One sentence, and no half of a file that the next start would stumble over."""
    environment = {
        **os.environ,
        f"{PREFIX}DATA_DIR": str(tmp_path / "data"),
        f"{PREFIX}PORT": str(free_port()),
    }
    done = subprocess.run(  # noqa: S603 - ourselves
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *DASHBOARD, *arguments],  # noqa: S607 - any shell
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ocr-dashboard: The ")
    assert "is full" in line
    assert not (tmp_path / "data" / KEY_FILE).exists()
    code, said = run("secrets", "status")
    assert (code, "Keys: 1" in said) == (0, True), said


def test_while_the_server_runs(tmp_path: Path) -> None:
    """Readiness knows it at once, a script is told, stored things can be read; all ends by itself."""
    with served(tmp_path) as (process, url):
        with no_room(pid=process.process.pid):
            task = {"tasks": [{"task_id": "one", "trial": True}]}
            answer = requests.post(f"{url}/api/v1/tasks", json=task, timeout=30)
            assert answer.status_code == 503
            assert "is full" in answer.json()["detail"]
            readiness = requests.get(f"{url}/readyz", timeout=30)
            assert readiness.status_code == 503
            assert "is full" in readiness.json()["problems"][0]
            assert requests.get(f"{url}/api/v1/tasks", timeout=30).json()["total"] == 0
        assert requests.post(f"{url}/api/v1/tasks", json=task, timeout=30).status_code == 200
        wait_until(lambda: requests.get(f"{url}/readyz", timeout=30).ok, "it is ready again", seconds=60)
        assert process.end(signal.SIGTERM) == 0
        assert "Traceback" not in process.said()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can make a disk")
def test_a_real_small_disk(tmp_path: Path, run: Run) -> None:
    """A start in which SQLite cannot even map its side file is told apart from a broken disk."""
    disk = tmp_path / "data"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)  # noqa: S603, S607
    if made.returncode:
        pytest.skip("this machine lets nobody make a disk")
    try:
        for free in (0, 12):
            with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
                for _ in range(16 - free // 4):
                    filler.write(bytes(4096))
            code, said = run("token", "list")
            assert (code, "full" in said) == (1, True), said
            assert "Traceback" not in said
            for left in disk.iterdir():
                left.unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607
