"""Databases as they were: made by the steps of an earlier day, with something in every table of that day.

Some steps were edited after they were committed. What they were before lies in ``editions/``, byte for byte, named by
the commit that it is from; together with the others it makes every schema that a database may have.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import Session

from dashboard.store import migrations, search
from dashboard.store.database import Database
from dashboard.store.secrecy import SecretBox

VERSIONS = Path(migrations.__file__).parent / "versions"
EDITIONS = Path(__file__).parent / "editions"

TOKEN = "the access token of long ago"
MOMENT = 1_780_000_000.25
RESULTS = 12


@dataclass(frozen=True, slots=True)
class Past:
    """How far a database got, and by which earlier editions of the steps; the others were as they are now."""

    revision: str
    editions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.revision, *self.editions))


FIRST = "0001_first_tables.py.266b614"
ACCESS = "0003_access.py.cf43107"
ROOM = "0004_library.py.ec80533"
LIBRARY = "0004_library.py.35671d2"
FOLDING = "0007_folding.py.08a976f"

HEADS = (
    Past("0001", (FIRST,)),
    Past("0001"),
    Past("0002"),
    Past("0003", (ACCESS,)),
    Past("0003"),
    Past("0004", (ROOM,)),
    Past("0004", (LIBRARY,)),
    Past("0004"),
    Past("0005"),
    Past("0006"),
    Past("0007", (FOLDING,)),
    Past("0007"),
)
"""What each commit made of nothing, as far as they differ."""

CARRIED = (
    Past("0003", (FIRST, ACCESS)),
    Past("0004", (FIRST, ACCESS, ROOM)),
    Past("0005", (FIRST, ACCESS, LIBRARY)),
    Past("0006", (FIRST, ACCESS, ROOM)),
    Past("0007", (FIRST, ACCESS, ROOM, FOLDING)),
    Past("0007", (ACCESS, LIBRARY)),
)
"""Made by one commit and brought on by later ones: the oldest of everything, at each step."""


def make(database: Database, past: Past, folder: Path, box: SecretBox, *, results: int = RESULTS) -> None:
    """Make an empty database what it was then, with rows in every table; ``folder`` is for the steps."""
    versions = folder / "versions"
    shutil.copytree(VERSIONS, versions, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(VERSIONS.parent / "env.py", folder)
    for edition in past.editions:
        step = edition.rpartition(".")[0]
        (versions / step).write_text((EDITIONS / f"{edition}.txt").read_text("utf-8"), "utf-8")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, past.revision)
    with database.writing() as session:
        _fill(session, box, results)
        if FOLDING in past.editions:  # the program of that time left plain labels out
            session.connection().execute(
                sa.text("UPDATE task SET label_folded = NULL WHERE label LIKE 'Invoice%'")
            )


def _fill(session: Session, box: SecretBox, results: int) -> None:
    connection = session.connection()
    reflected = sa.MetaData()
    names = sa.inspect(connection).get_table_names()
    indexed = "library_entry" in names
    for name, rows in _rows(box, results):
        if name in names:
            table = sa.Table(name, reflected, autoload_with=connection, resolve_fks=False)
            some = [{key: value for key, value in row.items() if key in table.c} for row in rows]
            connection.execute(sa.insert(table), some)
    if connection.dialect.name != "sqlite":  # rows with numbers of their own leave the counters behind
        for name in names:
            if any(column["name"] == "id" for column in sa.inspect(connection).get_columns(name)):
                connection.execute(
                    sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")  # noqa: S608 - our own names
                )
    if indexed:
        for number in range(1, results + 1):
            search.put(session=session, task_ref=number, text=text_of(number))


def text_of(number: int) -> str:
    """The text of a result."""
    return f"Rechnung Nummer{number} für Übersetzung, naïve café\nTotal amount {number * 7}.50"


def data_of(number: int) -> bytes:
    """Its bytes as the service sent them: every value there is."""
    return bytes(range(256)) + text_of(number).encode("utf-16")


def label_of(number: int) -> str:
    """What people call it; plain, with a letter that has to be folded, or nothing."""
    return ("", f"Invoice {number}", f"Straße {number}")[number % 3]


def _rows(box: SecretBox, results: int) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Everything there was ever room for; what a table does not have yet is left out."""
    team: dict[str, Any] = {"team_id": 1}
    at = {"created_at": MOMENT, "created_by": "Ada", "expires_at": MOMENT * 2}
    tasks = range(1, results + 1)
    first = {"task_ref": 1, "author": "Ada", "created_at": MOMENT}
    yield "team", [{"id": 1, "slug": "team", "name": "Team", "created_at": MOMENT, "revision": 3}]
    yield (
        "credential",
        [
            {
                **team,
                "id": 1,
                "label": "Archive",
                "kind": "access_token",
                "api_url": "https://ocr.example",
                "secret": box.encrypt(TOKEN),
                "fingerprint": box.fingerprint(TOKEN),
                "hint": " ago",
                "created_at": MOMENT,
                "is_default": True,
                "daily_budget": 500,
                "keeps_last_poll": False,
                "status_first": True,
                "login_refusals": 0,
                "login_failures": 0,
            }
        ],
    )
    yield "usage", [{"credential_id": 1, "day": "2026-05-01", "kind": "poll", "calls": 7}]
    yield "task", [_task(number) for number in tasks]
    yield "part", [_part(number) for number in tasks]
    yield (
        "attempt",
        [
            {
                "id": number,
                "task_ref": number,
                "kind": "poll",
                "started_at": MOMENT,
                "duration_ms": 12,
                "http_status": 200,
                "result": "completed",
                "detail": "",
            }
            for number in tasks
        ],
    )
    yield (
        "join_link",
        [
            {
                **team,
                **at,
                "id": 1,
                "label": "Desk",
                "role": "editor",
                "secret_hash": "a",
                "hint": "a",
                "uses": 1,
            }
        ],
    )
    yield (
        "sign_in",
        [{**at, "id": 1, "secret_hash": "b", "name": "Ada", "last_seen_at": MOMENT, "browser": "Firefox"}],
    )
    yield "membership", [{**team, "sign_in_id": 1, "role": "editor", "link_id": 1, "joined_at": MOMENT}]
    yield (
        "api_key",
        [{**team, **at, "id": 1, "label": "Script", "role": "editor", "secret_hash": "c", "hint": "c"}],
    )
    entry = {**team, "at": MOMENT, "actor": "Ada", "actor_kind": "person", "subject": "1"}
    yield "audit_entry", [{**entry, "id": 1, "action": "tasks registered", "detail": {"count": results}}]
    indexed = {**team, "language": "de", "words": 9, "masked_words": 0, "reading": 1, "indexed_at": MOMENT}
    yield "library_entry", [{**indexed, "task_ref": number} for number in tasks]
    yield "task_tag", [{**team, "task_ref": number, "tag": "paid"} for number in tasks]
    yield "saved_view", [{**team, **at, "id": 1, "name": "Open", "query": "find=Rechnung"}]
    yield "correction", [{**first, "id": 1, "text": "Rechnung, gelesen"}]
    yield "mask_flip", [{**first, "start": 4}]
    yield (
        "source_image",
        [
            {
                "task_ref": 1,
                "name": "scan.png",
                "media_type": "image/png",
                "data": data_of(1),
                "size": len(data_of(1)),
                "sha256": "d",
                "added_at": MOMENT,
            }
        ],
    )
    yield "share", [{**team, **at, "id": 1, "label": "Ann", "secret_hash": "e", "hint": "e", "views": 2}]
    yield "share_task", [{"share_id": 1, "task_ref": 1, "position": 0}]


def _task(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "team_id": 1,
        "credential_id": 1,
        "api_url": "https://ocr.example",
        "task_id": f"00000000-0000-4000-8000-{number:012}",
        "operation": "RecognizeImage",
        "trial": False,
        "origin": "registered",
        "label": label_of(number),
        "label_folded": label_of(number).lower().replace("ß", "ss") or None,
        "archived": False,
        "state": "completed",
        "registered_at": MOMENT,
        "expires_at": MOMENT,
        "completed_at": MOMENT,
        "expiry_exact": False,
        "polls": 3,
        "errors": 0,
        "doubts": 0,
        "notices": ["seen"],
        "remarks": [],
    }


def _part(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "task_ref": number,
        "position": 0,
        "type": "Text",
        "media_type": "text/plain",
        "extension": ".txt",
        "size": len(data_of(number)),
        "sha256": "f",
        "remarks": [],
        "words": 9,
        "masked_words": 0,
        "text": text_of(number),
        "data": data_of(number),
    }


def schema_of(database: Database) -> list[tuple[Any, ...]]:
    """Everything a database says about its tables: columns in order, types, defaults, keys, indexes, triggers."""
    with database.reading() as session:
        connection = session.connection()
        statements = _SCHEMA_SQLITE if database.is_sqlite else _SCHEMA_POSTGRESQL
        return [tuple(row) for statement in statements for row in connection.execute(sa.text(statement))]


_SCHEMA_SQLITE = ("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",)
_SCHEMA_POSTGRESQL = (
    (
        "SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, numeric_precision, "
        "column_default, is_nullable FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
    ),
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    (
        "SELECT CAST(conrelid AS regclass) || '', conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = CAST('public' AS regnamespace) ORDER BY 1, 2"
    ),
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    (
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace) "
        "AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql') ORDER BY 1"
    ),
    "SELECT sequencename, data_type || '', start_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
)


def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in order, with the words of the index on SQLite."""
    with database.reading() as session:
        connection = session.connection()
        names = [name for name in sa.inspect(connection).get_table_names() if "alembic" not in name]
        columns = "rowid, words" if database.is_sqlite else "task_ref, chunk, vector"
        found = {}
        for name in names:
            if name.startswith("search_text_"):  # how FTS5 keeps it
                continue
            wanted = columns if name == "search_text" else "*"
            selected = connection.execute(sa.text(f"SELECT {wanted} FROM {name}"))  # noqa: S608 - our own names
            found[name] = sorted((dict(row._mapping) for row in selected), key=repr)
        return found
