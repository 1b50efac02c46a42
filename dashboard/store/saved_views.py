"""Views of a page that people keep under a name."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from dashboard.models import SavedView


def of(*, session: Session, team_id: int) -> Sequence[SavedView]:
    """All that a team keeps, by name."""
    return session.exec(select(SavedView).where(SavedView.team_id == team_id).order_by(SavedView.name)).all()


def put(*, session: Session, view: SavedView) -> None:
    """Keep a view; one of the same name is replaced."""
    same = (col(SavedView.team_id) == view.team_id, col(SavedView.name) == view.name)
    session.exec(delete(SavedView).where(*same))
    session.add(view)
    session.flush()


def remove(*, session: Session, team_id: int, view_id: int) -> bool:
    """Forget a view; False when the team has none such."""
    mine = (col(SavedView.id) == view_id, col(SavedView.team_id) == team_id)
    return bool(session.exec(delete(SavedView).where(*mine)).rowcount)
