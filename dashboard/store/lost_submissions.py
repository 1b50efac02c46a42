"""What somebody was sending who is gone: nobody knows whether it has arrived, so a person decides."""

from sqlalchemy import update
from sqlmodel import Session, col, select

from dashboard.models import Submission, SubmissionState
from dashboard.polling.sending import PERHAPS
from dashboard.store import teams
from dashboard.store.database_clock import db_now

LOST = f"{PERHAPS} Whoever was sending it has stopped meanwhile."

_SENDING = SubmissionState.SENDING.value


def give_up_lost(session: Session, *, holder: str | None = None) -> int:
    """What somebody was sending who is gone, by their name or because the lease is over; how many."""
    gone = col(Submission.holder) == holder if holder is not None else col(Submission.next_at) <= db_now()
    lost = (
        update(Submission)
        .where(col(Submission.state) == _SENDING, gone)
        .values(state=SubmissionState.PERHAPS_SENT.value, detail=LOST, next_at=None, holder=None)
        .returning(col(Submission.team_id))
    )
    seen = session.exec(lost.execution_options(synchronize_session=False)).scalars().all()
    teams.touch(session=session, team_ids=seen)
    return len(seen)


def are_lost(session: Session) -> bool:
    """Whether the lease of something that is being sent is over."""
    over = select(Submission.id).where(Submission.state == _SENDING, col(Submission.next_at) <= db_now())
    return session.exec(over.limit(1)).first() is not None
