"""What people have put right: corrected texts, and asterisks they judged otherwise than we."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, delete, union
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from dashboard.models import METADATA, Correction, MaskFlip, Task

_SEVERAL: BindParameter[Sequence[int]] = bindparam("tasks", expanding=True)
_EDITED = union(
    *(
        core_select(table.c.task_ref).where(table.c.task_ref.in_(_SEVERAL))
        for table in (METADATA.tables["correction"], METADATA.tables["mask_flip"])
    )
)


def history(
    *, session: Session, team_id: int, task_ref: int, most: int | None = None
) -> Sequence[Correction]:
    """Corrections of a task, newest first; without a text where somebody went back to the service's own."""
    mine = select(Correction).join(Task).where(Task.team_id == team_id, Correction.task_ref == task_ref)
    return session.exec(mine.order_by(col(Correction.id).desc()).limit(most)).all()


def add(*, session: Session, correction: Correction) -> None:
    """Store another correction; the ones before it stay."""
    session.add(correction)
    session.flush()


def flips_of(*, session: Session, team_id: int, task_ref: int) -> frozenset[int]:
    """Offsets of the asterisks that a person judged otherwise (:func:`dashboard.results.masks.find_masks`)."""
    mine = select(MaskFlip.start).join(Task).where(Task.team_id == team_id, MaskFlip.task_ref == task_ref)
    return frozenset(session.exec(mine))


def edited(*, session: Session, task_refs: Sequence[int]) -> frozenset[int]:
    """Those of these tasks that have a correction, or asterisks judged by a person."""
    return frozenset(session.connection().execute(_EDITED, {"tasks": task_refs}).scalars())


def judgements(*, session: Session, team_id: int, task_ref: int) -> Sequence[MaskFlip]:
    """The same with who judged and when, in the order of the text."""
    mine = select(MaskFlip).join(Task).where(Task.team_id == team_id, MaskFlip.task_ref == task_ref)
    return session.exec(mine.order_by(col(MaskFlip.start))).all()


def set_flips(*, session: Session, task_ref: int, flips: frozenset[int], author: str, now: datetime) -> None:
    """Keep these and no others; those that were there before keep their author."""
    kept = set(session.exec(select(MaskFlip.start).where(MaskFlip.task_ref == task_ref)))
    gone = col(MaskFlip.start).in_(kept - flips)
    session.exec(delete(MaskFlip).where(col(MaskFlip.task_ref) == task_ref, gone))
    session.add_all(
        MaskFlip(task_ref=task_ref, start=start, author=author, created_at=now)
        for start in sorted(flips - kept)
    )
    session.flush()
