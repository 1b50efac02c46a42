"""One line of the audit log for work that is done in many pieces: with each of them it tells of more."""

from collections.abc import Callable

from sqlmodel import Session

from dashboard.models import AuditEntry
from dashboard.store import audit


class GrowingLine:
    """Is written with the first piece and told again with each other one, in their transactions: it is always right.

    Args:
        note: writes the line with this subject.
    """

    def __init__(self, note: Callable[[Session, str], AuditEntry]) -> None:
        self._note = note
        self._id: int | None = None

    def tell(self, session: Session, subject: str) -> None:
        """Say what it is by now."""
        if self._id is not None:
            audit.note_more(session=session, entry_id=self._id, subject=subject)
            return
        entry = self._note(session, subject)
        session.flush()
        self._id = entry.id
