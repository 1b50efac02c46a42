"""Damages pages of an SQLite database, as disks do."""

import sqlite3
from contextlib import closing
from pathlib import Path

from dashboard.store.database import Database


def damage(path: Path, of: str) -> None:
    """Overwrite the first page of a table or an index in a database file, whose log is brought home."""
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (of,)).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)


def damage_running(database: Database, of: str) -> None:
    """The same under an open database, none of whose connections remembers the page."""
    assert database.file is not None
    database.engine.dispose()
    damage(database.file.path, of)
