"""Makes the tables of an empty SQLite database in one go, as running every migration step leaves them.

Many hundred tests begin with an empty dashboard; step by step, each would spend most of its time on migrating.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from dashboard.store.database import Database

Migrate = Callable[[Database], None]

_TABLES = """
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%'
AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY rowid
"""


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """The tables of a migrated database; learnt from one whose steps were run."""

    statements: tuple[str, ...]
    revision: str

    @classmethod
    def of(cls, migrated: Database) -> "ReadyMade":
        """Learn them."""
        with migrated.reading() as session:
            statements = session.connection().exec_driver_sql(_TABLES).scalars().all()
            return cls(tuple(statements), _revision(session))

    def instead_of(self, migrate: Migrate) -> Migrate:
        """What does the same for an empty SQLite database and for one that is up to date; the rest is migrated."""

        def make(database: Database) -> None:
            if not (database.is_sqlite and self._made(database)):
                migrate(database)

        return make

    def _made(self, database: Database) -> bool:
        with database.writing() as session:
            run = session.connection().exec_driver_sql
            if run("SELECT count(*) FROM sqlite_master").scalar_one():
                return _revision(session) == self.revision
            for statement in self.statements:
                run(statement)
            run("INSERT INTO alembic_version VALUES (?)", (self.revision,))
            return True


def _revision(session: Session) -> str:
    known = session.connection().exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
    )
    if known.first() is None:
        return ""
    return str(session.connection().exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
