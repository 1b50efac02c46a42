"""Batches and their submissions: what was sent together, and how far it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, update
from sqlmodel import Session, col, func, select

from dashboard.models import (
    OPEN_STATES,
    RESULT_STATES,
    Batch,
    LastSettings,
    Preset,
    Submission,
    SubmissionState,
    Task,
)
from dashboard.store.inserting import insert_into
from dashboard.store.wake_ups import announce

MAX_ID = 2**31 - 1
"""What the column of an ID holds."""

_HAS_RESULT = [state.value for state in RESULT_STATES]
_IS_OPEN = [state.value for state in OPEN_STATES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many submissions of a batch stand where.

    Attributes:
        waiting: not sent yet, or being sent.
        perhaps: not known to have arrived; a person decides.
        refused: not taken by the service or by us.
        cancelled: before they were sent.
        reading: sent; their tasks are open.
        kept: their results are stored.
        ended: sent, and their tasks ended without a result or were deleted.
    """

    total: int
    waiting: int
    perhaps: int
    refused: int
    cancelled: int
    reading: int
    kept: int
    ended: int

    @property
    def open(self) -> int:
        """How many are still going to change by themselves."""
        return self.waiting + self.reading

    @property
    def failed(self) -> int:
        """How many will bring no result."""
        return self.refused + self.ended


def get(*, session: Session, team_id: int, batch_id: int) -> Batch | None:
    """One by our ID."""
    if not 0 < batch_id <= MAX_ID:
        return None
    return session.exec(select(Batch).where(Batch.team_id == team_id, Batch.id == batch_id)).one_or_none()


def newest(*, session: Session, team_id: int, limit: int) -> Sequence[Batch]:
    """The newest ones."""
    mine = select(Batch).where(Batch.team_id == team_id)
    return session.exec(mine.order_by(col(Batch.id).desc()).limit(limit)).all()


def all_of_team(*, session: Session, team_id: int) -> Sequence[Batch]:
    """Every one, the oldest first."""
    return session.exec(select(Batch).where(Batch.team_id == team_id).order_by(col(Batch.id))).all()


def all_submissions(*, session: Session, team_id: int) -> Sequence[Submission]:
    """Every submission of every batch of a team, in their order."""
    mine = select(Submission).where(Submission.team_id == team_id)
    return session.exec(mine.order_by(col(Submission.batch_id), col(Submission.position))).all()


def add(*, session: Session, batch: Batch, submissions: Sequence[Submission]) -> int:
    """Store a batch with what is to be sent. Its ID."""
    session.add(batch)
    session.flush()
    for submission in submissions:
        submission.batch_id = batch.id or 0
    session.add_all(submissions)
    session.flush()
    announce(session)
    return batch.id or 0


def submissions(
    *, session: Session, batch_id: int, start: int = 0, limit: int | None = None
) -> Sequence[tuple[Submission, Task | None]]:
    """Those of a batch in their order, each with the task it became."""
    mine = (
        select(Submission, Task)
        .outerjoin(Task, col(Task.id) == Submission.task_ref)
        .where(Submission.batch_id == batch_id)
        .order_by(col(Submission.position))
        .offset(start)
    )
    return [(one, task) for one, task in session.exec(mine if limit is None else mine.limit(limit))]


def submission(*, session: Session, team_id: int, submission_id: int) -> Submission | None:
    """One by our ID."""
    if not 0 < submission_id <= MAX_ID:
        return None
    mine = select(Submission).where(Submission.team_id == team_id, Submission.id == submission_id)
    return session.exec(mine).one_or_none()


def of_task(*, session: Session, team_id: int, task_ref: int) -> Submission | None:
    """The submission that became a task."""
    mine = select(Submission).where(Submission.team_id == team_id, Submission.task_ref == task_ref)
    return session.exec(mine.order_by(col(Submission.id).desc()).limit(1)).first()


def progress(*, session: Session, batch_ids: Iterable[int]) -> Mapping[int, Progress]:
    """How far these batches are; one statement."""
    state, became = col(Submission.state), col(Task.state)
    sent = state == SubmissionState.SENT.value

    def number(condition: object) -> object:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)  # type: ignore[arg-type]  # a condition

    counted = (
        select(
            Submission.batch_id,
            func.count(),
            number(state.in_([SubmissionState.WAITING.value, SubmissionState.SENDING.value])),
            number(state == SubmissionState.PERHAPS_SENT.value),
            number(state == SubmissionState.REFUSED.value),
            number(state == SubmissionState.CANCELLED.value),
            number(sent & became.in_(_IS_OPEN)),
            number(sent & became.in_(_HAS_RESULT)),
        )  # type: ignore[call-overload]  # more columns than it knows
        .outerjoin(Task, col(Task.id) == Submission.task_ref)
        .where(col(Submission.batch_id).in_(list(batch_ids)))
        .group_by(col(Submission.batch_id))
    )
    return {
        batch_id: Progress(
            total=total,
            waiting=waiting,
            perhaps=perhaps,
            refused=refused,
            cancelled=cancelled,
            reading=reading,
            kept=kept,
            ended=total - waiting - perhaps - refused - cancelled - reading - kept,
        )
        for batch_id, total, waiting, perhaps, refused, cancelled, reading, kept in session.exec(counted)
    }


def set_paused(*, session: Session, batch_id: int, is_paused: bool) -> None:
    """Send nothing more of it for now, or go on."""
    session.exec(update(Batch).where(col(Batch.id) == batch_id).values(is_paused=is_paused))
    announce(session)


def cancel(*, session: Session, batch_id: int) -> int:
    """Send nothing more of it for good; what is being sent goes on. How many were taken out."""
    ended = (
        update(Submission)
        .where(col(Submission.batch_id) == batch_id, col(Submission.state) == SubmissionState.WAITING.value)
        .values(state=SubmissionState.CANCELLED.value, next_at=None, detail="")
    )
    return session.exec(ended.execution_options(synchronize_session=False)).rowcount


def send_again(
    *, session: Session, submission_id: int, from_states: Iterable[SubmissionState], now: datetime
) -> bool:
    """Have it sent once more, if it stands where it was seen to stand."""
    again = (
        update(Submission)
        .where(
            col(Submission.id) == submission_id,
            col(Submission.state).in_([state.value for state in from_states]),
            col(Submission.source_id).is_not(None),
        )
        .values(state=SubmissionState.WAITING.value, next_at=now, detail="", tries=0, claim=None, holder=None)
    )
    announce(session)
    return bool(session.exec(again.execution_options(synchronize_session=False)).rowcount)


def give_up(*, session: Session, submission_id: int) -> bool:
    """Leave what has perhaps arrived as it is: it is not sent again."""
    left = (
        update(Submission)
        .where(
            col(Submission.id) == submission_id,
            col(Submission.state) == SubmissionState.PERHAPS_SENT.value,
        )
        .values(state=SubmissionState.CANCELLED.value, next_at=None, holder=None, claim=None)
    )
    return bool(session.exec(left.execution_options(synchronize_session=False)).rowcount)


def forget_empty(*, session: Session, before: datetime, most: int) -> int:
    """Delete old batches of which no submission has a task, a decision or a turn left."""
    needed = select(Submission.batch_id).where(
        col(Submission.task_ref).is_not(None)
        | col(Submission.state).in_(
            [SubmissionState.WAITING.value, SubmissionState.SENDING.value, SubmissionState.PERHAPS_SENT.value]
        )
    )
    old = select(Batch.id).where(col(Batch.created_at) < before, col(Batch.id).not_in(needed)).limit(most)
    gone = delete(Batch).where(col(Batch.id).in_(old))
    return session.exec(gone.execution_options(synchronize_session=False)).rowcount


def presets(*, session: Session, team_id: int) -> Sequence[Preset]:
    """Those of a team, by name."""
    return session.exec(select(Preset).where(Preset.team_id == team_id).order_by(col(Preset.name))).all()


def put_preset(*, session: Session, preset: Preset) -> None:
    """Keep one; the one of the same name is replaced."""
    values = preset.model_dump()
    row = insert_into(session, Preset).values(**values)
    changed = {name: values[name] for name in ("settings", "created_at", "created_by")}
    session.connection().execute(row.on_conflict_do_update(index_elements=["team_id", "name"], set_=changed))


def remove_preset(*, session: Session, team_id: int, name: str) -> bool:
    """Forget one; False when there is none of that name."""
    gone = delete(Preset).where(col(Preset.team_id) == team_id, col(Preset.name) == name)
    return bool(session.exec(gone.execution_options(synchronize_session=False)).rowcount)


def last_settings(*, session: Session, team_id: int, person: str) -> Mapping[str, object] | None:
    """What somebody sent something with last."""
    mine = select(LastSettings.settings).where(LastSettings.team_id == team_id, LastSettings.person == person)
    return session.exec(mine).one_or_none()


def remember_settings(*, session: Session, last: LastSettings) -> None:
    """Keep what somebody sends something with."""
    values = last.model_dump()
    row = insert_into(session, LastSettings).values(**values)
    changed = {name: values[name] for name in ("settings", "used_at")}
    session.connection().execute(
        row.on_conflict_do_update(index_elements=["team_id", "person"], set_=changed)
    )
