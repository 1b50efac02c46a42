"""What is written on the disk belongs to its owner alone, whatever the umask and whoever made the folder."""

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard import bootstrap, private_files
from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.sandbox import kept_tasks
from dashboard.services.credentials import secret_keys
from dashboard.services.upkeep import checkup, installation_bundle
from dashboard.settings import Settings, load_settings
from dashboard.store import key_file
from dashboard.store.database import Database, sqlite_url
from tests.commands import Run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other means")

ROOT = Path(__file__).parents[1]
DATABASE = {f"dashboard.db{ending}" for ending in ("", "-wal", "-shm", ".generation", ".lock")}


@pytest.fixture(params=[0o000, 0o022], ids=["umask 0", "umask 022"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What most services run with, and the worst there is."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture(params=["new", "new below new", "0755", "0777"])
def folder(request: pytest.FixtureRequest, umask: int, tmp_path: Path) -> Path:
    """A data folder that is missing, or that somebody has made."""
    del umask
    if request.param == "new below new":
        return tmp_path / "a" / "b" / "data"
    data = tmp_path / "data"
    if request.param != "new":
        data.mkdir()
        data.chmod(int(request.param, 8))
    return data


def mode(path: Path) -> int:
    """Its permissions."""
    return stat.S_IMODE(path.lstat().st_mode)


def modes(folder: Path) -> dict[str, str]:
    """The permissions of everything in a folder."""
    return {path.name: f"{mode(path):04o}" for path in folder.iterdir()}


def opened(folder: Path, **given: object) -> Dashboard:
    """A dashboard in this folder that polls nothing."""
    return bootstrap.build(load_settings(data_dir=folder, poller="off", **given))


def exposed(settings: Settings) -> list[str]:
    """What the doctor says about files and folders."""
    subjects = ("file", "data folder")
    return [it.sentence for it in checkup.examine(lambda: settings) if it.subject in subjects]


def test_everything_in_the_data_folder(folder: Path) -> None:
    """With SQLite open, so that its side files are there, and the sandbox in use."""
    app = opened(folder)
    try:
        app.sandbox.seed(intake=app.team.intake, credentials=app.team.credentials)
        found = modes(folder)
    finally:
        app.stop()

    assert DATABASE | {"secret.key", "sandbox.json"} == found.keys()
    assert set(found.values()) == {"0600"}
    assert mode(folder) == 0o700
    if folder.parent.name == "b":
        assert [mode(folder.parent), mode(folder.parent.parent)] == [0o700, 0o700]


def test_what_was_left_open_is_closed(umask: int, tmp_path: Path) -> None:
    """By an earlier version, or by hand; side files too, and only what is ours."""
    del umask
    folder = tmp_path / "data"
    first = opened(folder)
    first.sandbox.seed(intake=first.team.intake, credentials=first.team.credentials)
    (folder / "dashboard.db.before-update").write_bytes(b"a copy")
    for path in folder.iterdir():
        path.chmod(0o666)
    folder.chmod(0o755)
    second = opened(folder)
    try:
        assert set(modes(folder).values()) == {"0600"}
        assert mode(folder) == 0o700
    finally:
        second.stop()
        first.stop()


def test_a_database_closed_while_another_process_has_it_open_still_works(tmp_path: Path) -> None:
    """Its permissions are changed without opening it: that would end the locks of whoever has it."""
    url = sqlite_url(tmp_path / "data")
    path = tmp_path / "data" / "dashboard.db"
    first = Database(url, busy_seconds=0.1)
    with first.writing() as session:
        session.connection().execute(text("CREATE TABLE it (n INTEGER)"))
        path.chmod(0o644)
        Database(url).close()
        begin = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0.1).execute('BEGIN IMMEDIATE')"
        other = [sys.executable, "-c", begin, str(path)]
        said = subprocess.run(other, capture_output=True, check=False, timeout=30)  # noqa: S603 - our own
        assert b"locked" in said.stderr
    assert mode(path) == 0o600
    first.close()


def test_a_rollback_journal_is_closed_as_well(umask: int, tmp_path: Path) -> None:
    """SQLite gives side files the permissions of their database."""
    del umask
    Database(sqlite_url(tmp_path / "data")).close()
    connection = sqlite3.connect(tmp_path / "data" / "dashboard.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=DELETE",
        "CREATE TABLE it (n)",
        "BEGIN",
        "INSERT INTO it VALUES (1)",
    ):
        connection.execute(statement)

    assert modes(tmp_path / "data") == {"dashboard.db": "0600", "dashboard.db-journal": "0600"}
    connection.close()


def test_a_database_named_by_its_own_url(umask: int, tmp_path: Path) -> None:
    """Outside of the data folder, where the folder is not ours to close."""
    del umask
    tmp_path.chmod(0o755)
    database = Database(f"sqlite:///{tmp_path}/else.sqlite")
    with database.writing() as session:
        session.connection().execute(text("CREATE TABLE it (n INTEGER)"))
        expected = {name.replace("dashboard.db", "else.sqlite") for name in DATABASE}
        assert modes(tmp_path) == dict.fromkeys(expected, "0600")
    assert mode(tmp_path) == 0o755
    database.close()


def test_the_key_file_is_written_anew(umask: int, tmp_path: Path) -> None:
    """Rotating keeps it closed, and does not write through a link."""
    del umask
    opened(tmp_path / "data").stop()
    settings = load_settings(data_dir=tmp_path / "data")
    precious = tmp_path / "precious"
    key = (tmp_path / "data" / key_file.KEY_FILE).read_text()
    precious.write_text(key)
    (tmp_path / "data" / key_file.KEY_FILE).unlink()
    (tmp_path / "data" / key_file.KEY_FILE).symlink_to(precious)
    assert secret_keys.put_new_key_in_front(settings) == 2

    assert precious.read_text() == key
    assert mode(tmp_path / "data" / key_file.KEY_FILE) == 0o600
    assert not (tmp_path / "data" / key_file.KEY_FILE).is_symlink()


def test_the_sandbox_does_not_write_through_a_link(umask: int, tmp_path: Path) -> None:
    """Neither at its file's name nor at any it can be guessed to use for a moment."""
    del umask
    precious = tmp_path / "precious"
    precious.write_text("precious")
    for name in ("sandbox.json", "sandbox.json.new"):
        (tmp_path / name).symlink_to(precious)
    kept_tasks.save(tmp_path / "sandbox.json", [])

    assert precious.read_text() == "precious"
    assert mode(tmp_path / "sandbox.json") == 0o600


@pytest.mark.parametrize("command", [["token", "list"], ["doctor"], ["secrets", "status"]], ids=" ".join)
def test_every_command_keeps_its_files_closed(tmp_path: Path, command: list[str]) -> None:
    """In a process of its own, with no umask at all, in a folder that was made open."""
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    environment = {
        **os.environ,
        "OCR_DASHBOARD_DATA_DIR": str(data),
        "OCR_DASHBOARD_API_URL": "http://127.0.0.1:9",
    }
    subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "dashboard", *command],
        cwd=ROOT, env=environment, umask=0, capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    assert {"dashboard.db", "secret.key"} <= modes(data).keys()
    assert set(modes(data).values()) == {"0600"}
    assert mode(data) == 0o700


def test_a_database_elsewhere_leaves_the_key_file_only(umask: int, tmp_path: Path, database_url: str) -> None:
    """PostgreSQL, or a file of another folder: the key is closed as well, in a folder that is."""
    del umask
    data = tmp_path / "keys"
    data.mkdir()
    data.chmod(0o755)
    app = opened(data, database_url=database_url)
    assert modes(data) == {"secret.key": "0600"}
    assert mode(data) == 0o700
    app.stop()


def home(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Somebody's home."""
    patch.setenv("HOME", str(folder))


def above_home(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Where homes are."""
    patch.setenv("HOME", str(folder / "ada"))


def temporary(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Where everybody's temporary files are."""
    patch.setattr(tempfile, "tempdir", str(folder))


def sticky(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Like such a one."""
    del patch
    folder.chmod(0o1777)


def used_otherwise(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A project's, for example."""
    del patch
    (folder / "index.html").write_text("for everybody")


@pytest.mark.parametrize("kind", [home, above_home, temporary, sticky, used_otherwise])
def test_a_folder_that_others_need_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: object
) -> None:
    """Our files in it are closed all the same, and the doctor says what can be done."""
    folder = tmp_path / "place"
    folder.mkdir()
    folder.chmod(0o755)
    kind(folder, monkeypatch)  # type: ignore[operator]  # one of the functions above
    before = mode(folder)
    app = opened(folder)
    mine = {name: it for name, it in modes(folder).items() if name != "index.html"}
    app.stop()

    assert mode(folder) == before
    assert set(mine.values()) == {"0600"}
    (said,) = exposed(load_settings(data_dir=folder, api_url="http://127.0.0.1:9"))
    assert f"others can get at {folder} (permissions {before:04o})" in said
    assert "OCR_DASHBOARD_DATA_DIR" in said
    assert f"chmod 700 {folder}" in said


@pytest.mark.parametrize("folder", ["/", "/tmp", "/var", "/home", "/usr/local"])  # noqa: S108 - only looked at
def test_folders_of_the_machine_are_known(folder: str) -> None:
    """Also where they hold nothing; nothing is changed here."""
    assert private_files.why_shared(Path(folder))


def test_what_a_link_of_our_name_leads_to_is_left_alone(tmp_path: Path) -> None:
    """Somebody who could write into the open folder may have planted it; the doctor says so."""
    data, precious, twin = tmp_path / "data", tmp_path / "precious", tmp_path / "twin"
    opened(data).stop()
    for path in (precious, twin):
        path.write_text("precious")
        path.chmod(0o644)
    (data / "dashboard.db-journal").symlink_to(precious)
    (data / "sandbox.json").hardlink_to(twin)
    private_files.close_files(data)

    assert [mode(precious), mode(twin)] == [0o644, 0o644]
    assert {path.name: why for path, why in private_files.still_exposed(data)} == {
        "dashboard.db-journal": "it is a link",
        "sandbox.json": "it has other names too",
    }


def test_nothing_is_said_where_all_is_closed(tmp_path: Path) -> None:
    """Neither by the doctor nor in the log of every start."""
    opened(tmp_path / "data").stop()

    assert exposed(load_settings(data_dir=tmp_path / "data", api_url="http://127.0.0.1:9")) == []
    assert private_files.close_files(tmp_path / "data") == []


class TestSupport:
    """``ocr-dashboard support FILE``: a new file in place of what has the name."""

    FILES = {"versions.json": "{}"}  # noqa: RUF012 - nobody changes it

    def test_a_link_is_replaced_and_not_followed(self, run: Run, umask: int, tmp_path: Path) -> None:
        """What it leads to stays as it is."""
        del umask
        precious, file = tmp_path / "precious", tmp_path / "bundle.zip"
        precious.write_text("precious")
        precious.chmod(0o644)
        file.symlink_to(precious)
        assert run("support", str(file))[0] == 1
        code, said = run("support", str(file), "--force")

        assert (code, precious.read_text(), mode(precious)) == (0, "precious", 0o644), said
        assert not file.is_symlink()
        assert mode(file) == 0o600
        assert "versions.json" in zipfile.ZipFile(file).namelist()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.zip", "data", "precious"]

    @pytest.mark.usefixtures("umask")
    def test_other_names_of_the_file_keep_their_content(self, tmp_path: Path) -> None:
        """A hard link is a name like any other."""
        precious, file = tmp_path / "precious", tmp_path / "bundle.zip"
        precious.write_text("precious")
        file.hardlink_to(precious)
        installation_bundle.write(file, self.FILES, overwrite=True)

        assert precious.read_text() == "precious"
        assert mode(file) == 0o600

    @pytest.mark.usefixtures("umask")
    def test_an_open_file_is_replaced_by_a_closed_one(self, tmp_path: Path) -> None:
        """Whoever has the old one open does not get to see the new one."""
        file = tmp_path / "bundle.zip"
        file.write_text("old")
        file.chmod(0o666)
        with file.open() as reader:
            installation_bundle.write(file, self.FILES, overwrite=True)
            assert reader.read() == "old"
        assert mode(file) == 0o600

    def test_a_link_to_nothing(self, tmp_path: Path) -> None:
        """Nothing is made where it leads."""
        file = tmp_path / "bundle.zip"
        file.symlink_to(tmp_path / "nothing")
        with pytest.raises(InputRefused, match="exists already"):
            installation_bundle.write(file, self.FILES)
        installation_bundle.write(file, self.FILES, overwrite=True)

        assert not (tmp_path / "nothing").exists()
        assert file.is_file()

    @pytest.mark.timeout(20)
    def test_what_is_no_file_is_refused(self, tmp_path: Path) -> None:
        """A pipe would hold us up, and a device would be gone."""
        pipe, link = tmp_path / "pipe", tmp_path / "link"
        os.mkfifo(pipe)
        link.symlink_to(pipe)
        for path in (pipe, link, tmp_path, Path("/dev/null"), Path("/dev/stdout")):
            for overwrite in (False, True):
                with pytest.raises(InputRefused, match="no file that could be replaced"):
                    installation_bundle.write(path, self.FILES, overwrite=overwrite)
        assert stat.S_ISFIFO(pipe.lstat().st_mode)

    def test_what_fails_leaves_nothing_behind(self, tmp_path: Path) -> None:
        """Neither half a bundle nor an empty file, and what was there stays."""
        file = tmp_path / "bundle.zip"
        broken = {"a.json": "{}", "b.json": None}
        with pytest.raises(TypeError):
            installation_bundle.write(file, broken)  # type: ignore[arg-type]  # what is tested
        assert list(tmp_path.iterdir()) == []
        file.write_text("old")
        with pytest.raises(TypeError):
            installation_bundle.write(file, broken, overwrite=True)  # type: ignore[arg-type]  # as above
        assert file.read_text() == "old"
        assert list(tmp_path.iterdir()) == [file]
