"""Finished tasks as a poll would have stored them, in the index as well."""

import base64
from collections.abc import Sequence
from itertools import count
from typing import Any

from dashboard.models import RawPart, State, Task
from dashboard.services.library.indexing import Indexing
from tests.services.conftest import SERVICE, Desk
from tests.storing import put_result

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
        task_ref = put_result(session, Task(**{**values, **columns}), raw)
        session.flush()
        if indexed:
            indexing(desk).index(session, [task_ref])
    return task_ref
