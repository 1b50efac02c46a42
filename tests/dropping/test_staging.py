import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.dropping import staging
from dashboard.dropping.staging import KEPT, Staging, Waiting
from dashboard.errors import InputRefused
from tests.dropping import made

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> Staging:
    """Where files wait."""
    return Staging(tmp_path / "dropped", largest=5_000_000)


def drop(
    shelf: Staging, data: bytes, name: str = "scan.png", *, whose: str = "1-p1", after: int = 0
) -> Waiting:
    """One file, so many seconds later."""
    incoming = shelf.begin(whose, len(data), NOW + timedelta(seconds=after))
    incoming.path.write_bytes(data)
    return shelf.take(incoming, name)


def test_what_is_dropped_waits_for_its_owner(shelf: Staging, tmp_path: Path) -> None:
    """In the order in which it came, another start of the server included; for nobody else on this machine."""
    drop(shelf, made.as_file("PNG"), "b.png")
    drop(shelf, b"MZ" + bytes(9), "bad.png", after=1)
    drop(shelf, made.tiff([made.picture("1"), made.picture("2")]), "fax.tif", after=2)
    drop(shelf, made.pdf(), "a.pdf", whose="1-p2", after=3)
    again = Staging(tmp_path / "dropped", largest=1).all("1-p1")
    assert [one.name for one in again.files] == ["b.png", "fax.tif, page 1", "fax.tif, page 2"]
    assert [one.name for one in again.not_taken] == ["bad.png"]
    assert again.size == sum(one.path.stat().st_size for one in again.files)
    assert len({one.id for one in again.files}) == 3
    for path in (tmp_path / "dropped").rglob("*"):
        assert (
            stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
            or path.name == "original"
        )


def test_removing(shelf: Staging, tmp_path: Path) -> None:
    """Takes the bytes away; what is left of the same file stays; nonsense and others' files are no mistake."""
    fax = drop(shelf, made.tiff([made.picture("1"), made.picture("2")]), "fax.tif").files
    other = drop(shelf, made.as_file("PNG"), whose="1-p2", after=1).files[0]
    shelf.remove("1-p1", [fax[0].id, other.id, "../../x", "", "1-1"])
    assert not fax[0].path.exists()
    assert [one.id for one in shelf.all("1-p1").files] == [fax[1].id]
    assert other.path.exists()
    shelf.remove("1-p1", [fax[1].id])
    shelf.remove("1-p1", [fax[1].id])
    assert shelf.all("1-p1") == Waiting()
    assert list((tmp_path / "dropped" / "1-p1").iterdir()) == []


def test_a_file_that_does_not_come_whole(shelf: Staging, tmp_path: Path) -> None:
    """Is not there, before and after."""
    incoming = shelf.begin("1-p1", 10, NOW)
    assert shelf.all("1-p1") == Waiting()
    incoming.give_up()
    assert list((tmp_path / "dropped" / "1-p1").iterdir()) == []
    with pytest.raises(FileNotFoundError):
        shelf.take(incoming, "scan.png")


def test_sweeping(shelf: Staging) -> None:
    """By age, whosever it is, also what never came whole."""
    drop(shelf, made.as_file("PNG"))
    shelf.begin("1-p2", 10, NOW)
    drop(shelf, made.as_file("PNG"), after=60)
    assert shelf.forget_old(NOW + KEPT) == 0
    assert shelf.forget_old(NOW + KEPT + timedelta(seconds=1)) == 2
    assert len(shelf.all("1-p1").files) == 1


def test_what_one_person_may_have_waiting(shelf: Staging, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of files, and of bytes."""
    size = drop(shelf, made.as_file("PNG")).size
    monkeypatch.setattr(staging, "MOST_BYTES", size + 10)
    shelf.begin("1-p1", 10, NOW)
    with pytest.raises(InputRefused, match="Send or remove some"):
        shelf.begin("1-p1", 11, NOW)
    monkeypatch.setattr(staging, "MOST_FILES", 1)
    with pytest.raises(InputRefused, match="Send or remove some"):
        shelf.begin("1-p1", 0, NOW)
    shelf.begin("1-p2", 0, NOW)
