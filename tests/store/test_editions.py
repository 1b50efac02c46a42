"""Migrations are frozen; databases that were made while some were edited become what a new one is."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.runtime.migration import MigrationContext
from cryptography.fernet import Fernet
from pydantic import SecretStr

from dashboard import bootstrap
from dashboard.folding import folded_label
from dashboard.services.library.library_address import LibraryRequest
from dashboard.settings import Settings
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import _config, migrate
from dashboard.store.secrecy import SecretBox
from tests.postgres import PostgresServer
from tests.store import editions
from tests.store.editions import CARRIED, EDITIONS, HEADS, RESULTS, TOKEN, VERSIONS, Past

FROZEN = {
    "0001_first_tables.py": "6bbc27f0ec8804514137e666516d878f40e0b3e29e0c0fd153fde8bd9d4ad6f7",
    "0002_tokens_that_renew.py": "fbefc2bfe867ac3f76f97be900ec98ad40e66afd35801018a8c20a03f7b45917",
    "0003_access.py": "c843b512ead75e53af1b0c7848e2b80a7ab25ef91e782dda25a70e888a903707",
    "0004_library.py": "534867d9a37a50318f01b224a479938fc38f93c80a636e756e6416c485e8680c",
    "0005_who_did_it.py": "0ccd5b2f05ea21a88ae752cdd087828d66eb98fe55ac510d669bba50dd1977a4",
    "0006_either_case_and_default.py": "92661560b2697ce50b4703cd0a15a143db2a39cca6a4cbbd0f1acd9332295168",
    "0007_folding.py": "01900d5380fbdd43861449e6fdb200d992461c8dfc02092d3345e032f5a013c1",
    "0008_repair.py": "1ff02a019e53a17bcbad6d965b999a1a0b1142d0c55aa661bb7398910c62fbbc",
    "0009_clock_seen.py": "c6cb5496ba60c09b336eb24dc452291f27d71a1624a04606d64b181127942c46",
    "0010_engine.py": "3dd043e2013455f03fb4f2fd16a67b8023d0b47f3998e774639b395977843224",
    "0011_sending.py": "a031671e819d7d6d414b9e9ab57b1e616dabe89ce265145bb15f7acc3984ecb6",
    "0012_drop_in.py": "b0b3520b1bac82bdc6f3a7951c241fab1b685c28d34f5469b7291131278c5a4f",
    "0013_learned_schedule.py": "6e7d0a2501c1353e44782e7ffaf09e8ea3ec01343461f330aae53bd01773b598",
    "0014_kept_counts.py": "b8abdf72e3fdbdd6e48e25eeeb51d29c1bdeab3f57dd640012eabea27ca3b645",
    "0015_seen_and_views.py": "d77d868d87612c53a3c16f1d7705fafb6c3aeda46cb6f22ae85ee788431d421b",
}

KEY = Fernet.generate_key().decode()

CHANGED = {("credential", "fingerprint"), ("task", "label_folded")}
"""What newer programs write anew into rows of before."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("historical")
    server.drop("historical")


@pytest.fixture
def fresh_schema(request: pytest.FixtureRequest, empty_url: str, tmp_path: Path) -> list[tuple[object, ...]]:
    """The schema of a database that today's program has made out of nothing."""
    if empty_url.startswith("sqlite"):
        shutil.copy(request.getfixturevalue("_migrated_file"), tmp_path / "fresh.db")
        fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        fresh = Database(server.url("dashboard"))
    schema = editions.schema_of(fresh)
    fresh.close()
    return schema


def test_committed_migrations_stay_as_they_are() -> None:
    """Byte for byte; what they did is in databases that nobody here can see."""
    found = {path.name: _checksum(path) for path in sorted(VERSIONS.glob("*.py"))}
    edited = [name for name, checksum in FROZEN.items() if found.get(name) != checksum]
    assert not edited, (
        f"{', '.join(edited)}: a committed migration is never edited, renamed or removed. Databases that ran it before "
        "would stay different for ever: take the change back (git checkout) and put it into a new migration."
    )
    new = {name: checksum for name, checksum in found.items() if name not in FROZEN}
    assert not new, f"Committing a migration freezes it. Add to FROZEN in {Path(__file__).name}: {new}"


def _checksum(path: Path) -> str:
    """Of its text: a checkout may have other line ends."""
    return hashlib.sha256(path.read_text("utf-8").encode()).hexdigest()


def test_earlier_editions_are_what_was_committed() -> None:
    """As Git names their contents, so that nobody mends these either."""
    found = {path.name.removesuffix(".txt"): _blob(path) for path in EDITIONS.glob("*.txt")}
    assert found == {
        editions.FIRST: "e2fd22e0da9f812921f01f3c5f4a47b4e45950f1",
        editions.ACCESS: "6111106d2069794f10b2902ba88eb16496bb5365",
        editions.ROOM: "d550787316c33662643ddf26e0263b026e2872cc",
        editions.LIBRARY: "9cd3c5fd1e161758fbeb3e116498cbe14b202c92",
        editions.FOLDING: "7a6c54be868b43d9b65b504f53a8618a5ec01950",
    }


def _blob(path: Path) -> str:
    content = path.read_text("utf-8").encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("past", [*HEADS, *CARRIED], ids=str)
def test_a_database_of_before(
    past: Past, empty_url: str, fresh_schema: list[tuple[object, ...]], tmp_path: Path
) -> None:
    """Opened today it has every row it had, and is otherwise like a new one: tokens, texts, search, tables."""
    box = SecretBox([KEY])
    old = Database(empty_url)
    editions.make(old, past, tmp_path / "steps", box)
    before = editions.rows_of(old)
    old.close()

    settings = Settings(
        data_dir=tmp_path / "data",
        database_url=SecretStr(empty_url),
        secret_keys=SecretStr(KEY),
        poller="off",
    )
    opened = bootstrap.build(settings)
    try:
        assert editions.schema_of(opened.database) == fresh_schema
        after = editions.rows_of(opened.database)
        images = before.pop("source_image", [])
        assert [one.data for one in map(opened.team.sources.image, [row["task_ref"] for row in images])] == [
            row["data"] for row in images
        ]
        assert [row["name"] for row in after["source"]] == [row["name"] for row in images]
        for table, rows in before.items():
            assert len(after[table]) == len(rows), table
            for row, now in zip(rows, after[table], strict=True):
                kept = [name for name in row if (table, name) not in CHANGED]
                assert {name: now[name] for name in kept} == {name: row[name] for name in kept}, table
        assert box.decrypt(after["credential"][0]["secret"]) == TOKEN
        assert opened.team.credentials.all()[0].is_default
        assert {row["label_folded"] for row in after["task"] if row["label"]} == {
            folded_label(editions.label_of(number))
            for number in range(1, RESULTS + 1)
            if editions.label_of(number)
        }
        opened.indexing.catch_up()
        for typed, count in (("ubersetzung cafe", RESULTS), ("Nummer7", 1), ("nummer1*", 4), ("nothing", 0)):
            assert opened.team.library.look(LibraryRequest(typed=typed)).total == count, typed
        for piece, count in (("strasse", RESULTS // 3), ("INVOICE", RESULTS // 3), ("", RESULTS)):
            assert opened.team.board.look(BoardFilter(query=piece)).total == count, piece
        for number in (1, RESULTS):
            assert opened.team.result_export.part(number, 0).data == editions.data_of(number)
        assert opened.team.team_settings.team().keep_days is None
    finally:
        opened.stop()


def test_repairing_twice(empty_url: str, fresh_schema: list[tuple[object, ...]]) -> None:
    """A database that lacks nothing is left as it is, however often it is looked at."""
    database = Database(empty_url)
    migrate(database)
    config = _config()
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        newest = MigrationContext.configure(session.connection()).get_current_revision() or ""
        command.stamp(config, "0007")
        command.upgrade(config, "0008")
        command.stamp(config, newest)
    assert editions.schema_of(database) == fresh_schema
    database.close()
