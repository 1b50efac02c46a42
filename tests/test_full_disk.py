"""Whoever says that a disk is full, and however: it is understood, and no half of a file is left."""

import errno
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard import cli, full_disk, private_files
from dashboard.errors import DiskFull, StoreUnavailable
from dashboard.services.upkeep import checkup
from dashboard.web import api_errors
from tests.chaos.obstacles import no_room
from tests.commands import Run


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_the_system_says(number: int) -> None:
    """A full disk, a quota that is used up, and a limit of the process are all the same to people."""
    error = OSError(number, "in English")
    assert full_disk.is_full(error)
    assert full_disk.reason(error) == "the disk is full"
    refusal = full_disk.refusal("The file cannot be written", error, "Change its permissions.")
    assert isinstance(refusal, DiskFull)
    assert str(refusal) == "The file cannot be written: the disk is full. Free some space."


def test_other_refusals_are_told_as_they_are() -> None:
    """With what to do about them."""
    error = PermissionError(errno.EACCES, "Permission denied")
    refusal = full_disk.refusal("The file cannot be written", error, "Change its permissions.")
    assert type(refusal) is StoreUnavailable
    assert str(refusal) == "The file cannot be written (Permission denied). Change its permissions."
    assert not full_disk.is_full(ValueError())


def test_looking_at_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried where a lot is free, unless somebody has reason to ask; nothing is left there."""
    with no_room():
        assert full_disk.is_full_at(tmp_path, surely=True)
        assert not full_disk.is_full_at(tmp_path)
        monkeypatch.setattr(full_disk, "_PLENTY", 1 << 62)
        assert full_disk.is_full_at(tmp_path)
    assert not full_disk.is_full_at(tmp_path, surely=True)
    assert not full_disk.is_full_at(tmp_path / "away", surely=True)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A full disk leaves nothing; whatever has the name keeps it."""
    path = tmp_path / "file"
    with no_room(), pytest.raises(OSError, match="too large"), private_files.making(path) as file:
        file.write(b"half")
    assert list(tmp_path.iterdir()) == []
    with private_files.making(path) as file:
        file.write(b"whole")
    with pytest.raises(FileExistsError), private_files.making(path) as file:
        file.write(b"another")
    assert path.read_bytes() == b"whole"
    assert private_files.permissions(path) == "0600"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_refused: bool) -> None:  # noqa: FBT001 - a table
    """There the file takes a name that was free a moment before."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "file"
    if is_refused:
        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(PermissionError), private_files.making(path) as file:
            file.write(b"whole")
        assert list(tmp_path.iterdir()) == []
        return
    with private_files.making(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    with pytest.raises(FileExistsError), private_files.making(path) as file:
        file.write(b"another")
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_file_is_the_new_one_or_the_old_one(tmp_path: Path) -> None:
    """A full disk leaves the old one."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with no_room(), pytest.raises(OSError, match="too large"), private_files.replacing(path) as file:
        file.write(b"half")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it meets a full disk, it ends with a sentence; other errors of the system are not hidden."""
    errors = [
        OSError(errno.ENOSPC, "No space left on device", "/disk/sorting"),
        OSError(errno.EIO, "I/O error"),
    ]

    def fail(_: object) -> None:
        raise errors.pop(0)

    monkeypatch.setattr(checkup, "examine", fail)
    assert run("doctor") == (1, "ocr-dashboard: The disk with /disk/sorting is full. Free some space.\n")
    monkeypatch.setattr(sys, "argv", ["ocr-dashboard", "doctor"])
    with pytest.raises(OSError, match="I/O error"):
        cli.main()


def test_the_api() -> None:
    """A script is told what is the matter, and may try again."""
    api = FastAPI()
    api_errors.install(api)

    @api.get("/")
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    answer = TestClient(api, raise_server_exceptions=False).get("/")
    assert (answer.status_code, answer.json()) == (503, {"detail": full_disk.SENTENCE})


def test_a_page() -> None:
    """One calm sentence; the rest of the page stays."""

    def page() -> None:
        import errno

        from dashboard.ui import messages

        with messages.on_failure():
            raise OSError(errno.ENOSPC, "No space left on device")

    drawn = AppTest.from_function(page).run()
    assert not drawn.exception
    assert "The disk is full." in "".join(str(element.proto) for element in drawn.main)
