"""Commands for people and their scripts: add, list, get. They load little: a second is long in a loop.

They talk to the dashboard at ``OCR_DASHBOARD_URL`` with the key ``OCR_DASHBOARD_KEY``; without an address they open the
database themselves. Exit codes are those of :mod:`dashboard.cli_run`.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from dashboard import cli_run
from dashboard.cli_place import Place, place
from dashboard.cli_progress import progress, shown
from dashboard.client_values import Added, Task
from dashboard.errors import InputRefused

_PIPED = "-"
_MOST_BYTES = 64 * 1024 * 1024

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until they have ended.")]
Timeout = Annotated[
    float | None, typer.Option(min=0, metavar="SECONDS", help="How long to wait at most; exit code 3 then.")
]


def add(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Task IDs or request URLs; - reads them.")
    ],
    label: Annotated[str, typer.Option(help="What people call them.")] = "",
    operation: Annotated[str, typer.Option(help="The endpoint that took the image.")] = "RecognizeImage",
    trial: Annotated[bool, typer.Option("--trial", help="Sent in evaluation mode.")] = False,  # noqa: FBT002 - a flag
    token: Annotated[str | None, typer.Option(help="Label of the token; default: the default one.")] = None,
    wait: Wait = False,  # noqa: FBT002 - a flag
    timeout: Timeout = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Have the results of tasks fetched.

    Exit code 4 when an ID was refused or, with --wait, a task ended without a result; 3 when the time was over before.
    With - whatever is piped in is read as on the page: IDs, request URLs, tables with labels and times.
    """
    common: dict[str, object] = {"operation": operation, "trial": trial, "label": label}
    if token is not None:
        common["credential"] = token
    entries = [
        {**common, **entry}
        for given in ids
        for entry in (_piped_in() if given == _PIPED else iter([{"task_id": given}]))
    ]
    if not entries:
        raise InputRefused("No task ID was found in what was piped in.")
    with place() as here:
        done = here.register(entries)
        for task_id, reason in done.rejected.items():
            typer.echo(f"ocr-dashboard: {shown(task_id) or '(nothing)'}: {shown(reason)}", err=True)
        tasks = [*done.tasks, *(here.get(ref) for ref in done.known.values())]
        tasks = wait_for(here, tasks, timeout) if wait else tasks
    _print_added(done, tasks, as_json=as_json)
    raise typer.Exit(_code(tasks, failed=bool(done.rejected), ended=wait))


def show_list(
    state: Annotated[str, typer.Option(help="Names of states, comma-separated.")] = "",
    search: Annotated[str, typer.Option(help="A piece of the label or the ID.")] = "",
    at_risk: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--at-risk", help="Open ones with less than two hours left.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="How many at most; 0 for all.")] = 50,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List tasks, newest first."""
    with place() as here:
        tasks = list(islice(here.list(state=state, query=search, at_risk=at_risk), limit or None))
    print_tasks(tasks, as_json=as_json)


def get(
    reference: Annotated[str, typer.Argument(metavar="ID", help="Of a task: ours, or the service's.")],
    form: Annotated[Literal["txt", "md", "json"], typer.Option("--format", help="Of the result.")] = "txt",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    wait: Wait = False,  # noqa: FBT002 - a flag
    timeout: Timeout = None,
) -> None:
    """Print the text of a result.

    Exit code 3 while there is none, 4 when the task ended without one.
    """
    with place() as here:
        task = here.wait(reference, seconds=timeout) if wait else here.get(reference)
        if not task.has_result and not task.is_open:
            state = task.state.replace("_", " ")
            typer.echo(f"ocr-dashboard: Task {task.id} ended without a result: {state}.", err=True)
            raise typer.Exit(cli_run.PARTLY)
        data = here.export(task, form=form)
    write_out(data, out)


def wait_for(here: Place, tasks: Sequence[Task], timeout: float | None) -> list[Task]:
    """These tasks once each has ended, with progress; those that have not in time are as they are."""
    ends_at = None if timeout is None else time.monotonic() + timeout
    ended = []
    with progress("Waiting", len(tasks)) as tell:
        for task in tasks:
            try:
                left = None if ends_at is None else max(0.0, ends_at - time.monotonic())
                found = here.wait(task, seconds=left)
            except TimeoutError:
                found = here.get(task)
            tell(f"{found.label or found.task_id} {found.state.replace('_', ' ')}")
            ended.append(found)
    return ended


def print_tasks(tasks: Sequence[Task], *, as_json: bool) -> None:
    """A table for people, or JSON."""
    if as_json:
        typer.echo(json.dumps([asdict(task) for task in tasks], default=datetime.isoformat, indent=2))
        return
    for task in tasks:
        expires = task.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
        cells = (str(task.id), task.state, task.task_id, expires if task.is_open else "", task.label)
        typer.echo(shown("\t".join(cells)).rstrip())


def write_out(data: bytes, out: Path | None) -> None:
    """Into a file, whole or not at all; else to standard output, where nothing may steer a terminal."""
    if out is not None:
        from dashboard.private_files import replacing  # only here

        try:
            with replacing(out) as file:
                file.write(data)
        except OSError as error:
            raise InputRefused(f"{out} cannot be written: {error.strerror}.") from None
        return
    if sys.stdout.isatty():
        text = data.decode("utf-8", "replace")
        typer.echo(shown(text), nl=not text.endswith("\n"))
    else:
        typer.echo(data, nl=False)


def _print_added(done: Added, tasks: Sequence[Task], *, as_json: bool) -> None:
    if not as_json:
        print_tasks(tasks, as_json=False)
        return
    new = {task.id for task in done.tasks}
    said = {
        "registered": [asdict(task) for task in tasks if task.id in new],
        "known": [asdict(task) for task in tasks if task.id not in new],
        "rejected": [{"task_id": task_id, "reason": reason} for task_id, reason in done.rejected.items()],
    }
    typer.echo(json.dumps(said, default=datetime.isoformat, indent=2))


def _code(tasks: Sequence[Task], *, failed: bool, ended: bool) -> int:
    if ended and any(task.is_open for task in tasks):
        return cli_run.NOT_OVER
    return cli_run.PARTLY if failed or (ended and not all(task.has_result for task in tasks)) else 0


def _piped_in() -> Iterator[dict[str, object]]:
    """What is piped in, read as on the page; what it does not say is left to the options."""
    from dashboard.services.tasks.piped_ids import entries_in  # reads every dress, which takes some loading

    piped = getattr(sys.stdin, "buffer", None)
    data = piped.read(_MOST_BYTES) if piped else sys.stdin.read(_MOST_BYTES).encode()
    return entries_in(data)
