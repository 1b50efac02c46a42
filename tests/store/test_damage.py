"""Pages of the database are damaged, as disks and memory do it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from dashboard.errors import DatabaseUnfit
from dashboard.models import Team
from dashboard.store import soundness
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from tests.damaging import damage_running

SENTENCE = r"is damaged\. Nothing is stored any more.*restore a backup"


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database."""
    opened = Database(sqlite_url(tmp_path))
    migrate(opened)
    yield opened
    opened.close()


def attempts(session: Session) -> int | None:
    """How many attempts are stored."""
    found: int | None = session.connection().execute(text("SELECT count(result) FROM attempt")).scalar()
    return found


def test_damage_is_remembered(sqlite: Database) -> None:
    """What can still be read is read, nothing is written any more, and it is said the same way all the time."""
    soundness.examine(sqlite)
    damage_running(sqlite, "attempt")
    assert sqlite.unfit is None
    with pytest.raises(DatabaseUnfit, match=SENTENCE), sqlite.reading() as session:
        attempts(session)
    with sqlite.reading() as session:
        assert session.exec(select(Team)).all() == []
    with pytest.raises(DatabaseUnfit, match=SENTENCE), sqlite.writing() as session:
        session.connection().execute(text("DELETE FROM team"))
    assert "Stop the dashboard" in (sqlite.unfit or "")


def test_it_is_looked_for(sqlite: Database) -> None:
    """As ``doctor`` does; also where nobody has come across it."""
    damage_running(sqlite, "attempt")
    with pytest.raises(DatabaseUnfit, match=SENTENCE):
        soundness.examine(sqlite)


def test_a_text_that_is_none_any_more(sqlite: Database) -> None:
    """Pages that fit together may hold bytes that nobody stored."""
    with sqlite.writing() as session:
        values = "(1, 'team', CAST(x'ff41' AS TEXT), 0, 0)"
        session.connection().execute(
            text(f"INSERT INTO team (id, slug, name, created_at, revision) VALUES {values}")  # noqa: S608 - our own
        )
    with pytest.raises(DatabaseUnfit, match=SENTENCE), sqlite.reading() as session:
        session.exec(select(Team)).all()
