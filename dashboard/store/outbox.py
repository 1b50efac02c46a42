"""What waits to be sent: leasing submissions, and writing down what has become of them.

Who is gone while it was sending leaves *perhaps sent* behind: nobody knows whether it has arrived.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, literal, update
from sqlmodel import Session, col, select

from dashboard.logs import get_logger
from dashboard.models import (
    Batch,
    CallKind,
    Credential,
    Operation,
    Origin,
    PollCost,
    Source,
    Submission,
    SubmissionState,
    TaskAddress,
)
from dashboard.models.columns import Instant
from dashboard.models.dispatches import Dispatch, Pieces, Verdict
from dashboard.models.recognition import RecognitionSettings
from dashboard.models.retention import expiry_of
from dashboard.polling.learning import Learning
from dashboard.store import new_tasks, pauses, processes, reservations, sources, teams, tokenless
from dashboard.store.call_counts import count_calls
from dashboard.store.database import Database
from dashboard.store.database_clock import database_time, db_now, in_seconds
from dashboard.store.lost_submissions import are_lost, give_up_lost
from dashboard.store.sending_lanes import SendingLanes

log = get_logger(__name__)

_LOCK = 1_616_2026
"""Number of the PostgreSQL advisory lock of whoever claims; any constant of our own."""

_WAITING, _SENDING = SubmissionState.WAITING.value, SubmissionState.SENDING.value


class DatabaseOutbox:
    """The submissions of all teams, for the loop that sends them.

    Args:
        database: whose.
        holder: this process, where it beats.
        most_in_lane: sent at once with one token.
        skip_api_urls: services that this process cannot reach (a worker's sandbox).
        learning: says when what was sent is asked about first.
    """

    def __init__(
        self,
        database: Database,
        *,
        holder: str,
        most_in_lane: int = 4,
        skip_api_urls: Sequence[str] = (),
        learning: Learning | None = None,
    ) -> None:
        self._database = database
        self._learning = learning or Learning()
        self._holder = holder
        self._lanes = SendingLanes(most_in_lane=most_in_lane, skip_api_urls=skip_api_urls)

    def claim(self, *, limit: int, lease_seconds: float, fence: str) -> list[Dispatch]:
        """Lease submissions whose turn has come, lane by lane; empty at little cost when there is none."""
        with self._database.reading() as session:
            if not self._lanes.open(session) and not are_lost(session):
                return []
        with self._database.writing() as session:
            if not self._database.is_sqlite:  # two who count at once would both take a lane's last place
                session.connection().execute(select(func.pg_advisory_xact_lock(_LOCK)))
            give_up_lost(session)
            chosen: list[int] = []
            for lane, places in self._lanes.open(session):
                if room := self._lanes.affordable(session, lane, min(limit - len(chosen), places)):
                    chosen += self._lanes.next_in(session, lane, room)
            if not chosen:
                return []
            return self._leased(session, chosen, lease_seconds=lease_seconds, fence=fence)

    def image(self, dispatch: Dispatch) -> Pieces:
        """The bytes of its source, each piece in a transaction of its own."""
        return Pieces(dispatch.size, partial(self._read, dispatch))

    def _read(self, dispatch: Dispatch) -> Iterator[bytes]:
        number = 0
        while True:
            with self._database.reading() as session:
                piece = sources.chunk(session=session, source_id=dispatch.source_id, number=number)
            if piece is None:
                return
            yield piece
            number += 1

    def counted(self, dispatch: Dispatch) -> None:
        """Count another call that is about to be made; the first one is counted with the lease."""
        if dispatch.credential is None:
            return
        with self._database.writing() as session:
            if reservations.held(session, [dispatch.credential.credential_id]):
                _count(session, dispatch.credential.credential_id, 1, at=database_time(session))

    def sent(self, dispatch: Dispatch, task_id: str, *, at: datetime) -> None:
        """Store the task, then what it was made of and that it was sent, all in one transaction."""
        with self._database.writing() as session:
            now = database_time(session)
            task: new_tasks.NewRow = {
                "credential_id": dispatch.credential.credential_id if dispatch.credential else None,
                "api_url": dispatch.api_url,
                "task_id": task_id,
                "operation": dispatch.operation.value,
                "trial": dispatch.trial,
                "origin": Origin.SUBMITTED.value,
                "label": dispatch.label,
                "registered_at": now,
                "submitted_at": at,
                "expires_at": expiry_of(at, registered_at=now),
                "expiry_exact": True,
                "next_poll_at": now + self._first_wait(dispatch, task_id, (now - at).total_seconds()),
            }
            added, known = new_tasks.add_many(session=session, team_id=dispatch.team_id, tasks=[task])
            task_ref = {**known, **added}[task_id]
            keeps = teams.keeps_sources(session=session, team_id=dispatch.team_id)
            if keeps and sources.is_there(session=session, source_id=dispatch.source_id):
                sources.link(session=session, task_ref=task_ref, source_id=dispatch.source_id)
            values = {
                "state": SubmissionState.SENT.value,
                "task_ref": task_ref,
                "detail": "",
                "next_at": None,
            }
            _write(session, dispatch, {**values, "sent_at": at})
            if not keeps:
                sources.remove_unused(session=session, source_ids=[dispatch.source_id])
            teams.touch(session=session, team_ids=[dispatch.team_id])

    def _first_wait(self, dispatch: Dispatch, task_id: str, age: float) -> timedelta:
        address = TaskAddress(
            api_url=dispatch.api_url, operation=dispatch.operation, trial=dispatch.trial, task_id=task_id
        )
        wanted = dispatch.credential.poll_cost if dispatch.credential else PollCost.NORMAL
        return timedelta(seconds=self._learning.first_wait(address, age=age, wanted=wanted))

    def settle(self, dispatch: Dispatch, verdict: Verdict, *, is_called: bool = True) -> None:
        """Store what else has become of it, and that the token rests; a call that was not made costs nothing."""
        again = verdict.again_in_seconds
        values: dict[str, object] = {
            "state": verdict.state.value,
            "detail": verdict.detail,
            "next_at": None if again is None else in_seconds(again),
            "tries": dispatch.tries + 1,
        }
        with self._database.writing() as session:
            lent = dispatch.credential
            if verdict.pause is not None and lent is not None:
                moment = literal(database_time(session), Instant())
                pauses.extend(session, lent.credential_id, lent.secret, verdict.pause, now=moment)
            if lent is not None and not is_called and reservations.held(session, [lent.credential_id]):
                _count(session, lent.credential_id, -1, at=dispatch.claimed_at)
            _write(session, dispatch, values)
            tokenless.refuse(session, dispatch.id)
            teams.touch(session=session, team_ids=[dispatch.team_id])

    def seconds_until_due(self) -> float | None:
        """How long until something is to be sent again, or a lease is over; None when nothing waits."""
        moment = func.min(Submission.next_at)
        with self._database.reading() as session:
            is_open = col(Submission.state).in_([_WAITING, _SENDING])
            due, now = session.exec(
                select(moment, db_now()).outerjoin(Batch).where(is_open, ~col(Batch.is_paused))
            ).one()
        return None if due is None else max(0.0, (due - now).total_seconds())

    def _leased(
        self, session: Session, chosen: Sequence[int], *, lease_seconds: float, fence: str
    ) -> list[Dispatch]:
        # Before the submissions, as everybody locks them; whoever removes a token waits for this.
        tokens = select(Submission.credential_id).where(col(Submission.id).in_(chosen)).distinct()
        reservations.held(session, [it for it in session.exec(tokens) if it is not None])
        free = (
            select(Submission.id)
            .where(col(Submission.id).in_(chosen), col(Submission.state) == _WAITING)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        lease = (
            update(Submission)
            .where(col(Submission.id).in_(select(free.c.id)))
            .values(
                state=_SENDING,
                claim=fence,
                holder=self._holder,
                next_at=in_seconds(lease_seconds),
                sent_at=db_now(),
            )
            .execution_options(synchronize_session=False)
        )
        session.exec(lease)
        rows = session.exec(
            select(Submission, Credential, Source.size, db_now())
            .join(Source, col(Source.id) == Submission.source_id)
            .outerjoin(Credential, col(Credential.id) == Submission.credential_id)
            .where(Submission.claim == fence, Submission.state == _SENDING)
            .order_by(col(Submission.id))
        ).all()
        for row, credential, _, now in rows:
            if credential is not None and credential.id is not None and not row.trial:
                _count(session, credential.id, 1, at=now)
        if rows:
            processes.beat(session, self._holder)  # nothing is ever held by who is not known
            teams.touch(session=session, team_ids={row.team_id for row, *_ in rows})
        return [_dispatch(row, credential, size, now) for row, credential, size, now in rows]


def _count(session: Session, credential_id: int, calls: int, *, at: datetime) -> None:
    count_calls(session=session, credential_id=credential_id, kind=CallKind.SUBMIT, moment=at, calls=calls)


def _dispatch(row: Submission, credential: Credential | None, size: int, now: datetime) -> Dispatch:
    operation = Operation(row.operation)
    return Dispatch(
        id=row.id or 0,
        team_id=row.team_id,
        fence=row.claim or "",
        source_id=row.source_id or 0,
        size=size,
        api_url=row.api_url,
        operation=operation,
        trial=row.trial,
        credential=credential.call_credential() if credential else None,
        settings=RecognitionSettings.read(row.settings, operation=operation),
        label=row.label,
        claimed_at=now,
        tries=row.tries,
    )


def _write(session: Session, dispatch: Dispatch, values: dict[str, object]) -> None:
    """Only where it is still ours, or given up as lost meanwhile: what is known counts for more than a guess."""
    states = [_SENDING, SubmissionState.PERHAPS_SENT.value]
    mine = (
        update(Submission)
        .where(
            col(Submission.id) == dispatch.id,
            col(Submission.claim) == dispatch.fence,
            col(Submission.state).in_(states),
        )
        .values(claim=None, holder=None, **values)
    )
    if not session.exec(mine.execution_options(synchronize_session=False)).rowcount:
        log.warning("submission.fenced", id=dispatch.id)
