"""``ocr-dashboard backup``, ``verify`` and ``restore``: a copy of everything in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard import bootstrap, logs
from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.services.credentials import secret_keys
from dashboard.services.upkeep import backup_files, postgresql_backup
from dashboard.services.upkeep.backup_files import KeyMatch
from dashboard.settings import Settings, load_settings
from dashboard.store.backup_check import Checked
from dashboard.store.backup_facts import Counts, fingerprints
from dashboard.store.secrecy import SETTING

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite it.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Write everything that is stored into one file, as it stands now; servers and workers go on.

    The key file is not in it, only its fingerprint: keep a copy of that elsewhere. With PostgreSQL, pg_dump does it.
    """
    settings = _settings()
    database = backup_files.database_of(settings)
    if database is None:
        dumped = postgresql_backup.dump(_url(settings), file, overwrite=force)
        typer.echo(f"Written: {file} ({_size(dumped.size)}), by this command: {dumped.command}")
        typer.echo(_about_key(settings))
        return
    made = backup_files.make(settings, database, file, overwrite=force)
    typer.echo(f"Written: {file} ({_size(made.size)}). It holds {_held(made.counts)}.")
    if made.counts.tokens:
        typer.echo(_about_key(settings))


def verify(file: File) -> None:
    """Read a whole backup and say what is in it. Exit code 1 when it cannot be restored."""
    settings = _settings()
    if backup_files.database_of(settings) is None and not _is_sqlite(file):
        typer.echo(postgresql_backup.verify(file))
        return
    checked, match = backup_files.check(settings, file)
    typer.echo(_origin(checked))
    if checked.counts is not None:
        typer.echo(f"It holds {_held(checked.counts)}.")
    if checked.problems:
        for problem in checked.problems:
            typer.echo(f"BAD: {problem}")
        raise typer.Exit(1)
    typer.echo("Every page, result and image is what was stored.")
    if checked.secrets:
        typer.echo(_keys(settings, checked, match))


def restore(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Put a backup in the place of the database. What was there is kept beside it, under another name.

    Refused while a server or worker has the database open. On another machine, bring the key file too.
    """
    settings = _settings()
    database = backup_files.database_of(settings)
    if database is None:
        typer.echo(f"{postgresql_backup.HOW_TO_RESTORE}\n")
        typer.echo(postgresql_backup.restore_command(_url(settings), file))
        raise InputRefused("Nothing was restored: the command above does it.")

    def may_replace(existing: Path) -> bool:
        if force:
            return True
        typer.echo(f"There is a database already, {existing}. It is kept beside the restored one.")
        try:
            return typer.confirm("Restore the backup in its place?")
        except typer.Abort:
            raise InputRefused("Nobody answered, so nothing was changed. Add --force.") from None

    restored = backup_files.restore(
        settings, database, file, may_replace=may_replace, clock=bootstrap.utc_now
    )
    if restored is None:
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)
    typer.echo(f"Restored to {restored.database}. {_origin(restored.checked)}")
    if restored.checked.counts is not None:
        typer.echo(f"It holds {_held(restored.checked.counts)}.")
    for path in restored.kept:
        typer.echo(f"Kept: {path}")
    if restored.checked.secrets:
        secrets = restored.checked.secrets
        typer.echo(_keys(settings, restored.checked, backup_files.match_keys(settings, secrets)))


def _keys(settings: Settings, checked: Checked, match: KeyMatch) -> str:
    """How the stored tokens go with the keys here, and what to do when they do not."""
    readable = f"Stored tokens: {match.readable:,} of {len(checked.secrets):,} can be read"
    if match.readable == len(checked.secrets):
        return f"{readable} with the key here (fingerprint {match.here[0]})."
    path = secret_keys.key_file_of(settings)
    where = f"the file {path}" if path is not None else SETTING
    lacking = (
        f"the key here is another one ({', '.join(match.here)})" if match.here else "there is no key here"
    )
    wanted = f" (fingerprint {', '.join(checked.facts.keys)})" if checked.facts and checked.facts.keys else ""
    return (
        f"{readable}: {lacking}. Results need no key and are complete. "
        f"Put the key that was used{wanted} into {where} before you start the dashboard. If it is lost, "
        "“ocr-dashboard secrets forget-unreadable” gives those tokens up, to be entered anew on the page Tokens."
    )


def _origin(checked: Checked) -> str:
    if checked.facts is None:
        return f"A copy of the database at revision {checked.revision}, not made by “ocr-dashboard backup”."
    made = checked.facts.made_at.strftime("%Y-%m-%d %H:%M:%S")
    return f"Made {made} UTC by version {checked.facts.version}, at revision {checked.revision}."


def _about_key(settings: Settings) -> str:
    path = secret_keys.key_file_of(settings)
    where = f"a copy of {path}" if path is not None else f"what is in {SETTING}"
    known = fingerprints(backup_files.present_keys(settings))
    named = f" (fingerprint {known[0]})" if known else ""
    return f"The key{named} is not in it: keep {where} elsewhere. Stored tokens need it, results do not."


def _held(counts: Counts) -> str:
    return ", ".join(
        (
            count_of(counts.teams, "team"),
            count_of(counts.tasks, "task"),
            count_of(counts.results, "result"),
            count_of(counts.tokens, "token"),
        )
    )


def _size(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(6) == b"SQLite"
    except OSError:
        return False


def _url(settings: Settings) -> str:
    return settings.database_url.get_secret_value() if settings.database_url else ""


def _settings() -> Settings:
    settings = load_settings()
    logs.configure(level="warning", as_json=settings.log_json)  # these commands say themselves what they did
    return settings
