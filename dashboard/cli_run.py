"""Running a command: what we understand ends in one sentence and an exit code instead of a traceback."""

import sys

import typer

from dashboard import full_disk
from dashboard.errors import DashboardError, StillOpen

FAILED = 1
"""Exit code of what could not be done; the sentence says why. Wrong usage is 2, as everywhere."""

NOT_OVER = 3
"""There is no result yet."""

PARTLY = 4
"""Some of it: an ID was refused, or a task ended without a result."""


def run(app: typer.Typer) -> None:
    """Run the command that the arguments name, and end the process."""
    try:
        app(prog_name="ocr-dashboard")
    except (StillOpen, TimeoutError) as error:
        _end(str(error), NOT_OVER)
    except DashboardError as error:
        _end(str(error), FAILED)
    except OSError as error:
        if not full_disk.is_full(error):
            raise
        where = f" with {error.filename}" if error.filename else ""
        _end(f"The disk{where} is full. {full_disk.ADVICE}", FAILED)


def _end(sentence: str, code: int) -> None:
    typer.echo(f"ocr-dashboard: {sentence}", err=True)
    sys.exit(code)
