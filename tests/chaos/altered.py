"""A script: the real command line without one of the things that keep it from losing or doubling anything.

``altered.py WORKERS WITHOUT COMMAND...``; ``WITHOUT`` is ``nothing``, ``fence`` or ``heartbeat``, to prove that a test
would notice.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import update
from sqlmodel import Session, col

from dashboard import bootstrap
from dashboard.cli import main
from dashboard.models import Claim, Task
from dashboard.polling.heartbeat import Heartbeat
from dashboard.polling.poller import Poller
from dashboard.store import outcomes

OFFSET = "FAKETIME_TIMESTAMP_FILE"
"""In the environment of a process whose time is another."""


def write_unfenced(session: Session, claim: Claim, values: Mapping[str, Any]) -> bool:
    """What a careless poller does: write whatever came, whoever holds the claim."""
    session.exec(update(Task).where(col(Task.id) == claim.id).values(**values))
    return True


def with_workers(number: int, **given: Any) -> Poller:  # noqa: ANN401 - whatever a poller takes
    """A poller with more workers than the settings allow."""
    return Poller(**{**given, "workers": number})


def run(workers: int, *, without: str) -> None:
    """Run the command line with these changes."""
    with ExitStack() as changes:
        changes.enter_context(patch.object(bootstrap, "Poller", partial(with_workers, workers)))
        if OFFSET in os.environ:
            # libfaketime shifts the end of Python's sleep, although it leaves the clock alone by which it is meant.
            changes.enter_context(
                patch.object(time, "sleep", lambda seconds: threading.Event().wait(seconds))
            )
        if without == "fence":
            changes.enter_context(patch.object(outcomes, "_update_task", write_unfenced))
        if without == "heartbeat":
            changes.enter_context(patch.object(Heartbeat, "beat_and_look", lambda _: None))
        main()


if __name__ == "__main__":
    workers, without = int(sys.argv[1]), sys.argv[2]
    sys.argv = ["ocr-dashboard", *sys.argv[3:]]
    run(workers, without=without)
