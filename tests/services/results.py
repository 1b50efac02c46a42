"""Finished tasks as a poll would have stored them, in the index as well."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from typing import Any

from dashboard.models import Part, RawPart, State, Task
from dashboard.results.decoding import decode_parts
from dashboard.services.indexing import Indexing
from tests.services.conftest import SERVICE, Desk

_NUMBERS = count(1)


def indexing(desk: Desk) -> Indexing:
    """What keeps the index."""
    return Indexing(database=desk.database, clock=desk.clock)


def store(
    desk: Desk,
    *texts: str,
    label: str = "",
    trial: bool = False,
    state: State = State.COMPLETED,
    indexed: bool = True,
    files: Sequence[tuple[str, bytes]] = (),
    **columns: Any,  # noqa: ANN401 - columns of any type
) -> int:
    """A finished task with a plain text part for each text, and these files as they are announced; its ID."""
    now = desk.clock()
    all_files = [*(("Text", text.encode()) for text in texts), *files]
    raw = [RawPart(kind, base64.b64encode(data).decode()) for kind, data in all_files]
    with desk.database.writing() as session:
        values: dict[str, Any] = {
            "team_id": desk.team_id,
            "api_url": SERVICE,
            "task_id": f"task-{next(_NUMBERS)}",
            "operation": "RecognizeImage",
            "trial": trial,
            "label": label,
            "state": state.value,
            "registered_at": now,
            "expires_at": now,
            "completed_at": now,
        }
        task = Task(**{**values, **columns})
        session.add(task)
        session.flush()
        task_ref = task.id or 0
        for position, part in enumerate(decode_parts(raw, trial=trial)):
            fields = asdict(part) | {"remarks": list(part.remarks), "size": len(part.data)}
            session.add(Part(task_ref=task_ref, position=position, **fields))
        session.flush()
        if indexed:
            indexing(desk).index(session, [task_ref])
    return task_ref
