"""Commands that are run alone, without loading what the others need: a second is long in a loop."""

from collections.abc import Callable, Mapping

import typer

from dashboard import cli_run
from dashboard.cli_scripts import add, get, show_list
from dashboard.cli_submit import submit

COMMANDS: Mapping[str, Callable[..., None]] = {"add": add, "list": show_list, "get": get, "submit": submit}

quick_cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
for _name, _command in COMMANDS.items():
    quick_cli.command(_name)(_command)


def main() -> None:
    """Run one of them."""
    cli_run.run(quick_cli)
