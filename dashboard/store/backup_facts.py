"""What a backup says of itself: two small tables beside those it is a copy of. Pure but for the connection it is given.

``backup_fact`` holds names and values, ``backup_file`` the other files of the data folder. A restored database has
neither.
"""

import hmac
import json
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

FORMAT = 1
"""Grows when an older version could no longer restore what this one writes."""

_SHORT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much a database holds, of all teams.

    Attributes:
        results: tasks with stored parts.
        tokens: stored tokens and client secrets, encrypted.
    """

    teams: int
    tasks: int
    results: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Where a backup comes from.

    Attributes:
        made_at: the moment whose state it holds, aware UTC.
        version: of the dashboard that made it.
        keys: fingerprints of the keys that were in use, the one that encrypts first; empty when they were not known.
    """

    made_at: datetime
    version: str
    keys: tuple[str, ...]


def fingerprints(keys: Sequence[str]) -> tuple[str, ...]:
    """What tells keys apart without giving them away: a keyed hash of each, 16 characters long.

    Args:
        keys: Fernet keys.
    """
    return tuple(
        hmac.digest(urlsafe_b64decode(key), b"key of a backup", "sha256").hex()[:_SHORT] for key in keys
    )


def write(connection: sqlite3.Connection, facts: Facts, files: Mapping[str, bytes]) -> None:
    """Add the facts and the other files of the data folder to a copy of a database."""
    connection.execute("CREATE TABLE backup_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    connection.execute("CREATE TABLE backup_file (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
    named = {
        "format": str(FORMAT),
        "made_at": facts.made_at.astimezone(UTC).isoformat(),
        "version": facts.version,
        "keys": json.dumps(facts.keys),
    }
    connection.executemany("INSERT INTO backup_fact VALUES (?, ?)", named.items())
    connection.executemany("INSERT INTO backup_file VALUES (?, ?)", files.items())


def read(connection: sqlite3.Connection) -> tuple[int, Facts] | None:
    """The format and the facts of a backup; None when it is a database without any.

    Raises:
        ValueError: when they are there and make no sense.
        sqlite3.Error: when they cannot be read.
    """
    if not has_table(connection, "backup_fact"):
        return None
    named = dict(connection.execute("SELECT name, value FROM backup_fact").fetchall())
    try:
        made_at = datetime.fromisoformat(named["made_at"])
        facts = Facts(made_at=made_at, version=named["version"], keys=tuple(json.loads(named["keys"])))
        return int(named["format"]), facts
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


def files(connection: sqlite3.Connection) -> dict[str, bytes]:
    """The other files of the data folder, by name."""
    if not has_table(connection, "backup_file"):
        return {}
    return dict(connection.execute("SELECT name, content FROM backup_file").fetchall())


def drop(connection: sqlite3.Connection) -> None:
    """Take all of it out again: what is left is the database as it was."""
    connection.execute("DROP TABLE IF EXISTS backup_fact")
    connection.execute("DROP TABLE IF EXISTS backup_file")


def count(connection: sqlite3.Connection) -> Counts:
    """How much the database holds; raises sqlite3.Error where it is none of ours."""
    one = "SELECT (SELECT count(*) FROM team), (SELECT count(*) FROM task), (SELECT count(*) FROM credential)"
    teams, tasks, tokens = connection.execute(one).fetchone()
    results = connection.execute("SELECT count(DISTINCT task_ref) FROM part").fetchone()[0]
    return Counts(teams=teams, tasks=tasks, results=results, tokens=tokens)


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether there is a table of this name."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None
