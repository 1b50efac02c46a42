"""Who else has a database open."""

import errno
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard.store import presence
from dashboard.store.presence import Presence

pytest.importorskip("fcntl", reason="this system has other locks")

HOLD = (
    "import sys; from pathlib import Path; from dashboard.store.presence import Presence\n"
    "it = Presence(Path(sys.argv[1])); print(it.enter(), flush=True); it.settle(); print('in', flush=True)\n"
    "sys.stdin.read()\n"
)


def test_whoever_comes_second_is_not_alone(tmp_path: Path) -> None:
    """Until the first one is gone, which a killed process is at once."""
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603 - our own
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        assert other.stdout.readline() == b"in\n"
        mine = Presence(path)
        assert mine.enter() is False
        assert mine.is_alone() is False
        other.kill()
        other.wait()
        assert mine.is_alone() is True
    mine.leave()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_whoever_comes_while_the_first_one_begins_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not for ever."""
    monkeypatch.setattr(presence, "_PATIENCE_SECONDS", 0.1)
    first, second = Presence(tmp_path / "lock"), Presence(tmp_path / "lock")
    assert first.enter() is True
    began = time.monotonic()
    assert second.enter() is False
    assert time.monotonic() - began >= 0.1
    first.settle()
    assert second.enter() is False
    first.leave()
    second.leave()


@pytest.mark.parametrize("where", ["a folder that is not there", "a file system without locks"])
def test_where_nobody_can_tell(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is taken to be alone, and nobody waits."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    path = tmp_path / "lock"
    if "folder" in where:
        path = tmp_path / "missing" / "lock"
    else:
        monkeypatch.setattr("fcntl.flock", refuse)
    mine = Presence(path)
    began = time.monotonic()
    assert mine.enter() is False
    mine.settle()
    mine.leave()
    assert time.monotonic() - began < 2.0
