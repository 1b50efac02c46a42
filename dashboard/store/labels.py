"""Labels as they are looked for: kept folded beside what people typed."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, select

from dashboard.folding import folded_label, looked_for
from dashboard.models import Task


def label_holds(piece: str) -> ColumnElement[bool]:
    """That a task's label holds a piece, folded as everywhere; nothing in it is a wildcard."""
    # Labels that were written in some other way have none.
    folded = func.coalesce(col(Task.label_folded), func.lower(Task.label))
    held: ColumnElement[bool] = folded.contains(looked_for(piece), autoescape=True)
    return held


def count_labelled(*, session: Session) -> int:
    """How many tasks of all teams have a label."""
    return session.exec(select(func.count()).select_from(Task).where(Task.label != "")).one()


def labelled(*, session: Session, after: int, limit: int) -> Sequence[tuple[int, str, str | None]]:
    """Our ID, label and folded label of tasks of any team that have one; the oldest first."""
    some = select(Task.id, Task.label, Task.label_folded).where(col(Task.id) > after, Task.label != "")
    return [
        (task_ref, label, folded)
        for task_ref, label, folded in session.exec(some.order_by(col(Task.id)).limit(limit))
        if task_ref is not None
    ]


def fold_anew(*, session: Session, labels: Sequence[tuple[int, str]]) -> None:
    """Keep these labels folded as they are looked for now; one that was changed meanwhile is folded already."""
    for task_ref, label in labels:
        same = (col(Task.id) == task_ref, col(Task.label) == label)
        session.exec(update(Task).where(*same).values(label_folded=folded_label(label)))
