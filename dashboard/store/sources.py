"""The images and documents that tasks are made of, where we hold them; their bytes in pieces."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from dashboard.models import Source, SourceChunk, Submission, SubmissionState, Task, TaskSource
from dashboard.models.source_tables import CHUNK_BYTES
from dashboard.store.inserting import insert_into

MAX_ID = 2**31 - 1
"""What the column of an ID holds."""


@dataclass(frozen=True, slots=True)
class Known:
    """A source with the same bytes as a file that came again, and the newest task of it."""

    source_id: int
    name: str
    task_ref: int | None


def of_task(*, session: Session, team_id: int, task_ref: int) -> Source | None:
    """The source of a task, without its bytes."""
    mine = select(Source).join(TaskSource, col(TaskSource.source_id) == Source.id)
    return session.exec(
        mine.where(Source.team_id == team_id, TaskSource.task_ref == task_ref, col(Source.is_whole))
    ).one_or_none()


def get(*, session: Session, team_id: int, source_id: int) -> Source | None:
    """One by our ID, without its bytes; None when it is not there, or not whole."""
    if not 0 < source_id <= MAX_ID:
        return None
    mine = select(Source).where(Source.team_id == team_id, Source.id == source_id, col(Source.is_whole))
    return session.exec(mine).one_or_none()


def data_of(*, session: Session, source_id: int) -> bytes:
    """All of its bytes, for whoever needs them at once."""
    return b"".join(chunks(session=session, source_id=source_id))


def chunks(*, session: Session, source_id: int) -> Iterator[bytes]:
    """Its bytes piece by piece, each read when it is asked for."""
    number = 0
    while (data := chunk(session=session, source_id=source_id, number=number)) is not None:
        yield data
        number += 1


def chunk(*, session: Session, source_id: int, number: int) -> bytes | None:
    """One piece, counted from 0; None after the last one."""
    one = select(SourceChunk.data).where(SourceChunk.source_id == source_id, SourceChunk.number == number)
    return session.exec(one).one_or_none()


def add(*, session: Session, source: Source) -> int:
    """Begin to keep one: its pieces are still to come. Its ID."""
    session.add(source)
    session.flush()
    return source.id or 0


def add_chunk(*, session: Session, source_id: int, number: int, data: bytes) -> None:
    """Keep one piece."""
    session.add(SourceChunk(source_id=source_id, number=number, data=data))
    session.flush()


def set_whole(*, session: Session, source_id: int) -> None:
    """Say that all of its pieces are there."""
    session.exec(update(Source).where(col(Source.id) == source_id).values(is_whole=True))


def some(*, session: Session, team_id: int, source_ids: Iterable[int]) -> Sequence[Source]:
    """Those of these that the team holds, without bytes and pictures."""
    wanted = [it for it in set(source_ids) if 0 < it <= MAX_ID]
    mine = select(Source).where(Source.team_id == team_id, col(Source.is_whole), col(Source.id).in_(wanted))
    return session.exec(mine.options(defer(Source.thumbnail))).all()  # type: ignore[arg-type]  # typed as bytes


def add_whole(*, session: Session, source: Source, data: bytes) -> int:
    """Keep a small one in one transaction. Its ID."""
    source.is_whole = True
    source_id = add(session=session, source=source)
    for number in range(-(-len(data) // CHUNK_BYTES)):
        piece = data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
        add_chunk(session=session, source_id=source_id, number=number, data=piece)
    return source_id


def link(*, session: Session, task_ref: int, source_id: int) -> None:
    """Say what a task was made of; what was said before is replaced."""
    row = insert_into(session, TaskSource).values(task_ref=task_ref, source_id=source_id, is_chosen=False)
    replaced = row.on_conflict_do_update(
        index_elements=["task_ref"], set_={"source_id": source_id, "is_chosen": False}
    )
    session.connection().execute(replaced)


def put(*, session: Session, task_ref: int, source: Source, data: bytes) -> None:
    """Keep what one task was made of; the one before goes, unless other tasks are made of it."""
    before = ids_of(session=session, task_refs=[task_ref])
    link(session=session, task_ref=task_ref, source_id=add_whole(session=session, source=source, data=data))
    remove_unused(session=session, source_ids=before)


def remove(*, session: Session, task_ref: int) -> bool:
    """Forget what a task was made of; False when that is not held."""
    before = ids_of(session=session, task_refs=[task_ref])
    session.exec(delete(TaskSource).where(col(TaskSource.task_ref) == task_ref))
    remove_unused(session=session, source_ids=before)
    return bool(before)


def ids_of(*, session: Session, task_refs: Iterable[int]) -> Sequence[int]:
    """The sources of these tasks."""
    wanted = select(TaskSource.source_id).where(col(TaskSource.task_ref).in_(list(task_refs)))
    return session.exec(wanted.distinct()).all()


def remove_unused(*, session: Session, source_ids: Sequence[int]) -> int:
    """Of these, delete those that no task is made of and nobody is going to send; how many."""
    unused = delete(Source).where(
        col(Source.id).in_(source_ids),
        ~exists().where(col(TaskSource.source_id) == col(Source.id)),
        ~_is_needed(),
    )
    if not source_ids:
        return 0
    return session.exec(unused.execution_options(synchronize_session=False)).rowcount


def known(*, session: Session, team_id: int, digests: Iterable[str]) -> dict[str, Known]:
    """Which of these digests (SHA-256) the team holds already, with the newest task made of each."""
    newest = func.max(TaskSource.task_ref)
    mine = (
        select(Source.sha256, func.max(Source.id), func.max(Source.name), newest)
        .outerjoin(TaskSource, col(TaskSource.source_id) == Source.id)
        .where(Source.team_id == team_id, col(Source.is_whole), col(Source.sha256).in_(list(digests)))
        .group_by(col(Source.sha256))
    )
    return {
        digest: Known(source_id or 0, name, task_ref)
        for digest, source_id, name, task_ref in session.exec(mine)
    }


def runs(*, session: Session, team_id: int, task_ref: int) -> Sequence[tuple[Task, bool]]:
    """All tasks made of the source of this one, oldest first, and whether each was chosen."""
    mine = select(TaskSource.source_id).where(TaskSource.task_ref == task_ref).scalar_subquery()
    of_it = (
        select(Task, TaskSource.is_chosen)
        .join(TaskSource, col(TaskSource.task_ref) == Task.id)
        .where(Task.team_id == team_id, TaskSource.source_id == mine)
    )
    return session.exec(of_it.order_by(col(Task.id))).all()


def is_there(*, session: Session, source_id: int) -> bool:
    """Whether it has not been deleted meanwhile."""
    return session.exec(select(Source.id).where(Source.id == source_id)).first() is not None


def choose(*, session: Session, task_ref: int) -> bool:
    """Mark a run as the result of its source, and no other of them; False where none is held."""
    mine = select(TaskSource.source_id).where(TaskSource.task_ref == task_ref)
    source_id = session.exec(mine).one_or_none()
    if source_id is None:
        return False
    chosen = update(TaskSource).where(col(TaskSource.source_id) == source_id)
    session.exec(
        chosen.values(is_chosen=col(TaskSource.task_ref) == task_ref).execution_options(
            synchronize_session=False
        )
    )
    return True


def used_bytes(*, session: Session) -> int:
    """Bytes of all sources of all teams."""
    return session.exec(select(func.coalesce(func.sum(Source.size), 0))).one()


def outlived(*, session: Session, team_id: int, before: datetime, most: int) -> Sequence[int]:
    """Sources of a team that are older than what it keeps; those that wait to be sent are not among them."""
    waits = exists().where(col(Submission.source_id) == col(Source.id), col(Submission.next_at).is_not(None))
    old = select(Source.id).where(Source.team_id == team_id, col(Source.added_at) < before, ~waits)
    return [it for it in session.exec(old.order_by(col(Source.id)).limit(most)) if it is not None]


def unfinished(*, session: Session, before: datetime, most: int) -> Sequence[int]:
    """Sources that never became whole, or that nobody has sent or made a task of since then."""
    is_used = exists().where(col(TaskSource.source_id) == col(Source.id))
    old = select(Source.id).where(col(Source.added_at) < before, ~is_used, ~_is_needed())
    return [it for it in session.exec(old.order_by(col(Source.id)).limit(most)) if it is not None]


def _is_needed() -> ColumnElement[bool]:
    """Whether it is going to be sent, or people may still want to send it."""
    return exists().where(
        col(Submission.source_id) == col(Source.id),
        col(Submission.state).not_in([SubmissionState.SENT.value, SubmissionState.CANCELLED.value]),
    )


def delete_many(*, session: Session, source_ids: Sequence[int]) -> int:
    """Delete these; tasks made of them stay. How many."""
    gone = delete(Source).where(col(Source.id).in_(source_ids))
    return session.exec(gone.execution_options(synchronize_session=False)).rowcount
