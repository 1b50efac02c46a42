"""``ocr-dashboard team``: what only whoever runs the dashboard may do about teams."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli_token import opened, table
from dashboard.counts import count_of
from dashboard.errors import SettingsRefused
from dashboard.services.team import operator_teams
from dashboard.services.team.access import JOIN_PATH
from dashboard.services.team.team_import import Imported
from dashboard.settings import PREFIX, Settings
from dashboard.store.teams import DEFAULT_SLUG

team_cli = typer.Typer(
    add_completion=False, help="List teams, make one, bring one in, get back into one that nobody owns."
)

_EVERY_SECONDS = 2.0
_COLUMNS = ("TEAM", "NAME", "OWNERS")

Slug = Annotated[str, typer.Argument(metavar="[TEAM]", help="As “team list” shows it.")]


@team_cli.command("list")
def show_list() -> None:
    """List the teams, and how many owners of each are signed in."""
    with opened() as dashboard:
        found = operator_teams.all_teams(dashboard.database, dashboard.clock)
    rows = [[team.slug, team.name, str(team.owners)] for team in found]
    typer.echo("\n".join(table(_COLUMNS, rows)))


@team_cli.command("make")
def make(
    team: Annotated[
        str, typer.Argument(metavar="TEAM", help="Its name in addresses and rules, such as scans-2.")
    ],
    name: Annotated[str | None, typer.Option(help="What people see; without it the same.")] = None,
) -> None:
    """Make a team; the only way to one that rules of single sign-on name already."""
    with opened() as dashboard:
        made = operator_teams.make(dashboard.database, team, name=name or team, clock=dashboard.clock)
        typer.echo(f"Made the team “{made.name}”. In addresses and rules it is called {made.slug}.")
        if dashboard.settings.access == "team":
            typer.echo(f"Its first owner: ocr-dashboard team owner-link {made.slug}")


@team_cli.command("owner-link")
def owner_link(team: Slug = DEFAULT_SLUG) -> None:
    """Print a link that makes whoever opens it first an owner, within 24 hours. Earlier ones end; the log says so."""
    with opened() as dashboard:
        if dashboard.settings.access == "open":
            raise SettingsRefused(
                f"Nobody signs in here, so nobody has to own a team. Set {PREFIX}ACCESS=team for that."
            )
        wanted = operator_teams.named(dashboard.database, team)
        secret = dashboard.access.operators_link(wanted.id or 0)
        typer.echo(f"Become an owner of “{wanted.name}”; this works once, for 24 hours:")
        typer.echo(f"{address_of(dashboard.settings)}{JOIN_PATH}/{secret}")


@team_cli.command("import")
def import_team(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What “Export” on Team, Settings gave.")],
    team: Annotated[
        str | None, typer.Option(metavar="TEAM", help="Its name in addresses; without it the one it had.")
    ] = None,
) -> None:
    """Bring in a team that another dashboard has exported, or this one; also from SQLite to PostgreSQL and back.

    Servers and workers may run meanwhile. Nothing is kept of a file that cannot be imported as a whole. The export
    holds no secrets: what that means is said at the end.
    """
    said_at = time.monotonic()

    def tell(tasks: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _EVERY_SECONDS:
            said_at = time.monotonic()
            typer.echo(f"{count_of(tasks, 'task')} so far.")

    with opened() as dashboard:
        done = dashboard.teams.team_import(indexing=dashboard.indexing, told=tell).run(file, slug=team)
        typer.echo(
            f"Imported the team “{done.name}”: {count_of(done.tasks, 'task')} with {count_of(done.files, 'file')}. "
            f"In addresses and rules it is called {done.slug}."
        )
        for sentence in _left_to_do(done, signs_in=dashboard.settings.access != "open"):
            typer.echo(f"- {sentence}")


def _left_to_do(done: Imported, *, signs_in: bool) -> Iterator[str]:
    """What an export does not hold, and what to do about it."""
    rest = done.rest
    if rest.tokens:
        yield (
            f"{count_of(len(rest.tokens), 'token')} came without a secret: on Tokens, paste it again into each entry "
            "(“Paste a new token”). Until then its tasks wait."
        )
    if done.open_tasks:
        yield (
            f"{count_of(done.open_tasks, 'task')} of it had no result yet. They are asked about here now, and by the "
            "other dashboard as long as it runs: each of these calls may be billed."
        )
    if rest.keys:
        yield "API keys are listed as revoked: make new ones on Team, API keys, and put them into your scripts."
    if rest.shares:
        yield "Share links have ended: share again what people outside still need."
    if rest.links:
        yield "Team URLs have ended: make new ones on Team, for members who came by them."
    if done.keep_days is not None:
        yield (
            f"It keeps finished tasks for {count_of(done.keep_days, 'day')}: older ones are deleted within the hour, "
            "as they would be where it is from. Its owners change that on Team, Settings."
        )
    if signs_in and not done.is_owned:
        yield f"Nobody owns it yet. Its first owner: ocr-dashboard team owner-link {done.slug}"


def address_of(settings: Settings) -> str:
    """Where a browser on this machine finds the dashboard."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host.strip("[]")  # noqa: S104 - comparing
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.port}{settings.base_path}"
