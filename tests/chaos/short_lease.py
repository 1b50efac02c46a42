"""A script: the real command line with a lease so short that a test can wait for its end.

``short_lease.py SECONDS on|off COMMAND...``; ``off`` takes the fence away from the writes, to prove that a
test would notice.
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
from dashboard.polling.poller import Poller
from dashboard.store import outcomes

OFFSET = "FAKETIME_TIMESTAMP_FILE"
"""In the environment of a process whose time is another."""


def write_unfenced(session: Session, claim: Claim, values: Mapping[str, Any]) -> bool:
    """What a careless poller does: write whatever came, whoever holds the claim."""
    session.exec(update(Task).where(col(Task.id) == claim.id).values(**values))
    return True


def hasty(lease_seconds: float, **given: Any) -> Poller:  # noqa: ANN401 - whatever a poller takes
    """A poller with a lease that it would refuse: calls may take longer."""
    poller = Poller(**given)
    poller._lease_seconds = lease_seconds
    return poller


def run(lease_seconds: float, *, fenced: bool) -> None:
    """Run the command line with these changes."""
    with ExitStack() as changes:
        changes.enter_context(patch.object(bootstrap, "Poller", partial(hasty, lease_seconds)))
        if OFFSET in os.environ:
            # libfaketime shifts the end of Python's sleep, although it leaves the clock alone by which it is meant.
            changes.enter_context(
                patch.object(time, "sleep", lambda seconds: threading.Event().wait(seconds))
            )
        if not fenced:
            changes.enter_context(patch.object(outcomes, "_update_task", write_unfenced))
        main()


if __name__ == "__main__":
    lease, fence = float(sys.argv[1]), sys.argv[2] == "on"
    sys.argv = ["ocr-dashboard", *sys.argv[3:]]
    run(lease, fenced=fence)
