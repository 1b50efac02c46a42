"""A copy of a database in use: one moment, whole, and nothing else."""

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.errors import InputRefused, StoreUnavailable
from dashboard.store import backup, backup_check, backup_facts, restoring
from dashboard.store.backup_facts import Counts, Facts, fingerprints
from dashboard.store.database import sqlite_file
from tests.chaos.waiting import wait_until

MADE_AT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
KEYS = ("b" * 43 + "=", "c" * 43 + "=")
BIG = 64 * 1024

pytestmark = pytest.mark.usefixtures("_clean_environment")


def facts() -> Facts:
    """Of some moment."""
    return Facts(made_at=MADE_AT, version="9.9", keys=fingerprints(KEYS))


@pytest.fixture
def path(tmp_path: Path, _migrated_file: Path) -> Path:
    """A migrated database with one task, its part, and a token."""
    there = tmp_path / "data" / "dashboard.db"
    there.parent.mkdir()
    shutil.copy(_migrated_file, there)
    with closing(sqlite3.connect(there, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "INSERT INTO team (id, slug, name, created_at, revision) VALUES (1, 'team', 'Team', '2026-05-01', 0)"
        )
        put(connection, 1)
    return there


def put(connection: sqlite3.Connection, number: int, size: int = 100) -> None:
    """Store a task with one part."""
    columns = (
        "id, team_id, api_url, task_id, operation, trial, origin, label, state, registered_at, expires_at"
    )
    more = "expiry_exact, polls, errors, doubts, notices, remarks"
    values = (
        "1, 'u', ?, 'o', 0, 'registered', '', 'completed', '2026-05-01', '2026-05-01', 0, 0, 0, 0, '[]', '[]'"
    )
    connection.execute(f"INSERT INTO task ({columns}, {more}) VALUES (?, {values})", (number, f"t-{number}"))  # noqa: S608 - ours
    data = number.to_bytes(4, "big") * (size // 4)
    digest = hashlib.sha256(data).hexdigest()
    connection.execute(
        "INSERT INTO part (task_ref, position, media_type, extension, data, size, sha256, remarks, words, masked_words)"
        " VALUES (?, 0, 'text/plain', '.txt', ?, ?, ?, '[]', 0, 0)",
        (number, data, len(data), digest),
    )


@pytest.fixture
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who has the database open, as a server has."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        yield connection


def made(path: Path, file: Path, *, going: Callable[[], bool] = lambda: True) -> Counts:
    """A backup of it."""
    file.touch()
    return backup.write(path, file, facts=facts, files={"sandbox.json": b"{}"}, going=going)


def test_what_is_only_in_the_write_ahead_log_is_in_a_backup(
    path: Path, opened: sqlite3.Connection, tmp_path: Path
) -> None:
    """A copy of the file alone lacks it: the reason why there is a command."""
    for number in range(2, 20):
        put(opened, number)
    shutil.copy(path, tmp_path / "copied")
    assert made(path, tmp_path / "backup").results == 19

    with closing(sqlite3.connect(tmp_path / "copied")) as copied:
        assert copied.execute("SELECT count(*) FROM part").fetchone()[0] < 19
    checked = backup_check.check(tmp_path / "backup")
    assert checked.problems == ()
    assert checked.facts == facts()
    assert checked.counts == Counts(teams=1, tasks=19, results=19, tokens=0)
    assert backup_check.files_in(tmp_path / "backup") == {"sandbox.json": b"{}"}
    assert sorted(it.name for it in tmp_path.iterdir()) == ["backup", "copied", "data"]


def test_it_is_one_moment_however_much_is_written_meanwhile(
    path: Path, opened: sqlite3.Connection, tmp_path: Path
) -> None:
    """Each step meets another write, which would make SQLite begin anew for ever; writers never wait."""
    for number in range(2, 60):
        put(opened, number, BIG)
    steps = 0

    def write_something() -> bool:
        nonlocal steps
        steps += 1
        opened.execute("PRAGMA busy_timeout=0")  # a lock would fail at once
        put(opened, 1_000 + steps, BIG)
        opened.execute("DELETE FROM task WHERE id = ?", (1 + steps,))
        opened.execute("DELETE FROM part WHERE task_ref = ?", (1 + steps,))
        opened.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return True

    counts = made(path, tmp_path / "backup", going=write_something)

    assert 3 <= steps < 20
    assert (counts.tasks, counts.results) == (59, 59)
    assert backup_check.check(tmp_path / "backup").problems == ()
    with closing(sqlite3.connect(tmp_path / "backup")) as copy:
        assert [row[0] for row in copy.execute("SELECT id FROM task ORDER BY id")] == list(range(1, 60))


def test_it_can_be_stopped(path: Path, opened: sqlite3.Connection, tmp_path: Path) -> None:
    """After the piece that is under way."""
    for number in range(2, 60):
        put(opened, number, BIG)
    with pytest.raises(StoreUnavailable, match="stopped before it was whole"):
        made(path, tmp_path / "backup", going=lambda: False)


def test_keys_are_not_in_it(path: Path, tmp_path: Path) -> None:
    """Only what tells them apart."""
    made(path, tmp_path / "backup")
    content = (tmp_path / "backup").read_bytes()

    assert all(name.encode() in content for name in fingerprints(KEYS))
    assert not any(key.encode() in content for key in KEYS)
    assert len(set(fingerprints(KEYS))) == 2


def test_a_damaged_database_makes_no_backup(path: Path, tmp_path: Path) -> None:
    """Otherwise copies of it would push out the good ones."""
    spoil(path)
    with pytest.raises(StoreUnavailable, match="damaged"):
        made(path, tmp_path / "backup")


def spoil(path: Path) -> None:
    """Overwrite the page of an index."""
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_task_team_newest'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@pytest.mark.parametrize("full", [True, False], ids=["full disk", "no such database"])
def test_refusals_are_sentences(path: Path, tmp_path: Path, *, full: bool) -> None:
    """Nothing is made in the place of what is missing."""
    if full:
        limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        script = (
            f"{limited} import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
            "from tests.store.test_backup import made; from pathlib import Path;"
            f"made(Path({str(path)!r}), Path({str(tmp_path / 'backup')!r}))"
        )
        ended = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[2], capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert b"StoreUnavailable: The disk" in ended.stderr
        return
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        made(tmp_path / "nothing.db", tmp_path / "backup")
    assert not (tmp_path / "nothing.db").exists()


# Looking at a backup


def test_a_letter_that_changed_in_a_result_is_found(path: Path, tmp_path: Path) -> None:
    """SQLite itself sees nothing wrong with it."""
    file = tmp_path / "backup"
    made(path, file)
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("UPDATE part SET data = ? WHERE task_ref = 1", (b"?",))
        copy.commit()
        assert backup.damage(copy) == []

    assert backup_check.check(file).problems == (
        "Damaged: the result of 1 task is not what was stored (task 1).",
    )


def test_damage_is_found(path: Path, tmp_path: Path) -> None:
    """And nothing is counted in it."""
    made(path, tmp_path / "backup")
    spoil(tmp_path / "backup")
    checked = backup_check.check(tmp_path / "backup")

    assert checked.counts is None
    assert checked.problems[0].startswith("The file is damaged")


def test_half_a_backup(path: Path, tmp_path: Path) -> None:
    """As an interrupted copy over the network leaves it."""
    file = tmp_path / "backup"
    made(path, file)
    os.truncate(file, file.stat().st_size // 2)
    try:
        assert backup_check.check(file).problems
    except InputRefused as error:
        assert "damaged" in str(error)  # noqa: PT017 - either way of saying it


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer version of the dashboard made it (revision 9999)"),
        ("UPDATE backup_fact SET value = '2' WHERE name = 'format'", "newer version"),
        ("DELETE FROM backup_fact WHERE name = 'made_at'", "cannot be read"),
        ("UPDATE backup_fact SET value = 'soon' WHERE name = 'made_at'", "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_restored(path: Path, tmp_path: Path, change: str, words: str) -> None:
    """Each says why."""
    made(path, tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup")) as copy:
        copy.execute(change)
        copy.commit()
    (problem,) = backup_check.check(tmp_path / "backup").problems
    assert words in problem


def test_files_of_others_are_refused(path: Path, opened: sqlite3.Connection, tmp_path: Path) -> None:
    """A text, nothing, a folder, another database, and one whose latest results lie beside it."""
    (tmp_path / "text").write_text("a text")
    (tmp_path / "empty").touch()
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE it (n)")
    put(opened, 2)
    for name, words in (
        ("text", "no backup of the dashboard"),
        ("empty", "no backup of the dashboard"),
        ("missing", "cannot be read"),
        (".", "cannot be read"),
        ("other", "none of the dashboard"),
        (str(path), "the latest results are in"),
    ):
        with pytest.raises(InputRefused, match=words):
            backup_check.check(tmp_path / name)


def test_a_plain_copy_of_a_stopped_database_will_do(path: Path, tmp_path: Path) -> None:
    """What people have made before there was a command."""
    shutil.copy(path, tmp_path / "copy")
    checked = backup_check.check(tmp_path / "copy")
    assert (checked.facts, checked.problems) == (None, ())
    there = tmp_path / "there" / "dashboard.db"
    restoring.put_in_place(tmp_path / "copy", there, stamp="x")
    assert rows(there) == [1]
    assert [it.name for it in there.parent.iterdir()] == ["dashboard.db"]


# Restoring


def rows(path: Path) -> list[int]:
    """The tasks that a program finds which opens it now."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM task ORDER BY id")]


def test_restoring_keeps_what_was_there_with_all_its_files(path: Path, tmp_path: Path) -> None:
    """The write-ahead log of a killed server goes with its own database, and is not replayed into the restored one."""
    made(path, tmp_path / "backup")
    killed = f"""
import sqlite3, os
from tests.store.test_backup import put
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
put(connection, 2)
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", killed], cwd=Path(__file__).parents[2], check=False, timeout=60)  # noqa: S603
    path.with_name("dashboard.db.generation").write_text("7")
    assert path.with_name("dashboard.db-wal").stat().st_size
    kept = restoring.put_in_place(tmp_path / "backup", path, stamp="x")

    assert rows(path) == [1]
    assert rows(kept[0]) == [1, 2]
    assert sorted(it.name for it in kept) == [
        f"dashboard.db.before-restore-x{ending}" for ending in ("", "-shm", "-wal", ".generation")
    ]
    assert not path.with_name("dashboard.db.generation").exists()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as restored:
        assert not backup_facts.has_table(restored, "backup_fact")
        assert not backup_facts.has_table(restored, "backup_file")


def test_restoring_into_nothing(path: Path, tmp_path: Path) -> None:
    """The folders are made, for their owner alone."""
    made(path, tmp_path / "backup")
    there = tmp_path / "a" / "b" / "dashboard.db"
    assert restoring.put_in_place(tmp_path / "backup", there, stamp="x") == []

    assert rows(there) == [1]
    assert [it.name for it in there.parent.iterdir()] == ["dashboard.db"]
    assert stat.S_IMODE(there.parent.stat().st_mode) == 0o700


HOLDERS = {
    "reads now and then": "connection.execute('SELECT count(*) FROM task').fetchone()",
    "has it open": "connection.execute('PRAGMA journal_mode=WAL')",
    "writes": "connection.execute('BEGIN IMMEDIATE')",
}


@pytest.mark.skipif(os.name != "posix", reason="Windows refuses by itself")
@pytest.mark.parametrize("what", HOLDERS)
def test_a_database_in_use_is_left_alone(path: Path, tmp_path: Path, what: str) -> None:
    """Whoever it is, and whatever it does with it right now; also when the file is damaged meanwhile."""
    made(path, tmp_path / "backup")
    script = (
        f"import sqlite3, sys; connection = sqlite3.connect({str(path)!r}, isolation_level=None);"
        f"{HOLDERS[what]}; print('open', flush=True); sys.stdin.read()"
    )
    before = path.read_bytes()
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        for content in (before, b"\xa5" * len(before)):
            path.write_bytes(content)
            with pytest.raises(StoreUnavailable, match="is in use"):
                restoring.put_in_place(tmp_path / "backup", path, stamp="x")
            assert path.read_bytes() == content
        holder.communicate(timeout=30)
    assert restoring.put_in_place(tmp_path / "backup", path, stamp="x")[0].read_bytes() == b"\xa5" * len(
        before
    )


@pytest.mark.skipif(os.name != "posix", reason="Windows refuses by itself")
def test_nobody_opens_it_while_it_is_replaced(path: Path) -> None:
    """Who tries waits as for any lock."""
    read = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM task')"
    command = [sys.executable, "-c", read, str(path)]

    def tried() -> bytes:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).stderr  # noqa: S603 - ourselves

    with restoring.held(path):
        assert b"database is locked" in tried()
    assert tried() == b""


def test_what_fails_leaves_everything_as_it_was(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of a rename, no copy left behind."""
    made(path, tmp_path / "backup")
    path.with_name("dashboard.db.generation").write_text("7")
    before = {it.name: it.read_bytes() for it in path.parent.iterdir()}

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for method in ("hardlink_to", "copyfile", "replace"):
        with monkeypatch.context() as broken:
            if method == "hardlink_to":
                broken.setattr(Path, "hardlink_to", refuse)
                broken.setattr(Path, "rename", _only_side_files(Path.rename))
            elif method == "copyfile":
                broken.setattr("shutil.copyfile", refuse)
            else:
                broken.setattr(Path, "replace", refuse)
            with pytest.raises(StoreUnavailable, match="Nothing was changed"):
                restoring.put_in_place(tmp_path / "backup", path, stamp="x")
        assert {it.name: it.read_bytes() for it in path.parent.iterdir()} == before


def _only_side_files(rename: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
    def renamed(self: Path, target: Path) -> Path:
        if self.name == "dashboard.db":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    return renamed


def test_a_link_to_the_database_stays_one(path: Path, tmp_path: Path) -> None:
    """What it leads to is replaced, where its side files are."""
    made(path, tmp_path / "backup")
    (tmp_path / "link.db").symlink_to(path)
    kept = restoring.put_in_place(tmp_path / "backup", tmp_path / "link.db", stamp="x")

    assert (tmp_path / "link.db").is_symlink()
    assert kept[0].parent == path.parent
    assert rows(tmp_path / "link.db") == [1]


def test_where_the_database_is(tmp_path: Path) -> None:
    """In the data folder, or where a URL says; nowhere with PostgreSQL."""
    assert sqlite_file(tmp_path, None) == tmp_path / "dashboard.db"
    assert sqlite_file(tmp_path, f"sqlite:///{tmp_path}/else.db") == tmp_path / "else.db"
    assert sqlite_file(tmp_path, "postgresql://u@h/n") is None


def test_a_backup_waits_for_nobody_and_nobody_for_it(path: Path, tmp_path: Path) -> None:
    """It is made while somebody holds the lock that writers need."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        done = threading.Event()

        def make() -> None:
            made(path, tmp_path / "backup")
            done.set()

        thread = threading.Thread(target=make, daemon=True)
        thread.start()
        wait_until(done.is_set, "it is made")
        thread.join()
        writer.execute("ROLLBACK")


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
@pytest.mark.parametrize("step", ["hardlink_to", "rename", "replace"])
def test_a_restore_that_is_killed_can_be_repeated(path: Path, tmp_path: Path, step: str) -> None:
    """Right after any of its steps: there is always a database, and everything of the old one is kept somewhere."""
    made(path, tmp_path / "backup")
    path.with_name("dashboard.db.generation").write_text("7")
    killed = f"""
import os
from pathlib import Path
from dashboard.store import restoring
real = Path.{step}
def die(self, target):
    real(self, target)
    os.kill(os.getpid(), 9)
Path.{step} = die
restoring.put_in_place(Path({str(tmp_path / "backup")!r}), Path({str(path)!r}), stamp="x")
"""
    command, root = [sys.executable, "-c", killed], Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, check=False, timeout=60)  # noqa: S603 - ourselves
    assert ended.returncode == -9
    assert rows(path) == [1]
    assert rows(path.with_name("dashboard.db.before-restore-x")) == [1]
    restoring.put_in_place(tmp_path / "backup", path, stamp="y")
    assert rows(path) == [1]
    assert not list(path.parent.glob(".*"))  # nor is half a copy left
