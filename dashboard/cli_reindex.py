"""``ocr-dashboard reindex``: old results are found as new ones are."""

import time
from collections.abc import Iterable

import typer

from dashboard.cli_token import opened
from dashboard.services.library.reindexing import Progress, Reindexing

_EVERY_SECONDS = 2.0
_AGAIN = "Stopped. Nothing is lost: run it again to go on."


def reindex() -> None:
    """Read and index stored results anew, so that old ones are found as new ones are.

    Servers and workers may run meanwhile. Ctrl+C stops it; the next run goes on where it ended.
    """
    with opened() as dashboard:
        work = Reindexing(
            database=dashboard.database,
            indexing=dashboard.indexing,
            inner_texts=dashboard.inner_texts,
        )
        dashboard.indexing.prepare()
        try:
            _say(work.run())
        except KeyboardInterrupt:
            typer.echo(_AGAIN)
            raise typer.Exit(1) from None
    typer.echo("Done: every stored result is found by its words.")


def _say(steps: Iterable[Progress]) -> None:
    titles = iter(("PDFs and workbooks read", "Results indexed", "Labels looked through"))
    title, said_at, last = "", 0.0, Progress(0, 0)
    for step in steps:
        if step.done == 0:
            _tell(title, last)
            title, said_at, last = next(titles), time.monotonic(), step
            continue
        last = step
        if time.monotonic() - said_at >= _EVERY_SECONDS:
            _tell(title, step)
            said_at = time.monotonic()
    _tell(title, last)


def _tell(title: str, step: Progress) -> None:
    if title:
        typer.echo(f"{title}: {step.done:,} of {max(step.total, step.done):,}")
