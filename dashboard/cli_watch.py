"""``ocr-dashboard watch``: a folder whose files are sent as they come."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from dashboard import cli_run, full_disk
from dashboard.cli_place import place
from dashboard.cli_progress import shown
from dashboard.cli_submit import Endpoint, Form, Language, More, Result, Token, Trial, settings_of
from dashboard.errors import InputRefused

LOOK_SECONDS = 1.0
"""How often it is looked, also when nothing was heard."""

LOCK = ".ocr-dashboard-watch.lock"
"""Held by the one process that watches the folder it is in."""

REST_SECONDS = 0.1
"""Between two looks at least."""


def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Whose files are sent.")],
    trial: Trial = False,  # noqa: FBT002 - a flag
    language: Language = None,
    result_type: Result = None,
    operation: Endpoint = None,
    token: Token = None,
    setting: More = None,
    form: Form = "txt",
    settle: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long a file must not have changed.")
    ] = 3.0,
    once: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option("--once", help="Stop when everything in it is done; exit code 4 when something failed."),
    ] = False,
) -> None:
    """Send the files of a folder as they come, each once, and put them away with their texts.

    What is done is moved to FOLDER/done with its text beside it, what is not to FOLDER/failed with the reason. Ctrl+C
    stops it; started again, it goes on.
    """
    if not folder.is_dir():
        raise InputRefused(f"There is no folder {folder}.")
    from dashboard.watched_folder import WatchedFolder  # only this command needs it

    settings = settings_of(
        setting or [],
        trial=trial or None,
        language=language,
        result_type=result_type,
        operation=operation,
        credential_id=token,
    )
    with usable(folder), alone_in(folder), place() as here, changes_in(folder) as changed:
        watched = WatchedFolder(
            folder,
            here,
            settings=settings,
            settle_seconds=settle,
            form=form,
            say=lambda words: typer.echo(shown(words), err=True),
            clock=time.monotonic,
        )
        watched.look()
        while not (once and watched.is_idle):
            changed.wait(LOOK_SECONDS)
            time.sleep(REST_SECONDS)  # what is being written is heard of with each piece
            changed.clear()
            watched.look()
    raise typer.Exit(cli_run.PARTLY if watched.failed else 0)


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Say in a sentence what the system refuses; a full disk is said elsewhere."""
    try:
        yield
    except OSError as error:
        if full_disk.is_full(error):
            raise
        raise InputRefused(f"{folder} cannot be used: {error.strerror or error}.") from None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Refuse to watch what another process watches: each would send every file."""
    from filelock import FileLock, Timeout  # only this command needs it

    lock = FileLock(folder / LOCK, mode=0o600, blocking=False)
    try:
        with lock:
            yield
    except Timeout:
        raise InputRefused(f"Another process watches {folder} already.") from None


@contextmanager
def changes_in(folder: Path) -> Iterator[threading.Event]:
    """Set whenever something happens in the folder; where the system cannot tell, never."""
    from watchdog.events import FileSystemEvent, FileSystemEventHandler  # only this command needs it
    from watchdog.observers import Observer

    changed = threading.Event()

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type not in {"opened", "closed_no_write"}:  # what we do ourselves when we look
                changed.set()

    observer = Observer()
    observer.schedule(Handler(), str(folder), recursive=False)
    try:
        observer.start()
    except OSError:  # too many are watched on this system
        yield changed
        return
    try:
        yield changed
    finally:
        observer.stop()
        observer.join(1.0)
