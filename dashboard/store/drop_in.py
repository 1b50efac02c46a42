"""What comes by the drop-in address: each day's batch of each key, what is being sent, how much each key has sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from dashboard.models import ApiKey, Batch, Submission
from dashboard.store.inserting import insert_into


@dataclass(frozen=True, slots=True)
class Sent:
    """What one key has sent on the days looked at.

    Attributes:
        key_id: of the key; None where there are no keys.
        count: submissions.
        last_at: when the newest of them was sent.
        batch_id: the newest batch.
    """

    key_id: int | None
    count: int
    last_at: datetime | None
    batch_id: int


def batch_of(*, session: Session, batch: Batch) -> int:
    """The ID of the batch with the same ``drop_in`` of its team, which is made if there is none yet."""
    mine = select(Batch.id).where(Batch.team_id == batch.team_id, Batch.drop_in == batch.drop_in)
    found = session.exec(mine).one_or_none()
    if found is not None:
        return found
    row = insert_into(session, Batch).values(**batch.model_dump(exclude={"id"}))
    session.connection().execute(row.on_conflict_do_nothing(index_elements=["team_id", "drop_in"]))
    return session.exec(mine).one() or 0


def add(*, session: Session, submission: Submission) -> int:
    """Store one that is being sent, as the last of its batch. Its ID."""
    last = select(func.max(Submission.position)).where(Submission.batch_id == submission.batch_id)
    newest = session.exec(last).one()
    submission.position = 0 if newest is None else newest + 1
    session.add(submission)
    session.flush()
    return submission.id or 0


def forget(*, session: Session, submission_id: int) -> None:
    """Take one out of which nothing was taken; whoever sent it was told so."""
    session.exec(delete(Submission).where(col(Submission.id) == submission_id))


def sent_since(*, session: Session, team_id: int, moment: datetime) -> Sequence[Sent]:
    """What each key has sent in batches made since then, the latest first."""
    newest = func.max(Submission.sent_at)
    counted = (
        select(Batch.key_id, func.count(), newest, func.max(Batch.id))
        .join(Submission, col(Submission.batch_id) == Batch.id)
        .where(Batch.team_id == team_id, col(Batch.drop_in).is_not(None), col(Batch.created_at) >= moment)
        .group_by(col(Batch.key_id))
        .order_by(newest.desc())
    )
    return [
        Sent(key_id, count, last_at, batch_id or 0)
        for key_id, count, last_at, batch_id in session.exec(counted)
    ]


def has_come(*, session: Session, team_id: int) -> bool:
    """Whether anybody has ever come to it."""
    any_batch = select(Batch.id).where(Batch.team_id == team_id, col(Batch.drop_in).is_not(None)).limit(1)
    has_come = (
        select(ApiKey.id).where(ApiKey.team_id == team_id, col(ApiKey.drop_in_at).is_not(None)).limit(1)
    )
    return session.exec(any_batch).first() is not None or session.exec(has_come).first() is not None
