"""PostgreSQL is backed up and restored with its own tools; here is what to call them with, without any secret."""

import shlex
from pathlib import Path

from sqlalchemy import make_url

_SECRET = frozenset({"password", "sslpassword", "oauth_client_secret"})

PASSWORD = "The password is left to PGPASSWORD or ~/.pgpass."  # noqa: S105 - where it is, not what it is


def dump_arguments(url: str, file: Path) -> list[str]:
    """What ``pg_dump`` needs to write a backup."""
    return ["--format=custom", "--no-owner", "--no-privileges", f"--file={file}", _plain(url)]


def dump_command(url: str, file: Path) -> str:
    """The same, to be pasted into a shell."""
    return shlex.join(["pg_dump", *dump_arguments(url, file)])


def restore_arguments(url: str, file: Path) -> list[str]:
    """What ``pg_restore`` needs to put one in place of all that is in the database, whole or not at all."""
    how = [
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
    ]
    return [*how, f"--dbname={_plain(url)}", str(file)]


def restore_command(url: str, file: Path) -> str:
    """The same, to be pasted into a shell."""
    return shlex.join(["pg_restore", *restore_arguments(url, file)])


def password_of(url: str) -> str:
    """The password a URL holds, for the environment of a tool; empty when there is none."""
    parsed = make_url(url)
    queried = parsed.query.get("password", "")
    return parsed.password or (queried if isinstance(queried, str) else queried[0])


def _plain(url: str) -> str:
    """The URL as the tools know it, without a password wherever it may stand."""
    parsed = make_url(url).set(drivername="postgresql")._replace(password=None)
    plain = parsed.difference_update_query(_SECRET & parsed.query.keys()).render_as_string()
    start, mark, query = plain.partition("?")
    return start + mark + query.replace("+", "%20")  # the tools read a plus sign as one
