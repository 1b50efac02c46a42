"""One team in somebody's name: what every service of a team reads, writes and notes through.

Whatever it reads or writes begins with the question whether its actor still belongs to the team, in the same
transaction. An open page keeps its services for days; a hidden button or a closed socket alone would protect nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.errors import NotFound, NotPermitted
from dashboard.models import Action, Actor, AuditEntry, Credential, Role, Task
from dashboard.store import audit, credentials, memberships, tasks, teams
from dashboard.store.database import Database

NO_SUCH_TASK = "There is no such task here. It may have been deleted."
NO_SUCH_TOKEN = "There is no such token in this team."  # noqa: S105 - a sentence, not a secret

_PLURAL = {Role.VIEWER: "members", Role.EDITOR: "editors and owners", Role.OWNER: "owners"}
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class TeamScope:
    """Units of work of one team, and what most of them do.

    Attributes:
        database: the whole one.
        team_id: whose rows are read and written.
        actor: in whose name.
        clock: the time, aware: a sign-in may have ended meanwhile.
    """

    database: Database
    team_id: int
    actor: Actor
    clock: Callable[[], datetime]

    @contextmanager
    def reading(self, needed: Role = Role.VIEWER) -> Iterator[Session]:
        """As the database does it, for whose role is enough; raises NotPermitted too."""
        with self.database.reading() as session:
            self.require(session, needed)
            yield session

    @contextmanager
    def writing(self, needed: Role = Role.VIEWER) -> Iterator[Session]:
        """As the database does it, for whose role is enough; raises NotPermitted too."""
        with self.database.writing() as session:
            self.require(session, needed)
            yield session

    def require(self, session: Session, needed: Role) -> None:
        """Let an actor go on whose role, read in this very transaction, is enough.

        Raises:
            NotPermitted: with a sentence that says whom to ask.
        """
        role = self._role_now(session)
        if not role.covers(needed):
            members = memberships.members_of(session=session, team_id=self.team_id)
            names = [sign_in.name for sign_in, place in members if place.role == Role.OWNER and sign_in.name]
            raise NotPermitted(_refusal(needed, role, names))

    def may(self, session: Session, needed: Role) -> bool:
        """Whether the actor's role, read in this very transaction, is enough; raises NotPermitted to who is gone."""
        return self._role_now(session).covers(needed)

    def note(
        self, session: Session, action: Action, subject: str = "", detail: audit.Detail | None = None
    ) -> AuditEntry:
        """Write into the audit log what the actor does, in the transaction of what it tells of."""
        return audit.note(
            session=session,
            team_id=self.team_id,
            actor=self.actor,
            action=action,
            subject=subject,
            detail=detail,
            now=self.clock(),
        )

    def touch(self, session: Session) -> None:
        """Tell the team's screens to redraw; call it last, it locks the team until the end."""
        teams.touch(session=session, team_ids=[self.team_id])

    def task(self, session: Session, task_ref: int) -> Task:
        """A task of the team by our ID; raises NotFound."""
        # The number may come from a URL, and PostgreSQL refuses what no column holds.
        known = 0 < task_ref <= tasks.MAX_ID
        task = tasks.get(session=session, team_id=self.team_id, task_ref=task_ref) if known else None
        if task is None:
            raise NotFound(NO_SUCH_TASK)
        return task

    def credential(self, session: Session, credential_id: int) -> Credential:
        """A token of the team by our ID; raises NotFound."""
        found = credentials.get(session=session, team_id=self.team_id, credential_id=credential_id)
        if found is None:
            raise NotFound(NO_SUCH_TOKEN)
        return found

    def _role_now(self, session: Session) -> Role:
        actor, team_id = self.actor, self.team_id
        role: Role | None = actor.role
        gone = "You do not belong to this team any more. Ask an owner for a link."
        if actor.sign_in_id is not None:
            now = self.clock()
            role = memberships.role_of(session=session, sign_in_id=actor.sign_in_id, team_id=team_id, now=now)
        elif actor.key_id is not None:
            role = memberships.role_of_key(session=session, key_id=actor.key_id, team_id=team_id)
            gone = "This API key was revoked. Ask an owner of the team for another one."
        if role is None:
            raise NotPermitted(gone)
        return role


def _refusal(needed: Role, given: Role, owners: Sequence[str]) -> str:
    """What somebody is told whose role is not enough."""
    distinct = list(dict.fromkeys(owners))[:_MOST_NAMES]
    whom = f" Ask {' or '.join(distinct)}." if distinct else " Ask an owner of the team."
    article = "an" if given.value[0] in "aeiou" else "a"
    return f"Only {_PLURAL[needed]} of the team can do this, and you are {article} {given.value}.{whom}"
