"""Reading one task with everything its page and the API show."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from dashboard.models import ParkReason, State, Task
from dashboard.models.limits import MOST_PARTS_SHOWN
from dashboard.results.files import combined_text
from dashboard.results.masks import too_many_asterisks
from dashboard.services.task_detail import TaskDetail, masks_of
from dashboard.store import attempts, corrections
from dashboard.store import credentials as credential_rows
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows


def read_detail(*, session: Session, task: Task, now: datetime, with_text: bool) -> TaskDetail:
    """A task with its parts and attempts.

    Args:
        session: a reading one.
        task: as it was read in this session.
        now: aware UTC.
        with_text: whether its text is read and judged as well; without it there are no masks.
    """
    mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task.id or 0}
    credential = (
        credential_rows.get(session=session, team_id=task.team_id, credential_id=task.credential_id)
        if task.credential_id is not None
        else None
    )
    most = None if with_text else MOST_PARTS_SHOWN
    parts = part_rows.list_of(**mine, with_text=with_text, most=most)
    flipped = corrections.flips_of(**mine)
    state = State(task.state)
    parked = ParkReason(task.parked) if task.parked and state.is_open else None
    parked_detail = task.parked_detail
    pause = credential.paused_for(now) if credential and state.is_open else None
    if credential and pause:
        parked, parked_detail = pause, credential.pause_detail or ""
    spellings = task_rows.same_task(
        session=session, team_id=task.team_id, api_url=task.api_url, task_id=task.task_id
    )
    text = combined_text([(part.media_type, part.text) for part in parts]) if with_text else ""
    readable = with_text and any(part.text is not None for part in parts)
    return TaskDetail(
        task=task,
        state=state,
        parked=parked,
        parked_detail=parked_detail,
        credential_label=credential.label if credential else None,
        parts=parts[:MOST_PARTS_SHOWN],
        part_count=part_rows.count(**mine),
        attempts=attempts.list_of(**mine),
        calls=attempts.count(**mine),
        text=text if readable else None,
        masks=masks_of(parts if with_text else [], text, trial=task.trial, flipped=flipped),
        judged=not (task.trial and too_many_asterisks(text)),
        flipped=flipped,
        correction=corrections.latest(**mine),
        same_as=[ref for ref in spellings if ref != task.id],
    )
