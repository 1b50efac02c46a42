"""``ocr-dashboard team``: what only whoever runs the dashboard may do about teams."""

from typing import Annotated

import typer

from dashboard.cli_token import opened, table
from dashboard.errors import SettingsRefused
from dashboard.services import operator_teams
from dashboard.services.access import JOIN_PATH
from dashboard.settings import PREFIX, Settings
from dashboard.store.teams import DEFAULT_SLUG

team_cli = typer.Typer(help="List teams, make one, get back into one that nobody owns.")

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


def address_of(settings: Settings) -> str:
    """Where a browser on this machine finds the dashboard."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host.strip("[]")  # noqa: S104 - comparing
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.port}{settings.base_path}"
