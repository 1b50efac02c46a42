"""Tasks are registered: many at once, and each once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from dashboard.models import State, Task
from dashboard.models.task_ids import folded_id
from dashboard.store.inserting import insert_new
from dashboard.store.tasks import find_known
from dashboard.store.wake_ups import announce

_ROWS_PER_INSERT = 50
"""Measured on PostgreSQL: 10,000 rows take 1.3 s with 50, 2.0 s with 1000; SQLite does not care."""

NewRow = Mapping[str, Any]
"""Columns of a task that is not stored yet: building the model takes six times as long as storing it."""

NEW: NewRow = {
    "state": State.PENDING.value,
    "polls": 0,
    "errors": 0,
    "doubts": 0,
    "notices": [],
    "remarks": [],
    "archived": False,
}
"""What every new task is."""


def add_many(
    *, session: Session, team_id: int, tasks: Sequence[NewRow]
) -> tuple[dict[str, int], dict[str, int]]:
    """Store new tasks; those the team has already stay as they are. Ten thousand are fine.

    Args:
        session: a writing one.
        team_id: whose.
        tasks: columns of each, the same ones; what is not among them is as in :data:`NEW`.

    Returns:
        Our IDs by the service's task ID as given: of the added ones, and of the ones that were known.
    """
    added: dict[str, int] = {}
    known: dict[str, int] = {}
    for api_url in dict.fromkeys(task["api_url"] for task in tasks):
        mine = [task for task in tasks if task["api_url"] == api_url]
        ids = [task["task_id"] for task in mine]
        before = find_known(session=session, team_id=team_id, api_url=api_url, task_ids=ids)
        first = {folded_id(task["task_id"]): task for task in reversed(mine) if task["task_id"] not in before}
        new = _insert(session, team_id, list(reversed(first.values())))
        # Another spelling of one that is new, or stored by somebody else at this moment.
        rest = [task_id for task_id in ids if task_id not in new and task_id not in before]
        since = find_known(session=session, team_id=team_id, api_url=api_url, task_ids=rest)
        known |= before | since
        added |= new
    return added, known


def _insert(session: Session, team_id: int, tasks: Sequence[NewRow]) -> dict[str, int]:
    """Store tasks of one service; those that somebody else stores at the same moment are left out."""
    if not tasks:
        return {}
    # Columns that nobody fills are left out: most of them, and the time goes with their number.
    filled = [name for name in tasks[0] if any(task[name] is not None for task in tasks)]
    always = {**NEW, "team_id": team_id}
    rows = [always | {name: task[name] for name in filled} for task in tasks]
    insert = insert_new(session, Task).returning(Task.task_id, Task.id)
    options = {"insertmanyvalues_page_size": _ROWS_PER_INSERT}
    stored = session.connection().execute(insert, rows, execution_options=options)
    announce(session)
    return {task_id: row_id for task_id, row_id in stored}  # noqa: C416 - rows are no pairs to the type checker
