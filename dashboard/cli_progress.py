"""How far a command is: a bar in a terminal, plain lines elsewhere; on standard error, so that output stays clean."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

Tell = Callable[[str], None]
"""Called with what one more is called, in words."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@contextmanager
def progress(what: str, total: int) -> Iterator[Tell]:
    """Show how many of so many are done; the block calls what it is given for each.

    Args:
        what: is being done, such as “Waiting”.
        total: how many there are.
    """
    if not sys.stderr.isatty():
        yield _in_lines(total)
        return
    from rich.console import Console  # only for people who look
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(what, total=total)

        def tell(words: str) -> None:
            bar.update(row, advance=1, description=f"{what}: {escape(shown(words))}")

        yield tell


def shown(text: str) -> str:
    """A text that cannot steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _in_lines(total: int) -> Tell:
    done = 0

    def tell(words: str) -> None:
        nonlocal done
        done += 1
        typer.echo(f"{done} of {total}: {shown(words)}", err=True)

    return tell
