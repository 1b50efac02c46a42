"""``ocr-dashboard``: serve (the default), worker, doctor, submit, token, backup, ... Each is loaded when it is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from dashboard import __version__, cli_run
from dashboard.loading import loading


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command is: a function, or a group of commands.

    Attributes:
        module: of ours, in which it is.
        name: what it is called there.
        said: what it is for, as its own help begins.
    """

    module: str
    name: str
    said: str

    def load(self, command: str) -> Any:  # noqa: ANN401 - one of Click's, which Typer keeps a copy of
        """The command itself, with everything it needs."""
        with loading():
            module = import_module(f"dashboard.{self.module}")
        found: Callable[..., None] | typer.Typer = getattr(module, self.name)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(command)(found)
            found = alone
        return typer.main.get_command(found)


COMMANDS: Mapping[str, Command] = {
    "serve": Command("cli_serve", "serve", "Serve the dashboard in the browser and poll in the background."),
    "worker": Command(
        "cli_serve", "worker", "Poll without serving pages; run as many as you like on one PostgreSQL."
    ),
    "sandbox": Command(
        "cli_serve", "sandbox", "Run the stand-in of the OCR service alone, for scripts and tests."
    ),
    "doctor": Command(
        "cli_serve",
        "doctor",
        "Check settings, database, secrets and the service, and say what to do about each.",
    ),
    "support": Command(
        "cli_serve",
        "make_support_bundle",
        "Collect what helps to find a fault, without secrets and results, in one file to send on.",
    ),
    "add": Command("cli_scripts", "add", "Have the results of tasks fetched."),
    "list": Command("cli_scripts", "show_list", "List tasks, newest first."),
    "get": Command("cli_scripts", "get", "Print the text of a result."),
    "submit": Command("cli_submit", "submit", "Send images and documents to the service."),
    "watch": Command(
        "cli_watch",
        "watch",
        "Send the files of a folder as they come, each once, and put them away with their texts.",
    ),
    "token": Command("cli_token", "token_cli", "Register, list, test and remove tokens."),
    "team": Command(
        "cli_team", "team_cli", "List teams, make one, bring one in, get back into one that nobody owns."
    ),
    "secrets": Command(
        "cli_secrets", "secrets_cli", "Look at the keys that encrypt stored tokens, and change them."
    ),
    "backup": Command(
        "cli_backup",
        "backup",
        "Write everything that is stored into one file, as it stands now; servers and workers go on.",
    ),
    "verify": Command(
        "cli_backup",
        "verify",
        "Read a whole backup and say what is in it. Exit code 1 when it cannot be restored.",
    ),
    "restore": Command(
        "cli_backup",
        "restore",
        "Put a backup in the place of the database. What was there is kept beside it, under another name.",
    ),
    "reindex": Command(
        "cli_reindex",
        "reindex",
        "Read and index stored results anew, so that old ones are found as new ones are.",
    ),
    "compact": Command(
        "cli_compact",
        "compact",
        "Write the SQLite file anew, without what deleted results have left; stop servers and workers before.",
    ),
}


class LoadedWhenRun(TyperGroup):
    """Lists all commands without loading one."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - the signature of Click
        """By name."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ANN401, ARG002 - the same
        """What a list says of one; not for running it."""
        command = COMMANDS.get(cmd_name)
        return None if command is None else TyperCommand(cmd_name, help=command.said)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - the same
        """The one that is run."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].load(name) if name is not None and known is not None else known, rest


cli = typer.Typer(
    cls=LoadedWhenRun,
    help="The team dashboard for Aspose.OCR Cloud results.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)


@cli.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Serve the dashboard when no command is named."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.invoke(COMMANDS["serve"].load("serve"))


def main() -> None:
    """Run the command line; what we understand ends in one sentence instead of a traceback."""
    cli_run.run(cli)
