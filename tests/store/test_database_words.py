import psycopg
import pytest
from psycopg import errors
from sqlalchemy import exc, make_url

from dashboard.store.database_words import is_refusal, sentence

URL = make_url("postgresql://me:geheim@host/db")


@pytest.mark.parametrize(
    ("original", "said"),
    [
        (errors.DiskFull(), "disk of the database server is full"),
        (errors.TooManyConnections(), "no connection left"),
        (errors.OutOfMemory(), "short of resources"),
        (errors.LockNotAvailable(), "locked"),
        (errors.DeadlockDetected(), "in each other's way"),
        (errors.SerializationFailure(), "in each other's way"),
        (errors.ReadOnlySqlTransaction(), "read-only"),
        (errors.InvalidPassword(), "user name or password"),
        (errors.InvalidCatalogName(), "does not exist"),
        (errors.CannotConnectNow(), "starting up"),
        (errors.AdminShutdown(), "was lost"),
        (errors.QueryCanceled(), "too long"),
        (psycopg.OperationalError("host said geheim\nmore"), "cannot be reached .*: host said \\*\\*\\*\\.$"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_sentences(original: psycopg.Error, said: str) -> None:
    """Each refusal of a server becomes a sentence of its own, without the password."""
    error = exc.OperationalError("SELECT 1", {}, original)
    assert is_refusal(error)
    words = sentence(error, URL)
    assert pytest.raises(AssertionError, match=said).matches(AssertionError(words)), words
    assert "geheim" not in words


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exc.TimeoutError("QueuePool limit"), True),
        (exc.ProgrammingError("", {}, errors.InsufficientPrivilege()), True),
        (exc.ProgrammingError("", {}, errors.UndefinedTable()), False),
        (exc.IntegrityError("", {}, errors.UniqueViolation()), False),
        (exc.DataError("", {}, errors.NumericValueOutOfRange()), False),
        (exc.InvalidRequestError("a bug"), False),
    ],
    ids=["pool", "permission", "no table", "unique", "range", "bug"],
)
def test_what_counts_as_refusal(error: exc.SQLAlchemyError, expected: bool) -> None:  # noqa: FBT001 - a table column
    """What we did wrong is not the database's trouble."""
    assert is_refusal(error) is expected


def test_empty_pool() -> None:
    """Waiting too long for a connection has its own sentence."""
    assert "busy" in sentence(exc.TimeoutError("QueuePool limit"), URL)
