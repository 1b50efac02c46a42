import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import TextClause, inspect, text
from sqlalchemy.schema import CreateIndex, DropIndex
from sqlmodel import select

from dashboard.errors import DatabaseTooNew
from dashboard.models import METADATA, AuditEntry, SignIn
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import _config, migrate
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("empty")
    server.drop("empty")


OF_EXPRESSIONS = {
    index.name: index
    for table in METADATA.tables.values()
    for index in table.indexes
    if any(isinstance(it, TextClause) for it in index.expressions)
}
"""Indexes that Alembic cannot compare."""


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_and_models_agree(database: Database) -> None:
    """The migrated tables are the ones the models describe: columns, types, indexes, constraints."""
    opts = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": _is_modelled,
        "include_object": _is_comparable,
    }
    with database.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection(), opts=opts), METADATA) == []


@pytest.mark.parametrize("name", sorted(map(str, OF_EXPRESSIONS)))
def test_indexes_of_expressions_agree(database: Database, name: str) -> None:
    """The database says the same of them when they are made as the models describe them."""
    said = text(
        "SELECT sql FROM sqlite_master WHERE name = :name"
        if database.is_sqlite
        else "SELECT indexdef FROM pg_indexes WHERE indexname = :name"
    ).bindparams(name=name)
    with database.writing() as session:
        connection = session.connection()
        migrated = connection.execute(said).scalar_one()
        connection.execute(DropIndex(OF_EXPRESSIONS[name]))
        connection.execute(CreateIndex(OF_EXPRESSIONS[name]))
        assert connection.execute(said).scalar_one() == migrated
        session.rollback()


def _is_comparable(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:  # noqa: ARG001, FBT001 - Alembic's signature
    return not (kind == "index" and name in OF_EXPRESSIONS)


def _is_modelled(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001 - Alembic's signature
    """Whether something has a model: not what is another thing on each database, or for one of them alone."""
    return not (kind == "table" and (name or "").startswith("search_text")) and name != "ix_task_searched"


def test_many_start_at_once(empty_url: str) -> None:
    """Servers that start together on an empty database all come up, and one of them makes the tables."""

    def start(_: int) -> None:
        database = Database(empty_url)
        migrate(database)
        database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    database = Database(empty_url)
    with database.reading() as session:
        assert set(METADATA.tables) < set(inspect(session.connection()).get_table_names())
    database.close()


def test_an_audit_log_of_before(empty_url: str) -> None:
    """Lines and sign-ins of a database at 0004 stay as they were; who it was beyond a name is not known."""
    database = Database(empty_url)
    with database.writing() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0004")
        for statement in _OF_BEFORE:
            session.connection().execute(text(statement))
    migrate(database)
    with database.reading() as session:
        entry = session.exec(select(AuditEntry)).one()
        sign_in = session.exec(select(SignIn)).one()
    assert (entry.actor, entry.action, entry.detail) == ("Ada", "signed in", {"link": "Front"})
    known = [
        getattr(entry, name) for name in ("sign_in_id", "person_id", "link_id", "link", "account", "key_id")
    ]
    assert known == [None] * 6
    assert (sign_in.first_id, sign_in.person_id) == (None, sign_in.id)
    database.close()


_OF_BEFORE = (
    "INSERT INTO team (id, slug, name, created_at, revision) VALUES (1, 'team', 'Team', 1, 0)",
    (
        "INSERT INTO sign_in (id, secret_hash, name, created_at, last_seen_at, expires_at, browser) "
        "VALUES (7, 'h', 'Ada', 1, 1, 2, '')"
    ),
    (
        "INSERT INTO audit_entry (team_id, at, actor, actor_kind, action, subject, detail) "
        """VALUES (1, 1, 'Ada', 'person', 'signed in', 'as viewer', '{"link": "Front"}')"""
    ),
)


def test_tasks_and_tokens_of_before(empty_url: str) -> None:
    """IDs with capitals are found by small ones, and the token that was taken until now is the default."""
    database = Database(empty_url)
    with database.writing() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0005")
        session.connection().execute(text(_TEAMS))
        session.connection().execute(text(_TOKEN), _TOKENS)
        session.connection().execute(text(_TASK), [{"id": "abc-1"}, {"id": "ABC-1"}])
    migrate(database)
    with database.reading() as session:
        found = session.connection().execute(text("SELECT task_id, lower_id FROM task"))
        lower = {task_id: lower_id for task_id, lower_id in found}  # noqa: C416 - rows are no pairs to mypy
        chosen = session.connection().execute(text("SELECT id FROM credential WHERE is_default ORDER BY id"))
        defaults = [row[0] for row in chosen]
    database.close()
    assert lower == {"abc-1": None, "ABC-1": "abc-1"}
    assert defaults == [2, 3, 5]  # the newest, the chosen one, and the only one of another service


def test_newer_database(empty_url: str) -> None:
    """A database of a newer version is refused, naming both revisions, and left alone."""
    database = Database(empty_url)
    migrate(database)
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"revision 9999, .* up to 0\d\d\d"):
        migrate(database)
    with database.reading() as session:
        assert session.connection().scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    database.close()


def test_logging_is_left_alone(database: Database) -> None:
    """Migrating changes neither handlers nor levels."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.getLogger("alembic").level)
    migrate(database)
    assert (list(root.handlers), root.level, logging.getLogger("alembic").level) == before


_TEAMS = "INSERT INTO team (id, slug, name, created_at, revision) VALUES (1, 'team', 'Team', 0, 0), (2, 'b', 'B', 0, 0)"
_TOKEN = (
    "INSERT INTO credential (id, team_id, label, kind, api_url, secret, fingerprint, hint, created_at, is_default,"
    " keeps_last_poll, status_first, login_refusals, login_failures)"
    " VALUES (:id, :team, 'x', 'token', :url, '', :mark, '', 0, :chosen, true, false, 0, 0)"
)
_TASK = (
    "INSERT INTO task (team_id, api_url, task_id, operation, trial, origin, label, state, registered_at, expires_at,"
    " expiry_exact, polls, errors, doubts, notices, remarks, archived)"
    " VALUES (1, 'https://a', :id, 'x', false, 'x', '', 'pending', 0, 0, false, 0, 0, 0, '[]', '[]', false)"
)
_TOKENS = [
    {"id": number, "team": team, "url": url, "chosen": chosen, "mark": str(number)}
    for number, team, url, chosen in (
        (1, 1, "https://a", False),
        (2, 1, "https://a", False),
        (3, 2, "https://a", True),
        (4, 2, "https://a", False),
        (5, 1, "https://b", False),
    )
]
