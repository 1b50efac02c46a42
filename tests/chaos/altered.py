"""A script: the real command line without one of the things that keep it from losing or doubling anything.

``altered.py WORKERS WITHOUT COMMAND...``; ``WITHOUT`` is ``nothing``, ``fence``, ``heartbeat`` or ``doubt``, to prove
that a test would notice.
"""

import os
import sys
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import Float, String, bindparam, null, update
from sqlmodel import Session

from dashboard import bootstrap
from dashboard.cli import main
from dashboard.models import METADATA, Claim
from dashboard.polling.heartbeat import Heartbeat
from dashboard.polling.poller import Poller
from dashboard.store import outbox, outcome_rows, processes
from dashboard.store.database_clock import db_now
from dashboard.store.outcome_rows import Held

OFFSET = "FAKETIME_TIMESTAMP_FILE"
"""In the environment of a process whose time is another."""


def held_by_anybody(session: Session, claims: Collection[Claim]) -> dict[int, Held]:
    """What a careless poller does: write whatever came, whoever holds the claim."""
    mine = {claim.id: claim.fence for claim in claims}
    rows = session.connection().execute(outcome_rows._HOLD, {"ids": sorted(mine)})
    return {row.id: Held(mine[row.id], row.label, row.has_parts) for row in rows}


_task = METADATA.tables["task"]
_anybodys = update(_task).where(_task.c.id == bindparam("of"), bindparam("fence", type_=String) != "")
_delay = bindparam("delay_seconds", type_=Float(53))
UNFENCED: dict[str, Any] = {
    "hold": held_by_anybody,
    "_ENDED": _anybodys.values(next_poll_at=null(), claim=null(), holder=null()),
    "_DUE": _anybodys.values(next_poll_at=db_now() + _delay, claim=null(), holder=null()),
}


def sent_once_more(session: Session, *, holder: str | None = None) -> int:
    """What a careless sender does: send again whatever was under way when somebody died."""
    rows = METADATA.tables["submission"]
    gone = rows.c.holder == holder if holder is not None else rows.c.next_at <= db_now()
    again = update(rows).where(rows.c.state == "sending", gone)
    return session.connection().execute(again.values(state="waiting", next_at=db_now(), holder=None)).rowcount


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
            changes.enter_context(patch.multiple(outcome_rows, **UNFENCED))
        if without == "heartbeat":
            changes.enter_context(patch.object(Heartbeat, "beat_and_look", lambda _: None))
        if without == "doubt":
            for module in (outbox, processes):
                changes.enter_context(patch.object(module, "give_up_lost", sent_once_more))
        main()


if __name__ == "__main__":
    workers, without = int(sys.argv[1]), sys.argv[2]
    sys.argv = ["ocr-dashboard", *sys.argv[3:]]
    run(workers, without=without)
