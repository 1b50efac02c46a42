"""How sending is shared out: lanes of a service and a token, in each of which only some are sent at once.

Evaluation mode is one lane for each team. While one of a lane is put off after trouble the others wait for it: it is
the probe, and a service that is away is not asked once for each image that waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select

from dashboard.models import Batch, Submission, SubmissionState
from dashboard.store import reservations
from dashboard.store.database_clock import db_now

_WAITING, _SENDING = SubmissionState.WAITING.value, SubmissionState.SENDING.value
_NO_TOKEN = -1
"""In place of the token of a lane that has none; no ID is negative."""


@dataclass(frozen=True, slots=True)
class SendingLane:
    """One of them; ``team_id`` is 0 where there is a token."""

    api_url: str
    credential_id: int
    team_id: int


class SendingLanes:
    """The lanes of all teams.

    Args:
        most_in_lane: sent at once in one.
        skip_api_urls: services that this process cannot reach.
    """

    def __init__(self, *, most_in_lane: int, skip_api_urls: Sequence[str]) -> None:
        self._most_in_lane = most_in_lane
        self._skip_api_urls = tuple(skip_api_urls)

    def due(self, session: Session) -> list[SendingLane]:
        """Those in which something is due; the one comes first that has waited longest."""
        token = func.coalesce(Submission.credential_id, _NO_TOKEN)
        team = _team_of_lane()
        found = session.exec(
            select(Submission.api_url, token, team)
            .join(Batch)
            .where(*_is_due(), col(Submission.api_url).not_in(self._skip_api_urls))
            .group_by(col(Submission.api_url), token, team)
            .order_by(func.min(Submission.next_at))
        )
        return [SendingLane(*row) for row in found]

    def room(self, session: Session, lane: SendingLane) -> int:
        """How many more may be sent in a lane now; none while its token rests or one of it is put off."""
        states = session.exec(
            select(
                func.count().filter(col(Submission.state) == _SENDING),
                func.count().filter(
                    col(Submission.state) == _WAITING,
                    col(Submission.tries) > 0,
                    col(Submission.next_at) > db_now(),
                ),
            ).where(*_in_lane(lane))
        ).one()
        sending, put_off = states
        room = 0 if put_off else max(0, self._most_in_lane - sending)
        if lane.credential_id == _NO_TOKEN or not room:
            return room
        left = reservations.room_for_calls(session=session, credential_id=lane.credential_id)
        return int(min(room, left))

    def next_in(self, session: Session, lane: SendingLane, room: int) -> list[int]:
        """Our IDs of those that are sent next, batch by batch."""
        wanted = (
            select(Submission.id)
            .join(Batch)
            .where(*_is_due(), *_in_lane(lane))
            .order_by(col(Submission.batch_id), col(Submission.position))
            .limit(room)
        )
        return [it for it in session.exec(wanted) if it is not None]


def _is_due() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Submission.state) == _WAITING,
        col(Submission.next_at) <= db_now(),
        col(Submission.source_id).is_not(None),
        ~col(Batch.is_paused),
    )


def _team_of_lane() -> ColumnElement[int]:
    """Evaluation mode has no token: each team is a lane of its own there."""
    return case((col(Submission.credential_id).is_(None), col(Submission.team_id)), else_=0)


def _in_lane(lane: SendingLane) -> tuple[ColumnElement[bool], ...]:
    token = col(Submission.credential_id)
    mine = (
        and_(token.is_(None), col(Submission.team_id) == lane.team_id)
        if lane.credential_id == _NO_TOKEN
        else token == lane.credential_id
    )
    return col(Submission.api_url) == lane.api_url, mine
