"""Whether a backup is whole and of use: every page, every checksum of a result, and what wrote it.

It is read as a file that nothing changes, so that a backup on a read-only disk can be looked at, and nothing is ever
made beside it.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.store import backup_facts
from dashboard.store.backup import damage
from dashboard.store.backup_facts import FORMAT, Counts, Facts
from dashboard.store.migrating import knows

_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in a file that is a database of ours.

    Attributes:
        facts: None for a copy that was made by other means.
        revision: of its tables.
        counts: None when it is too damaged to count.
        problems: sentences that say why it must not be used; none when it may.
        secrets: what is stored encrypted, to try keys on.
    """

    facts: Facts | None
    revision: str
    counts: Counts | None
    problems: tuple[str, ...]
    secrets: tuple[str, ...]


def check(path: Path) -> Checked:
    """Read the whole file.

    Raises:
        InputRefused: it cannot be read, or is none of ours; with a sentence.
    """
    _refuse_other_files(path)
    try:
        with closing(_opened(path)) as connection:
            return _checked(connection, path)
    except sqlite3.DatabaseError as error:
        raise InputRefused(f"{path} is damaged and cannot be used: {error}.") from None


def files_in(path: Path) -> dict[str, bytes]:
    """The other files of the data folder in a backup that was checked."""
    with closing(_opened(path)) as connection:
        return backup_facts.files(connection)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _refuse_other_files(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise InputRefused(f"{path} cannot be read ({error.strerror}).") from None
    if start != _MAGIC:
        raise InputRefused(
            f"{path} is no backup of the dashboard: those are SQLite files, as “ocr-dashboard backup” writes them."
        )
    beside = path.with_name(f"{path.name}-wal")
    if beside.exists() and beside.stat().st_size:
        raise InputRefused(
            f"{path} is a database that is in use, or was: the latest results are in {beside} only. "
            "Make a backup of it with “ocr-dashboard backup”."
        )


def _checked(connection: sqlite3.Connection, path: Path) -> Checked:
    if not backup_facts.has_table(connection, "alembic_version"):
        raise InputRefused(f"{path} is an SQLite database, but none of the dashboard.")
    revision = str((connection.execute("SELECT version_num FROM alembic_version").fetchone() or [""])[0])
    problems = []
    try:
        form, facts = backup_facts.read(connection) or (FORMAT, None)
    except ValueError:
        form, facts = FORMAT, None
        problems.append("What it says of itself cannot be read.")
    if form > FORMAT or not knows(revision):
        problems.append(
            f"A newer version of the dashboard made it (revision {revision}): restore it with that one, or a later one."
        )
    problems += [f"The file is damaged: {line}." for line in damage(connection)]
    if any(line.startswith("The file is damaged") for line in problems):
        return Checked(facts=facts, revision=revision, counts=None, problems=tuple(problems), secrets=())
    problems += _changed(connection)
    return Checked(
        facts=facts,
        revision=revision,
        counts=backup_facts.count(connection),
        problems=tuple(problems),
        secrets=tuple(row[0] for row in connection.execute("SELECT secret FROM credential")),
    )


def _changed(connection: sqlite3.Connection) -> list[str]:
    """Results and images that are not what was stored: SQLite has no checksums, and does not see a changed letter."""
    found = []
    for what, changed in (
        ("result", _differing(connection, "part")),
        ("image", _differing_images(connection)),
    ):
        if changed:
            tasks = ", ".join(map(str, changed[:5])) + (", …" if len(changed) > 5 else "")  # noqa: PLR2004 - enough
            found.append(
                f"Damaged: the {what} of {count_of(len(changed), 'task')} is not what was stored (task {tasks})."
            )
    return found


def _differing_images(connection: sqlite3.Connection) -> Sequence[int]:
    if backup_facts.has_table(connection, "source_image"):  # revisions 0004 to 0010
        return _differing(connection, "source_image")
    if not backup_facts.has_table(connection, "source"):
        return ()
    changed = []
    for source, digest in connection.execute("SELECT id, sha256 FROM source WHERE is_whole").fetchall():
        found = hashlib.sha256()
        pieces = "SELECT data FROM source_chunk WHERE source_id = ? ORDER BY number"
        for (data,) in connection.execute(pieces, [source]):
            found.update(data)
        if found.hexdigest() != digest:
            tasks = "SELECT task_ref FROM task_source WHERE source_id = ?"
            changed += [task for (task,) in connection.execute(tasks, [source])] or [0]
    return sorted(changed)


def _differing(connection: sqlite3.Connection, table: str) -> Sequence[int]:
    rows = connection.execute(f"SELECT task_ref, data, sha256 FROM {table}")  # noqa: S608 - two names of ours
    return sorted({task for task, data, digest in rows if hashlib.sha256(data).hexdigest() != digest})
