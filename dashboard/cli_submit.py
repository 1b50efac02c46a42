"""``ocr-dashboard submit``: files to the service, and their texts back."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from mimetypes import guess_extension
from pathlib import Path
from typing import Annotated, Literal

import typer

from dashboard import cli_run
from dashboard.cli_place import Place, place
from dashboard.cli_progress import progress, shown
from dashboard.cli_scripts import LATER, AsJson, Timeout, Wait, write_out
from dashboard.client_values import Batch, BatchFile
from dashboard.errors import InputRefused, NotFound

Trial = Annotated[bool, typer.Option("--trial", help="In evaluation mode: no token, one word in ten masked.")]
Language = Annotated[str | None, typer.Option(help="Of the texts, by its English or own name.")]
Result = Annotated[str | None, typer.Option(help="What is wanted: Text, Pdf, Hocr, JSON, ...")]
Endpoint = Annotated[str | None, typer.Option(help="The endpoint; default RecognizeImage.")]
Token = Annotated[int | None, typer.Option(metavar="ID", help="The token; default: the default one.")]
More = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting, as in the API.")
]
Form = Annotated[Literal["txt", "md", "json"], typer.Option("--format", help="Of the texts.")]
"""How files are sent, and their texts given: the same for every command that does."""

MOST_FILES = 200
"""Of one batch; more become several."""

SEND_SECONDS = 60.0
"""How long a command that does not wait for texts stays to have files sent."""

LOOK_SECONDS = 0.5
"""How often it is asked how far a batch is."""

_UNFIT = re.compile(r"[^\w .,()+-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file, and its text where there is one."""

    file: BatchFile
    data: bytes | None


def submit(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Images, documents, or folders of them.")
    ],
    trial: Trial = False,  # noqa: FBT002 - a flag
    language: Language = None,
    result_type: Result = None,
    operation: Endpoint = None,
    token: Token = None,
    setting: More = None,
    name: Annotated[str, typer.Option(help="What the batch is called.")] = "",
    wait: Wait = False,  # noqa: FBT002 - a flag
    timeout: Timeout = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the results into it instead of printing texts; waits."),
    ] = None,
    form: Form = "txt",
    sandbox: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--sandbox", help="With a stand-in of the service inside: no token, no internet; waits."
        ),
    ] = False,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Send images and documents to the service.

    With --wait their texts are printed once they are there. Exit code 4 when a file was refused or ended without a
    result, 3 when the time was over before.
    """
    files = list(_files_in(paths))
    settings = settings_of(
        setting or [],
        trial=trial or None,
        language=language,
        result_type=result_type,
        operation=operation,
        credential_id=token,
    )
    with place(sandbox=sandbox) as here:
        batches = [
            here.submit(files[start : start + MOST_FILES], name=name, settings=settings)
            for start in range(0, len(files), MOST_FILES)
        ]
        refused = {it: why for batch in batches for it, why in batch.not_taken.items()}
        for it, why in refused.items():
            typer.echo(f"ocr-dashboard: {shown(it)}: {shown(why)}", err=True)
        waits = wait or sandbox or out is not None
        if waits:
            batches = wait_for_batches(here, batches, timeout)
        elif here.polls_itself:
            wait_until_sent(here, batches)
            typer.echo(LATER, err=True)
        outcomes = [
            Outcome(file=file, data=_text(here, file, form) if waits and not out else None)
            for batch in batches
            for file in here.files(batch.id)
        ]
        if out is not None:
            write_all(here, outcomes, out, form)
    _say(batches, outcomes, refused, waits=waits, as_json=as_json, quiet=out is not None)
    raise typer.Exit(code_of(batches, failed=bool(refused), waits=waits))


def settings_of(given: Sequence[str], **named: object) -> dict[str, object]:
    """Settings for the API: from options, and from ``NAME=VALUE`` whose values are JSON, else words."""
    settings = {name: value for name, value in named.items() if value is not None}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals:
            raise InputRefused(f"--set {shown(one)}: write NAME=VALUE, such as rotate=90.")
        try:
            settings[name.strip()] = json.loads(text)
        except ValueError:
            settings[name.strip()] = text
    return settings


def wait_for_batches(here: Place, batches: Sequence[Batch], timeout: float | None) -> list[Batch]:
    """These batches once nothing of them changes by itself any more, or when the time is over; with progress."""
    ends_at = None if timeout is None else time.monotonic() + timeout
    ended = []
    with progress("Reading", sum(batch.total for batch in batches)) as tell:
        for batch in batches:
            told = 0
            while True:
                now = here.batch(batch.id)
                done = now.total - now.waiting - now.reading
                for _ in range(done - told):
                    tell(
                        f"{now.kept} kept"
                        + (f", {done - now.kept} without a result" if done > now.kept else "")
                    )
                told = max(told, done)
                if not now.is_open or (ends_at is not None and time.monotonic() >= ends_at):
                    break
                time.sleep(LOOK_SECONDS)
            ended.append(now)
    return ended


def wait_until_sent(here: Place, batches: Sequence[Batch]) -> None:
    """Go on until nothing waits to be sent, but not for ever: who opens the database sends in their own process."""
    ends_at = time.monotonic() + SEND_SECONDS
    for batch in batches:
        while here.batch(batch.id).waiting and time.monotonic() < ends_at:
            time.sleep(LOOK_SECONDS)


def write_all(here: Place, outcomes: Sequence[Outcome], folder: Path, form: str) -> list[Path]:
    """Write every result into a folder: the text, and whatever else was asked for; nothing is overwritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(f"{folder} cannot be made: {error.strerror}.") from None
    written = []
    for outcome in outcomes:
        for ending, data in contents_of(here, outcome.file, form):
            path = _free(folder, outcome.file.label, ending)
            write_out(data, path)
            written.append(path)
    return written


def code_of(batches: Sequence[Batch], *, failed: bool, waits: bool) -> int:
    """The exit code."""
    if waits and any(batch.is_open for batch in batches):
        return cli_run.NOT_OVER
    lacking = waits and any(batch.kept < batch.total for batch in batches)
    return cli_run.PARTLY if failed or lacking else 0


def _files_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as given, and what lies in folders; hidden ones only when they are named."""
    for path in paths:
        if path.is_dir():
            found = sorted(it for it in path.iterdir() if it.is_file() and not it.name.startswith("."))
            if not found:
                raise InputRefused(f"There is no file in {path}.")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise InputRefused(f"There is no file {path}.")


def _text(here: Place, file: BatchFile, form: str) -> bytes | None:
    if file.task is None or not file.task.has_result:
        return None
    try:
        return here.export(file.task, form=form)
    except NotFound:  # a result without text
        return b""


def contents_of(here: Place, file: BatchFile, form: str) -> Iterator[tuple[str, bytes]]:
    """What is written of a result: its text in a format, and whatever else was asked for, each with its ending."""
    if file.task is None or not file.task.has_result:
        return
    if text := _text(here, file, form):
        yield f".{form}", text
    for part in here.parts(file.task):
        if part.media_type.partition(";")[0] != "text/plain":
            yield (
                guess_extension(part.media_type.partition(";")[0]) or ".bin",
                here.part(file.task, part.position),
            )


def plain_name(label: str) -> str:
    """A label as a name of a file that means no other place, on any system."""
    return _UNFIT.sub("_", label).strip(" .")[:150] or "result"


def _free(folder: Path, label: str, ending: str) -> Path:
    """A name in the folder that nothing has, made of what a file is called."""
    stem = plain_name(label)
    path, number = folder / f"{stem}{ending}", 2
    while path.exists():
        path, number = folder / f"{stem} ({number}){ending}", number + 1
    return path


def _say(
    batches: Sequence[Batch],
    outcomes: Sequence[Outcome],
    refused: dict[str, str],
    *,
    waits: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    if as_json:
        said = {
            "batches": [{**asdict(batch), "not_taken": dict(batch.not_taken)} for batch in batches],
            "files": [
                {
                    **asdict(it.file),
                    **({} if it.data is None else {"text": it.data.decode("utf-8", "replace")}),
                }
                for it in outcomes
            ],
            "refused": [{"name": name, "reason": reason} for name, reason in refused.items()],
        }
        typer.echo(json.dumps(said, default=datetime.isoformat, indent=2))
        return
    for outcome in outcomes:
        file = outcome.file
        if not waits:
            typer.echo(shown(f"{file.label}\t{file.state.replace('_', ' ')}"))
        elif file.task is None or not file.task.has_result:
            state = file.task.state if file.task else file.state
            typer.echo(
                shown(f"ocr-dashboard: {file.label}: {state.replace('_', ' ')}. {file.detail}".rstrip()),
                err=True,
            )
        elif not quiet and outcome.data is not None:
            if len(outcomes) > 1:
                typer.echo(shown(f"==> {file.label} <=="))
            write_out(outcome.data if outcome.data.endswith(b"\n") else outcome.data + b"\n", None)
    if not waits:
        for batch in batches:
            typer.echo(f"Batch {batch.id}", err=True)
