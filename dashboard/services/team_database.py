"""The database as one person, script or command may use it in one team.

Whatever a service reads or writes begins with the question whether its actor still belongs to the team, in the same
transaction. An open page keeps its services for days; a hidden button or a closed socket alone would protect nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import Session

from dashboard.models.access import Actor
from dashboard.services.permission import require_member
from dashboard.store.database import UnitsOfWork


class TeamDatabase:
    """Units of work that are refused to who does not belong to the team any more.

    Args:
        database: the whole one.
        team_id: whose rows the services in front read and write.
        actor: in whose name.
        clock: the time, aware: a sign-in may have ended meanwhile.
    """

    def __init__(
        self, database: UnitsOfWork, *, team_id: int, actor: Actor, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._team_id = team_id
        self._actor = actor
        self._clock = clock

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """As the database does it; raises NotPermitted too."""
        with self._database.reading() as session:
            self._check(session)
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """As the database does it; raises NotPermitted too."""
        with self._database.writing() as session:
            self._check(session)
            yield session

    def _check(self, session: Session) -> None:
        require_member(actor=self._actor, session=session, team_id=self._team_id, now=self._clock())
