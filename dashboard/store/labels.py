"""Looking for a piece of a label."""

from sqlalchemy import ColumnElement, func
from sqlmodel import col

from dashboard.folding import looked_for
from dashboard.models import Task


def label_holds(piece: str) -> ColumnElement[bool]:
    """That a task's label holds a piece, folded as everywhere; nothing in it is a wildcard."""
    # Labels that were written in some other way have none.
    folded = func.coalesce(col(Task.label_folded), func.lower(Task.label))
    held: ColumnElement[bool] = folded.contains(looked_for(piece), autoescape=True)
    return held
