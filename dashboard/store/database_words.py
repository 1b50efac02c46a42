"""What a database said when it refused, as one sentence a person can act on. Pure.

Sentences never carry the password of the database, and never the values of a statement.
"""

import sqlite3

from sqlalchemy import URL, exc

from dashboard.store.postgresql_driver import is_of_driver

FULL = "The disk with the database is full. Nothing was changed; free some space."
"""What SQLite's refusal means when there is no room."""

LOCKED = "The database is locked by another program. Nothing was changed; it is tried again."
"""Somebody else has been writing for longer than one waits."""

_SQLITE = (
    ("SQLITE_BUSY", LOCKED),
    ("SQLITE_LOCKED", LOCKED),
    ("SQLITE_FULL", FULL),
    ("SQLITE_READONLY", "The database cannot be written: the file or its folder is read-only."),
    (
        "SQLITE_CANTOPEN",
        "The database file cannot be opened or created. Check the folder and its permissions.",
    ),
    ("SQLITE_IOERR", "The disk with the database reports an error. Nothing was changed."),
    ("SQLITE_NOTADB", "The database file is not an SQLite database."),
    ("SQLITE_CORRUPT", "The database file is damaged. Stop the dashboard and restore a backup."),
)
_POSTGRESQL = (
    ("53100", "The disk of the database server is full. Nothing was changed; free some space."),
    ("53300", "The database server has no connection left for us. Nothing was changed; it is tried again."),
    ("53", "The database server is short of resources. Nothing was changed; it is tried again."),
    ("55P03", "The database is locked by somebody else. Nothing was changed; it is tried again."),
    ("40", "Two changes got in each other's way. Nothing was changed; it is tried again."),
    ("25006", "The database cannot be written: the server is read-only, perhaps a standby."),
    ("42501", "The database user lacks a permission."),
    ("28", "The database server does not accept the user name or password."),
    ("3D000", "The database does not exist on the server. Create it first."),
    ("57P03", "The database server is starting up or shutting down. Nothing was changed; it is tried again."),
    ("57P", "The connection to the database server was lost. Nothing was changed; it is tried again."),
    ("57014", "The database server took too long and was stopped. Nothing was changed."),
)
_SQLITE_OTHER = "The database refused. Nothing was changed"
_UNREACHABLE = "The database server cannot be reached or went away. Nothing was changed; it is tried again"
_POOL_EMPTY = "All connections to the database are busy. Nothing was changed; it is tried again."

_PERMISSION = "42501"
_UNDECODABLE = "Could not decode to UTF-8"
"""Said by Python of a text that was none when it was stored: its bytes were changed in the file."""
_DISK_FULL = "53100"


def is_refusal(error: exc.SQLAlchemyError) -> bool:
    """Whether the database could not do it, as opposed to being asked for something wrong."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if isinstance(error, exc.IntegrityError | exc.DataError | exc.NotSupportedError):
        return False
    if isinstance(error, exc.ProgrammingError):
        return getattr(error.orig, "sqlstate", None) == _PERMISSION
    return True


def is_damage(error: exc.SQLAlchemyError) -> bool:
    """Whether SQLite found that the file is no sound database."""
    original = getattr(_first_refusal(error), "orig", None)
    if not isinstance(original, sqlite3.Error):
        return False
    name = getattr(original, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or str(original).startswith(_UNDECODABLE)


def is_foreign(error: exc.SQLAlchemyError) -> bool:
    """Whether SQLite found that the file is none of its own."""
    return getattr(getattr(error, "orig", None), "sqlite_errorname", "") == "SQLITE_NOTADB"


def is_lack_of_room(error: exc.SQLAlchemyError) -> bool:
    """Whether a refusal says that the disk is full."""
    original = getattr(_first_refusal(error), "orig", None)
    return (
        getattr(original, "sqlite_errorname", "") == "SQLITE_FULL"
        or getattr(original, "sqlstate", None) == _DISK_FULL
    )


def may_be_lack_of_room(error: exc.SQLAlchemyError) -> bool:
    """Whether SQLite met an error of the disk without saying which: used up quotas are among them."""
    original = getattr(_first_refusal(error), "orig", None)
    return str(getattr(original, "sqlite_errorname", "")).startswith("SQLITE_IOERR")


def sentence(error: exc.SQLAlchemyError, url: URL) -> str:
    """Say in words what was refused and what to do.

    Args:
        error: one for which :func:`is_refusal` is true.
        url: the database's; its password is removed from whatever the driver said.
    """
    original = getattr(_first_refusal(error), "orig", None)
    if isinstance(original, sqlite3.Error):
        name = getattr(original, "sqlite_errorname", "")
        known = next((text for start, text in _SQLITE if name.startswith(start)), None)
        return known or f"{_SQLITE_OTHER}: {_first_line(original, url)}."
    if is_of_driver(original):
        state = original.sqlstate or ""
        known = next((text for start, text in _POSTGRESQL if state.startswith(start)), None)
        return known or f"{_UNREACHABLE}: {_first_line(original, url)}."
    return _POOL_EMPTY


def _first_refusal(error: BaseException) -> BaseException:
    """The one that began it: a full disk ends SQLite's whole transaction, and undoing a savepoint then fails too."""
    first, earlier = error, error.__context__
    while earlier is not None:
        if isinstance(earlier, exc.SQLAlchemyError) and is_refusal(earlier):
            first = earlier
        earlier = earlier.__context__
    return first


def _first_line(error: BaseException, url: URL) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = lines[0].rstrip(".:")[:200]
    password = str(url.password or "")
    return text.replace(password, "***") if password else text
