"""``ocr-dashboard token``: register, list, test and remove tokens. Secrets are never taken from arguments."""

import codecs
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.errors import InputRefused
from dashboard.models import CredentialKind
from dashboard.services.credentials.credential_facts import facts
from dashboard.services.credentials.credential_views import CredentialView
from dashboard.services.credentials.pasted_secrets import MAX_TOKEN
from dashboard.services.credentials.service_list import service_name
from dashboard.settings import load_settings

token_cli = typer.Typer(add_completion=False, help="Register, list, test and remove tokens.")

_COLUMNS = ("ID", "LABEL", "KIND", "SERVICE", "HEALTH", "ENDS OR RENEWS", "TODAY", "MONTH", "OPEN TASKS")
_NUMBERS = frozenset({"ID", "TODAY", "MONTH", "OPEN TASKS"})
_KINDS = {CredentialKind.ACCESS_TOKEN: "pasted", CredentialKind.CLIENT_CREDENTIALS: "client"}
_WIDEST = 40
_MOST_BYTES = 16 * MAX_TOKEN
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Id = Annotated[int, typer.Argument(metavar="ID", help="As “token list” shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@token_cli.command()
def add(
    label: Annotated[str, typer.Option(help="What people call it.")] = "",
    client_id: Annotated[
        str | None, typer.Option(help="Register a client ID with its secret, which renews itself.")
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(help="The OCR service; default: OCR_DASHBOARD_API_URL.")
    ] = None,
) -> None:
    """Register an access token, or a client ID with its secret.

    The secret is asked for, or read from standard input when that is no terminal; never given as an argument.
    """
    secret = _read_secret("Access token" if client_id is None else "Client secret")
    with opened() as dashboard:
        view, is_new = dashboard.team.credentials.add(
            label=label,
            access_token=secret if client_id is None else None,
            client_id=client_id,
            client_secret=None if client_id is None else secret,
            api_url=api_url,
        )
        typer.echo(
            f"Token {view.id}, “{view.label}”, is registered."
            if is_new
            else f"This one is registered already: token {view.id}, “{view.label}”."
        )
        if view.mints:
            typer.echo(_login(dashboard, view.id))
        elif not view.health.works:
            typer.echo(f"It does not work: {view.health.value}. {view.advice}")


@token_cli.command("list")
def show_list(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """List the tokens, how they stand, and what they were used for; times are UTC."""
    with opened() as dashboard:
        views = dashboard.team.credentials.all()
    if as_json:
        typer.echo(json.dumps([facts(view) for view in views], default=datetime.isoformat, indent=2))
    elif views:
        typer.echo("\n".join(table(_COLUMNS, [_row(view) for view in views])))
    else:
        typer.echo("No token is registered. “ocr-dashboard token add” registers one.")


@token_cli.command("test")
def try_token(credential_id: Id, yes: Yes = False) -> None:  # noqa: FBT002 - a flag
    """Try a token now. Exit code 1 when it does not work."""
    with opened() as dashboard:
        view = dashboard.team.credentials.get(credential_id)
        if view.mints:
            typer.echo("A new access token is minted, which costs nothing.")
        else:
            typer.echo("This makes one call to the service, which counts and may be billed.")
            if not yes:
                typer.confirm("Make it?", abort=True)
        verdict = dashboard.team.token_test.run(credential_id)
    typer.echo(verdict.sentence)
    if not verdict.works:
        raise typer.Exit(1)


@token_cli.command()
def remove(
    credential_id: Id,
    heir: Annotated[
        int | None, typer.Option(metavar="ID", help="The token that takes over its open tasks.")
    ] = None,
    yes: Yes = False,  # noqa: FBT002 - a flag
) -> None:
    """Forget a token. Its tasks and their results stay; open ones go to the heir, or wait for another token."""
    with opened() as dashboard:
        view = dashboard.team.credentials.get(credential_id)
        if not yes:
            fate = f"token {heir} takes over" if heir is not None else "will wait for another token"
            typer.echo(
                f"Token {view.id}, “{view.label}”: {count_of(view.open_tasks, 'open task')}, which {fate}."
            )
            typer.confirm("Remove it?", abort=True)
        dashboard.team.credentials.remove(credential_id, heir_id=heir)
    typer.echo("Removed.")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns; numbers to the right, long words cut."""
    cells = [heads, *([_cut(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if head in _NUMBERS else cell.ljust(width)
            for head, cell, width in zip(heads, line, widths, strict=True)
        ).rstrip()
        for line in cells
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _row(view: CredentialView) -> list[str]:
    return [
        str(view.id),
        view.label,
        _KINDS[view.kind],
        service_name(view.api_url),
        view.health.value,
        _moment(view),
        str(view.meter.today),
        str(view.meter.month),
        str(view.open_tasks),
    ]


def _moment(view: CredentialView) -> str:
    """When it ends, or when the next one is minted; a dash where nobody knows."""
    moment = view.renews_at if view.mints else view.expires_at
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else "-"


def _login(dashboard: Dashboard, credential_id: int) -> str:
    """What came of a first login, which costs nothing; the pair is registered in any case."""
    try:
        verdict = dashboard.team.token_test.run(credential_id)
    except InputRefused as error:
        return str(error)
    return verdict.sentence if verdict.works else f"The login does not work: {verdict.sentence}"


def _read_secret(what: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True))
    piped = getattr(sys.stdin, "buffer", None)  # absent where something stands in for it
    return typed_text(piped.read(_MOST_BYTES)) if piped else sys.stdin.read(_MOST_BYTES)


def typed_text(data: bytes) -> str:
    """What was piped in as text: UTF-8, or UTF-16 as PowerShell and Notepad write it.

    Raises:
        InputRefused: when it is neither.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding is None and data[1:2] == b"\0":
        encoding = "utf-16-le"  # a token is ASCII: every other byte is empty
    elif encoding is None and data[:1] == b"\0":
        encoding = "utf-16-be"
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        raise InputRefused("This is no text in UTF-8 or UTF-16. Copy the secret again as a whole.") from None


@contextmanager
def opened() -> Iterator[Dashboard]:
    """The dashboard with nothing started; a server that runs finds out by itself what has changed."""
    settings = load_settings()
    logs.configure(level="warning", as_json=settings.log_json)  # these commands say themselves what they did
    dashboard = bootstrap.build(settings, worker=True)
    try:
        yield dashboard
    finally:
        dashboard.stop()
