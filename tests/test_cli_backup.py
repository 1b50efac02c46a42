"""``ocr-dashboard backup``, ``verify`` and ``restore``: what they say, refuse and leave behind."""

import shlex
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard import bootstrap
from dashboard.services.credentials import secret_keys
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from dashboard.store import key_file
from dashboard.store.backup_facts import fingerprints
from dashboard.store.board_filter import BoardFilter
from tests.commands import Run
from tests.postgres import PostgresServer
from tests.store.test_backup import rows, spoil

SECRET = "planted-secret-0123456789"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two tasks, a token and the sandbox's file; nothing runs in it."""
    folder = tmp_path / "data"
    built = bootstrap.build(load_settings(data_dir=folder))
    built.sandbox.seed(intake=built.team.intake, credentials=built.team.credentials)
    built.team.credentials.add(label="Archive", access_token=SECRET)
    built.team.intake.register([NewTask(task_id="t-1"), NewTask(task_id="t-2")])
    built.stop()
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "it.backup"


def tasks_in(folder: Path) -> int:
    """How many tasks a program finds there."""
    return len(rows(folder / "dashboard.db"))


def test_there_and_back(run: Run, data: Path, file: Path, tmp_path: Path) -> None:
    """What is said of each step; a backup is one file of its owner's, and holds no key."""
    total = tasks_in(data)
    code, said = run("backup", str(file))
    key = (data / key_file.KEY_FILE).read_text()
    named = fingerprints([key])[0]
    assert code == 0
    assert f"Written: {file} (" in said
    assert f"It holds 1 team, {total} tasks, 0 results, 2 tokens." in said
    assert (
        f"The key (fingerprint {named}) is not in it: keep a copy of {data / key_file.KEY_FILE} elsewhere."
        in said
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key.encode() not in file.read_bytes()
    assert key not in said

    code, said = run("verify", str(file))
    assert code == 0
    assert "UTC by version 0.1.0, at revision " in said
    assert "Every page, result and image is what was stored." in said
    assert f"Stored tokens: 2 of 2 can be read with the key here (fingerprint {named})." in said

    built = bootstrap.build(load_settings(data_dir=data))
    built.team.intake.register([NewTask(task_id="t-3")])
    built.stop()
    (data / "sandbox.json").write_text("changed")
    code, said = run("restore", str(file), stdin="n\n")
    assert (code, tasks_in(data)) == (1, total + 1)
    assert "Nothing was changed." in said
    code, said = run("restore", str(file))
    assert (code, tasks_in(data)) == (1, total + 1)
    assert "Add --force" in said
    code, said = run("restore", str(file), stdin="y\n")
    assert (code, tasks_in(data)) == (0, total)
    kept = [Path(line.removeprefix("Kept: ")) for line in said.splitlines() if line.startswith("Kept: ")]
    database, generation, sandbox = kept
    assert [it.name.partition(".before-restore-")[0] for it in (database, sandbox)] == [
        "dashboard.db",
        "sandbox.json",
    ]
    assert generation.name == f"{database.name}.generation"
    assert len(rows(database)) == total + 1
    assert sandbox.read_text() == "changed"
    assert "tasks" in (data / "sandbox.json").read_text()
    assert {stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()} == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert run("token", "list")[0] == 0
    assert run("verify", str(file))[0] == 0
    assert {it.name for it in tmp_path.iterdir()} == {"data", "it.backup"}


def test_names_that_are_taken(run: Run, data: Path, file: Path, tmp_path: Path) -> None:
    """Refused without a word; never the dashboard's own files, and never through a link."""
    file.write_text("precious")
    assert run("backup", str(file)) == (
        1, f"ocr-dashboard: {file} exists already. Name another file, or add --force.\n",
    )  # fmt: skip
    link = tmp_path / "link"
    link.symlink_to(file)
    assert run("backup", str(link), "--force")[0] == 0
    assert (file.read_text(), link.is_symlink()) == ("precious", False)
    assert run("backup", str(file), "--force")[0] == 0
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    (tmp_path / "other").symlink_to(data / "dashboard.db")
    (tmp_path / "folder").symlink_to(data)
    for name in ("data/dashboard.db", "data/secret.key", "data/sandbox.json", "data/dashboard.db-wal", "other",
                 "folder/secret.key"):  # fmt: skip
        code, said = run("backup", str(tmp_path / name), "--force")
        assert (code, "own files" in said) == (1, True), name
    code, said = run("backup", str(tmp_path / "nowhere" / "it"))
    assert (code, "cannot be written" in said) == (1, True)
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_where_there_is_nothing(run: Run, file: Path, tmp_path: Path) -> None:
    """Neither a database nor a key is made by asking."""
    code, said = run("backup", str(file))
    assert (code, "There is nothing to back up" in said) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_backup(run: Run, data: Path, file: Path, tmp_path: Path) -> None:
    """Said in a sentence, with exit code 1, and restored by nobody."""
    run("backup", str(file))
    spoil(file)
    (tmp_path / "text").write_text("a text")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    for name, words in (
        (str(file), "The file is damaged"),
        ("text", "no backup of the dashboard"),
        ("missing", "cannot be read"),
        ("data/dashboard.db", "the database itself"),
    ):
        for command in (("verify",), ("restore", "--force")):
            code, said = run(*command, str(tmp_path / name))
            assert (code, words in said) == (1, True), said
            assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_files_that_a_backup_must_not_bring(run: Run, data: Path, file: Path) -> None:
    """Somebody else's backup puts nothing anywhere but the database and the sandbox's tasks."""
    run("backup", str(file))
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("INSERT INTO backup_file VALUES ('../planted', 'x'), ('secret.key', 'x'), ('.env', 'x')")
        copy.commit()
    key = (data / "secret.key").read_text()
    assert run("restore", str(file), "--force")[0] == 0
    assert (data / "secret.key").read_text() == key
    assert not (data.parent / "planted").exists()
    assert not (data / ".env").exists()


class TestWithoutTheKey:
    """The database alone came to another machine."""

    @pytest.fixture
    def elsewhere(self, run: Run, data: Path, file: Path, tmp_path: Path) -> Path:
        """The backup, restored there."""
        del data
        assert run("backup", str(file))[0] == 0
        folder = tmp_path / "elsewhere"
        code, said = run("restore", str(file), data_dir=str(folder))
        assert code == 0
        assert (
            "Stored tokens: 0 of 2 can be read: there is no key here. Results need no key and are complete."
            in said
        )
        assert f"into the file {folder / 'secret.key'} before you start the dashboard" in said
        assert "secrets forget-unreadable" in said
        assert not (folder / "secret.key").exists()
        return folder

    @pytest.mark.usefixtures("elsewhere")
    def test_another_key(self, run: Run, file: Path) -> None:
        """Is told from the right one."""
        code, said = run("verify", str(file), secret_keys=Fernet.generate_key().decode())
        assert code == 0
        assert "0 of 2 can be read: the key here is another one" in said
        assert "into OCR_DASHBOARD_SECRET_KEYS" in said

    def test_with_the_key_file_everything_works(self, run: Run, data: Path, elsewhere: Path) -> None:
        """It is brought along by hand."""
        (elsewhere / "secret.key").write_text((data / "secret.key").read_text())
        assert run("token", "list")[0] == 0
        assert "2 stored secrets" in run("secrets", "rotate")[1]

    def test_a_lost_key(self, run: Run, elsewhere: Path) -> None:
        """The start is refused, until what it opened is given up; entries and tasks stay and take a new secret."""
        code, said = run("token", "list")
        assert (code, "secrets forget-unreadable" in said) == (1, True)
        assert run("secrets", "forget-unreadable", stdin="n\n")[0] == 1
        assert run("token", "list")[0] == 1
        code, said = run("secrets", "forget-unreadable", "--yes")
        assert code == 0
        assert said.count("Given up: the secret of") == 2
        assert "Given up: the secret of “Archive”." in said
        assert "Nothing to do" in run("secrets", "forget-unreadable", "--yes")[1]

        built = bootstrap.build(load_settings(data_dir=elsewhere))
        views = {view.label: view for view in built.team.credentials.all()}
        assert {view.health.works for view in views.values()} == {False}
        replaced = built.team.credentials.replace(views["Archive"].id, access_token=f"{SECRET}-new")
        tasks = tasks_in(elsewhere)
        built.stop()
        assert replaced.health.works
        assert tasks > 2
        assert secret_keys.status(load_settings(data_dir=elsewhere)).stock.unreadable == 0


class TestPostgresql:
    """Its own tools do it; what they are called with is shown, without the password."""

    URL = "postgresql://ada:planted@db.example:5433/ocr?sslpassword=planted2"

    def test_without_the_tools(
        self, run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The commands, and an exit code that a schedule notices."""
        monkeypatch.setenv("PATH", str(tmp_path))
        there = "postgresql://ada@db.example:5433/ocr"
        dump = f"pg_dump --format=custom --no-owner --no-privileges --file={file} {there}"
        how = "--clean --if-exists --no-owner --no-privileges --single-transaction --exit-on-error"
        restore = f"pg_restore {how} --dbname={there} {file}"
        for command, words in (("backup", dump), ("restore", restore)):
            code, said = run(command, str(file), database_url=self.URL)
            assert code == 1
            assert words in said
            assert "PGPASSWORD or ~/.pgpass" in said
            assert "planted" not in said
        file.write_bytes(b"PGDMP...")
        code, said = run("verify", str(file))
        assert (code, "pg_restore is not installed" in said) == (1, True)

    def test_there_and_back(
        self, run: Run, file: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """With the tools of the test server, made while it is used."""
        monkeypatch.setenv("PATH", str(postgres.binaries))
        url = postgres.create("backed_up")
        built = bootstrap.build(load_settings(data_dir=tmp_path / "data", database_url=url))
        built.team.intake.register([NewTask(task_id="t-1")])
        code, said = run("backup", str(file), database_url=url)
        built.stop()
        assert code == 0, said
        assert f"Written: {file} (" in said
        assert "by this command: pg_dump --format=custom" in said
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert run("verify", str(file)) == (0, f"{file} can be read from its beginning to its end.\n")

        other = postgres.create("restored")
        code, said = run("restore", str(file), database_url=other)
        assert code == 1
        shown = next(line for line in said.splitlines() if line.startswith("pg_restore"))
        subprocess.run(shlex.split(shown), check=True, timeout=60)  # noqa: S603 - what we say
        again = bootstrap.build(load_settings(data_dir=tmp_path / "data", database_url=other))
        items = again.team.board.look(BoardFilter()).rows
        again.stop()
        assert [row.task_id for row in items] == ["t-1"]

        file.write_bytes(file.read_bytes()[:2000])
        code, said = run("verify", str(file))
        assert (code, "cannot be used" in said) == (1, True)

    def test_an_sqlite_backup_can_be_looked_at(self, run: Run, data: Path, file: Path) -> None:
        """Whatever the database here is."""
        del data
        run("backup", str(file))
        assert run("verify", str(file), database_url=self.URL)[0] == 0
