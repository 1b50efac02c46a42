"""The database one writes is the database people have: files put over, taken away, and left behind by others."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.errors import DatabaseUnfit, StoreUnavailable
from dashboard.store import generation
from dashboard.store.database import Database, sqlite_url
from dashboard.store.generation import Generation, Record

FILLER = "x" * 2_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder."""
    return tmp_path / "data"


@pytest.fixture
def path(folder: Path) -> Path:
    """The database in it."""
    return folder / "dashboard.db"


@pytest.fixture
def opened(folder: Path) -> Iterator[Callable[[], Database]]:
    """Opens the database of the folder, as often as wanted."""
    all_of_them: list[Database] = []

    def open_one() -> Database:
        database = Database(sqlite_url(folder), busy_seconds=0.2)
        all_of_them.append(database)
        with database.writing() as session:
            session.connection().execute(text("CREATE TABLE IF NOT EXISTS it (n INTEGER, filler TEXT)"))
        return database

    yield open_one
    for database in all_of_them:
        database.close()


Opened = Callable[[], Database]


def add(database: Database, *numbers: int) -> None:
    """Store numbers, each in a transaction of its own."""
    for number in numbers:
        with database.writing() as session:
            values = {"n": number, "filler": FILLER}
            session.connection().execute(text("INSERT INTO it VALUES (:n, :filler)"), values)


def stored(database: Database) -> list[int]:
    """Which numbers are stored; fails when the file is not sound."""
    with database.reading() as session:
        assert session.connection().execute(text("PRAGMA integrity_check")).scalar() == "ok"
        return [row[0] for row in session.connection().execute(text("SELECT n FROM it ORDER BY n"))]


def read(path: Path) -> list[int]:
    """Which numbers the file alone holds; fails when it is not sound."""
    alone = shutil.copy(path, path.parent.parent / "alone")
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [row[0] for row in connection.execute("SELECT n FROM it ORDER BY n")]


def stored_at_next_start(folder: Path) -> list[int]:
    """Which numbers the next process finds; in ours, SQLite would remember the file that was given up."""
    script = (
        "import sys; from pathlib import Path; from sqlalchemy import text\n"
        "from dashboard.store.database import Database, sqlite_url\n"
        "database = Database(sqlite_url(Path(sys.argv[1])))\n"
        "with database.writing() as session:\n"
        "    session.connection().execute(text('CREATE TABLE IF NOT EXISTS it (n INTEGER, filler TEXT)'))\n"
        "    session.connection().execute(text('UPDATE it SET filler = 1'))\n"
        "database.close()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=60)  # noqa: S603 - our own
    return read(folder / "dashboard.db")


def back_up(path: Path, to: Path) -> Path:
    """A backup as SQLite makes it, page by page, of a database that may be in use."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def crash(folder: Path, to: Path) -> None:
    """What a killed process leaves behind: the files as they are, with nothing tidied up."""
    to.mkdir()
    for name in ("dashboard.db", "dashboard.db-wal", "dashboard.db-shm", "dashboard.db.generation"):
        shutil.copy(folder / name, to / name)


def bring_home(database: Database) -> None:
    """As happens in every quiet second of a server."""
    database.checkpointing.bring_home()


MEANS: dict[str, Callable[[Path, Path], object]] = {"mv over": Path.rename, "cp over": shutil.copyfile}


@pytest.mark.parametrize("means", MEANS)
def test_an_older_backup_is_put_over_a_running_database(
    means: str, opened: Opened, path: Path, tmp_path: Path
) -> None:
    """Nothing is stored any more, reading says the same, and the backup is what the next start finds, whole."""
    first = opened()
    add(first, *range(20))
    backup = back_up(path, tmp_path / "backup")
    add(first, *range(20, 60))
    bring_home(first)
    add(first, 60)
    MEANS[means](backup, path)
    for _ in range(2):
        with pytest.raises(DatabaseUnfit, match=r"Another file was put .*Start the dashboard again"):
            add(first, 61)
        with pytest.raises(DatabaseUnfit, match="Another file was put"):
            stored(first)
    first.close()
    assert stored_at_next_start(path.parent) == list(range(20))


def test_a_backup_of_a_moment_ago_is_put_over_a_running_database(
    opened: Opened, path: Path, tmp_path: Path
) -> None:
    """By moving: the place tells, however alike the files are."""
    first = opened()
    add(first, 1)
    backup = back_up(path, tmp_path / "backup")
    add(first, 2)
    backup.rename(path)
    with pytest.raises(DatabaseUnfit):
        add(first, 3)
    first.close()
    assert stored(opened()) == [1]


@pytest.mark.parametrize("what", ["folder", "database"])
def test_files_are_deleted_under_a_running_database(
    what: str, opened: Opened, folder: Path, path: Path
) -> None:
    """Nothing is accepted that nobody would ever see again, and no new file is begun unasked."""
    first = opened()
    add(first, 1)
    if what == "folder":
        shutil.rmtree(folder)
    else:
        path.unlink()
    for _ in range(2):
        with pytest.raises(DatabaseUnfit, match="was deleted or moved away"):
            add(first, 2)
        with pytest.raises(DatabaseUnfit, match="was deleted or moved away"):
            stored(first)
    first.close()
    assert not path.exists()
    assert stored(opened()) == []


def test_another_folder_is_put_in_the_place_of_a_running_one(
    opened: Opened, folder: Path, path: Path, tmp_path: Path
) -> None:
    """With a log that is its own: it is left alone, and replayed at the next start."""
    first = opened()
    add(first, 1)
    crash(folder, tmp_path / "copy")
    add(first, 2)
    folder.rename(tmp_path / "away")
    (tmp_path / "copy").rename(folder)
    with pytest.raises(DatabaseUnfit, match="Another file"):
        add(first, 3)
    first.close()
    assert (folder / "dashboard.db-wal").stat().st_size > 0
    second = opened()
    assert stored(second) == [1]
    second.close()
    assert read(path) == [1]


@pytest.mark.parametrize("with_record", [True, False])
def test_the_log_of_a_killed_process_is_replayed(
    with_record: bool,  # noqa: FBT001 - a parameter of the test
    opened: Opened,
    folder: Path,
    path: Path,
    tmp_path: Path,
) -> None:
    """Nothing that was stored is lost, wherever the files are copied, at whatever moment it died."""
    first = opened()
    for moment in range(6):
        add(first, 2 * moment, 2 * moment + 1)
        if moment % 2:
            bring_home(first)
            add(first, 100 + moment)
        crash(folder, tmp_path / str(moment))
    expected = stored(first)
    shutil.rmtree(folder)
    for moment in range(6):
        (tmp_path / str(moment)).rename(folder)
        assert generation.in_log(path) is not None
        if not with_record:
            (folder / "dashboard.db.generation").unlink()
        found = stored(opened())
        assert found == [n for n in expected if n < 2 * moment + 2 or 100 <= n <= 100 + moment]
        assert not list(folder.glob("*set-aside*"))
        shutil.rmtree(folder)


@pytest.mark.parametrize("with_record", [True, False])
@pytest.mark.parametrize("means", MEANS)
def test_a_backup_is_put_beside_the_log_of_a_killed_process(
    means: str,
    with_record: bool,  # noqa: FBT001 - a parameter of the test
    opened: Opened,
    folder: Path,
    path: Path,
    tmp_path: Path,
) -> None:
    """The log is of another generation: it is kept under another name and never replayed."""
    first = opened()
    add(first, *range(20))
    backup = back_up(path, tmp_path / "backup")
    add(first, *range(20, 60))
    bring_home(first)
    add(first, *range(60, 70))
    crash(folder, tmp_path / "crashed")
    shutil.rmtree(folder)
    (tmp_path / "crashed").rename(folder)
    if not with_record:
        (folder / "dashboard.db.generation").unlink()
    MEANS[means](backup, path)
    second = opened()
    assert stored(second) == list(range(20))
    assert [file.name.partition(".set-aside")[0] for file in sorted(folder.glob("*set-aside*"))] == [
        "dashboard.db-shm",
        "dashboard.db-wal",
    ]
    add(second, 1_000)
    second.close()
    assert read(path) == [*range(20), 1_000]


def test_a_backup_of_a_moment_ago_is_put_beside_the_log_of_a_killed_process(
    opened: Opened, folder: Path, path: Path, tmp_path: Path
) -> None:
    """The log would go on from it; but whoever put it there wants to go back to it."""
    first = opened()
    add(first, 1)
    backup = back_up(path, tmp_path / "backup")
    add(first, 2)
    crash(folder, tmp_path / "crashed")
    shutil.rmtree(folder)
    (tmp_path / "crashed").rename(folder)
    backup.rename(path)
    assert stored(opened()) == [1]
    assert len(list(folder.glob("dashboard.db-wal.set-aside*"))) == 1


def test_the_database_of_another_deployment_is_put_beside_a_log(
    opened: Opened, folder: Path, path: Path, tmp_path: Path
) -> None:
    """With the very numbers that the log goes on from: the ID tells."""
    first = opened()
    add(first, 1)
    crash(folder, tmp_path / "crashed")
    main = generation.in_main_file(tmp_path / "crashed" / "dashboard.db")
    assert main is not None
    shutil.rmtree(folder)
    (tmp_path / "crashed").rename(folder)
    with closing(sqlite3.connect(tmp_path / "else")) as other:
        other.execute("CREATE TABLE it (n INTEGER, filler TEXT)")
        other.execute(f"PRAGMA user_version={main.number}")
        other.execute("PRAGMA application_id=77")
        other.commit()
    (tmp_path / "else").rename(path)
    assert stored(opened()) == []
    assert len(list(folder.glob("dashboard.db-wal.set-aside*"))) == 1


def test_a_stray_rollback_journal_is_set_aside(opened: Opened, folder: Path) -> None:
    """SQLite would roll it back into a database that never writes one."""
    first = opened()
    add(first, 1)
    first.close()
    (folder / "dashboard.db-journal").write_bytes(b"\xd9\xd5\x05\xf9 and more")
    assert stored(opened()) == [1]
    assert len(list(folder.glob("dashboard.db-journal.set-aside*"))) == 1


def test_a_log_without_its_database_is_kept(opened: Opened, folder: Path, path: Path, tmp_path: Path) -> None:
    """SQLite would delete it; and it is not replayed into the new database."""
    first = opened()
    add(first, 1)
    crash(folder, tmp_path / "crashed")
    shutil.rmtree(folder)
    (tmp_path / "crashed").rename(folder)
    path.unlink()
    assert stored(opened()) == []
    assert len(list(folder.glob("dashboard.db-wal.set-aside*"))) == 1


def test_an_older_backup_without_side_files_is_accepted(opened: Opened, path: Path, tmp_path: Path) -> None:
    """Restored by hand while nothing ran: it is said in the log, and begins a generation of its own."""
    first = opened()
    add(first, 1)
    backup = back_up(path, tmp_path / "backup")
    add(first, 2)
    first.close()
    before = generation.in_main_file(path)
    backup.rename(path)
    assert stored(opened()) == [1]
    now = generation.in_main_file(path)
    assert before is not None
    assert now is not None
    assert now.id != before.id


def test_a_start_goes_on_with_the_same_generation(opened: Opened, path: Path) -> None:
    """With a higher number, which the small file names as well."""
    first = opened()
    add(first, 1)
    first.close()
    began = generation.in_main_file(path)
    server = opened()
    server.checkpointing.start()
    server.close()
    before, record = generation.in_main_file(path), generation.read_record(path)
    second = opened()
    add(second, 2)
    second.close()
    now = generation.in_main_file(path)
    assert before is not None
    assert now is not None
    assert record is not None
    assert began is not None
    assert now.id == before.id == began.id == record.id
    assert now.number > before.number == record.number > began.number


def test_processes_join_and_commands_disturb_nobody(opened: Opened, folder: Path) -> None:
    """Others open the same database, store, and close it again; all go on."""
    first, second = opened(), opened()
    script = (
        "import sys; from pathlib import Path; from sqlalchemy import text\n"
        "from dashboard.store.database import Database, sqlite_url\n"
        "database = Database(sqlite_url(Path(sys.argv[1])))\n"
        "with database.writing() as session:\n"
        "    session.connection().execute(text(\"INSERT INTO it VALUES (7, '')\"))\n"
        "database.close()\n"
    )
    for number in range(2):
        add(first, number)
        subprocess.run([sys.executable, "-c", script, str(folder)], check=True, timeout=60)  # noqa: S603 - our own
        bring_home(second)
        add(second, 10 + number)
    assert stored(first) == stored(second) == [0, 1, 7, 7, 10, 11]


def test_nobody_starts_beside_who_still_uses_what_was_replaced(
    opened: Opened, folder: Path, path: Path, tmp_path: Path
) -> None:
    """The log is in use; it is neither replayed nor taken away."""
    first = opened()
    add(first, 1)
    backup = back_up(path, tmp_path / "backup")
    add(first, 2)
    bring_home(first)
    add(first, 3)
    backup.rename(path)
    with pytest.raises(StoreUnavailable, match="Stop that one first"):
        opened()
    with pytest.raises(DatabaseUnfit):
        add(first, 4)
    first.close()
    shutil.rmtree(folder)


def test_a_copy_of_the_file_alone_is_whole_after_a_quiet_moment(
    opened: Opened, path: Path, tmp_path: Path
) -> None:
    """What is in the log was brought home."""
    first = opened()
    add(first, 1, 2, 3)
    bring_home(first)
    shutil.copy(path, tmp_path / "copy")
    assert read(tmp_path / "copy") == [1, 2, 3]


def test_what_changes_nothing_writes_nothing(opened: Opened, path: Path) -> None:
    """An idle poller asks for tasks in a writing block: it must not wear out the disk."""
    first = opened()
    add(first, 1)
    before = path.with_name("dashboard.db-wal").stat().st_size
    with first.writing() as session:
        session.connection().execute(text("UPDATE it SET n = 2 WHERE n = 99"))
    assert path.with_name("dashboard.db-wal").stat().st_size == before


@pytest.mark.parametrize("said", [b"", b"[]", b'{"id": "x"}', b"\xff", b'{"id": 1}'])
def test_a_damaged_record_is_as_good_as_none(said: bytes, opened: Opened, path: Path) -> None:
    """The start goes on, and writes a new one."""
    opened().close()
    path.with_name("dashboard.db.generation").write_bytes(said)
    assert generation.read_record(path) is None
    opened().close()
    assert generation.read_record(path) is not None


def test_numbers_go_round() -> None:
    """After as many changes as fit into a header."""
    assert generation.after(2**31 - 1) == 1
    assert generation.is_behind(2**31 - 1, 1)
    assert not generation.is_behind(1, 2**31 - 1)
    assert generation.is_behind(4, 5)
    assert not generation.is_behind(5, 5)


def test_what_a_header_says(tmp_path: Path) -> None:
    """By itself and in the log: the same words, read in two ways."""
    path = tmp_path / "a?b#c.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA application_id=7")
        connection.execute("PRAGMA user_version=8")
        connection.execute("PRAGMA wal_checkpoint")
        connection.execute("PRAGMA user_version=9")
        connection.execute("CREATE TABLE it (n)")
        assert generation.in_main_file(path) == Generation(7, 8, 0)
        assert generation.in_log(path) == (Generation(7, 9, 0), Generation(7, 9, 1))
        generation.write_record(path, Record(7, 0, 8, 1))
        assert generation.log_belongs(path)
        generation.write_record(path, Record(7, 0, 9, 1))
        assert not generation.log_belongs(path)
