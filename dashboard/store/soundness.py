"""Whether the pages of an SQLite database fit together; PostgreSQL watches over its own."""

from sqlalchemy import text

from dashboard.store.database import Database


def examine(database: Database) -> None:
    """Read the whole file once; takes seconds for a gigabyte, and holds up nobody.

    Raises:
        DatabaseUnfit: with what to do, when pages are damaged.
        StoreUnavailable: the database cannot be read now.
    """
    if database.file is None:
        return
    with database.reading() as session:
        said = session.connection().execute(text("PRAGMA quick_check(1)")).scalar()
    if said != "ok":
        raise database.file.damaged()
