"""``ocr-dashboard secrets``: how stored tokens are encrypted, and with which keys."""

from typing import Annotated

import typer

from dashboard import bootstrap, logs
from dashboard.services.credentials import secret_keys
from dashboard.settings import Settings, load_settings
from dashboard.store.key_file import ADVICE
from dashboard.store.secrecy import SETTING

secrets_cli = typer.Typer(
    add_completion=False, help="Look at the keys that encrypt stored tokens, and change them."
)

_OPTION = typer.Option


@secrets_cli.command("status")
def show_status() -> None:
    """Say where the keys come from and whether every stored secret can be read. Exit code 1 when not."""
    found = secret_keys.status(_settings())
    if found.key_file is None:
        typer.echo(f"Keys: {found.keys}, from {SETTING}.")
    else:
        typer.echo(f"Keys: {found.keys}, from the file {found.key_file} (permissions {found.permissions}).")
        typer.echo(f"Note: {ADVICE}")
    typer.echo(f"Backups name them by these fingerprints: {', '.join(found.fingerprints)}.")
    stock = found.stock
    typer.echo(f"Stored secrets: {stock.secrets}, of which {stock.current} use the first key.")
    if found.is_exposed:
        typer.echo(f"BAD: others can read the key file. Do this: chmod 600 {found.key_file}")
    if stock.unreadable:
        typer.echo(
            f"BAD: {stock.unreadable} cannot be read. Put the key they were stored with back into "
            f"{found.key_file or SETTING}. If it is lost: “ocr-dashboard secrets forget-unreadable”."
        )
    elif stock.current < stock.secrets:
        typer.echo("Run “ocr-dashboard secrets rotate” to use the first key for all.")
    if found.is_exposed or stock.unreadable:
        raise typer.Exit(1)


@secrets_cli.command()
def rotate(
    new_key: Annotated[  # noqa: FBT002 - a flag
        bool, _OPTION("--new-key", help="First put a fresh key in front, in the key file.")
    ] = False,
    forget_old: Annotated[  # noqa: FBT002 - a flag
        bool, _OPTION("--forget-old", help="At the end, drop all other keys from the key file.")
    ] = False,
    yes: Annotated[  # noqa: FBT002 - a flag
        bool, _OPTION("--yes", help="Do not ask whether every server knows the first key.")
    ] = False,
) -> None:
    """Encrypt every stored secret with the first key; harmless to repeat, and nothing is lost if it is cut off.

    Servers and workers that run must know the first key before: restart each of them with the new and the old
    keys, then rotate, and only then take the old keys away.
    """
    settings = _settings()
    if new_key:
        keys = secret_keys.put_new_key_in_front(settings)
        typer.echo(f"A new key is in front of {keys - 1} old in {secret_keys.key_file_of(settings)}.")
    if (new_key or forget_old) and not yes:
        typer.echo(
            "A server or worker that was started before the first key was there cannot read what is encrypted "
            "with it."
        )
        if not typer.confirm("Has every one been restarted since, or is none running?"):
            typer.echo("Nothing was encrypted anew. Restart them, then run “ocr-dashboard secrets rotate”.")
            raise typer.Exit(1)
    renewed, stock = secret_keys.encrypt_anew(settings)
    typer.echo(f"Encrypted anew: {renewed} of {stock.secrets} stored secrets. All use the first key.")
    if forget_old:
        typer.echo(f"Old keys dropped: {secret_keys.forget_old_keys(settings)}.")


@secrets_cli.command("forget-unreadable")
def forget_unreadable(
    yes: Annotated[bool, _OPTION("--yes", help="Do not ask.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Give up stored secrets that no key here opens, so that the dashboard starts although their key is lost.

    Tokens keep their entries, limits and tasks, and wait for their secret to be entered anew. Results need no key.
    """
    settings = _settings()
    stock = secret_keys.status(settings).stock
    if not stock.unreadable:
        typer.echo("Nothing to do: every stored secret can be read.")
        return
    if not yes:
        typer.echo(f"{stock.unreadable} of {stock.secrets} stored secrets cannot be read with the keys here.")
        typer.echo(
            "If the key they were stored with is anywhere, put it back instead: this cannot be undone."
        )
        typer.confirm("Give them up?", abort=True)
    for label in secret_keys.forget_unreadable(settings, clock=bootstrap.utc_now):
        typer.echo(
            f"Given up: the secret of “{label}”. Enter it anew on the page Tokens; its tasks wait for it."
        )


def _settings() -> Settings:
    settings = load_settings()
    logs.configure(level="warning", as_json=settings.log_json)  # these commands say themselves what they did
    return settings
