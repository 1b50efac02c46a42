"""Submissions whose token is removed: they go to its heir, or say that they need another one."""

from sqlalchemy import update
from sqlmodel import Session, col

from dashboard.models import Submission, SubmissionState

REMOVED = "The token it was to be sent with was removed. Send it again with another one."

_WAITING, _SENT = SubmissionState.WAITING.value, SubmissionState.SENT.value
_REFUSED: dict[str, object] = {
    "state": SubmissionState.REFUSED.value,
    "detail": REMOVED,
    "next_at": None,
}


def hand_over(session: Session, *, credential_id: int, heir_id: int | None) -> None:
    """Before a token goes: what is not sent yet is its heir's, or refused; the token must be locked already."""
    if heir_id is not None:
        mine = col(Submission.credential_id) == credential_id, col(Submission.state) != _SENT
        session.exec(update(Submission).where(*mine).values(credential_id=heir_id))
        return
    waiting = col(Submission.credential_id) == credential_id, col(Submission.state) == _WAITING
    session.exec(update(Submission).where(*waiting).values(**_REFUSED))


def refuse(session: Session, submission_id: int) -> None:
    """Where the token of a waiting one was removed while it was under way."""
    lost = (
        col(Submission.id) == submission_id,
        col(Submission.state) == _WAITING,
        col(Submission.credential_id).is_(None),
        ~col(Submission.trial),
    )
    session.exec(update(Submission).where(*lost).values(**_REFUSED))
