"""Backups of a PostgreSQL database, with its own tools; their commands are shown, and hold no secret."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dashboard.errors import InputRefused, StoreUnavailable
from dashboard.services.upkeep.new_file import new_file
from dashboard.store import postgresql_tools as tools

_MAGIC = b"PGDMP"

HOW_TO_RESTORE = (
    "PostgreSQL is restored with its own tool, because others may use that server too. Stop every server and worker, "
    "then run this; it replaces what is in the database, as a whole or not at all."
)


@dataclass(frozen=True, slots=True)
class Dumped:
    """A dump that was made, by this command."""

    size: int
    command: str


def dump(url: str, file: Path, *, overwrite: bool) -> Dumped:
    """Have ``pg_dump`` write a new file, of one moment, while servers and workers go on.

    Raises:
        InputRefused: the file must not or cannot be written.
        StoreUnavailable: there is no ``pg_dump``, or it says why not; the sentence shows the command.
    """
    command = tools.dump_command(url, file)
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreUnavailable(
            f"pg_dump is not installed here, so no backup was made. Where it is, run: {command}\n{tools.PASSWORD}"
        )
    with new_file(file, overwrite=overwrite) as fresh:
        _run([program, *tools.dump_arguments(url, fresh)], url, command)
        return Dumped(fresh.stat().st_size, command)


def verify(file: Path) -> str:
    """Have ``pg_restore`` read a whole dump; gives back a sentence.

    Raises:
        InputRefused: it is no dump, or damaged.
        StoreUnavailable: there is no ``pg_restore``.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_MAGIC))
    except OSError as error:
        raise InputRefused(f"{file} cannot be read ({error.strerror}).") from None
    if start != _MAGIC:
        raise InputRefused(f"{file} is no backup of PostgreSQL, as pg_dump writes them with --format=custom.")
    program = shutil.which("pg_restore")
    if program is None:
        raise StoreUnavailable("pg_restore is not installed here, so the file cannot be looked at.")
    # Without a database it writes what it would do: every row is unpacked on the way.
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own
        [program, f"--file={os.devnull}", str(file)], capture_output=True, check=False
    )
    if ended.returncode:
        raise InputRefused(f"{file} cannot be used: {_last_line(ended.stderr)}.")
    return f"{file} can be read from its beginning to its end."


def restore_command(url: str, file: Path) -> str:
    """What restores a dump, to be pasted into a shell, and where the password comes from."""
    return f"{tools.restore_command(url, file)}\n{tools.PASSWORD}"


def _run(command: list[str], url: str, shown: str) -> None:
    password = tools.password_of(url)
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - PostgreSQL's own
    if ended.returncode:
        said = _last_line(ended.stderr)
        said = said.replace(password, "***") if password else said
        raise StoreUnavailable(f"No backup was made: {said}. The command was: {shown}\n{tools.PASSWORD}")


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines() or ["it ended without a word"]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines)[0].rstrip(".")
