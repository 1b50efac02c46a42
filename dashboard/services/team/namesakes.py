"""People of the same name, told apart: "Ada" came first, "Ada (2)" later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.services.team.visitors import name_of
from dashboard.store import audit, memberships
from dashboard.unseen import as_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A name somebody goes by in a team, or went by once.

    Attributes:
        person_id: their first sign-in.
        account: who a provider of single sign-on says they are; None for who came by a link alone.
        since: when they first went by it, aware.
    """

    name: str
    person_id: int
    account: str | None
    since: datetime


class Namesakes:
    """What the people of a team are called where several call themselves the same.

    In order of joining, by what they cannot change: somebody who leaves, comes back or takes another name
    changes nothing about the others. A name that only looks the same is the same; a number that somebody typed
    into theirs is given to nobody else.
    """

    def __init__(self, appearances: Iterable[Appearance]) -> None:
        self._who_of_person: dict[int, int] = {}
        self._who_of_account: dict[str, int] = {}
        self._marks: dict[tuple[int, str], int] = {}
        self._people: dict[str, set[int]] = {}
        taken: set[str] = set()
        for one in sorted(appearances, key=lambda one: (one.since, one.person_id)):
            who, look = self._who(one), as_seen(one.name)
            if (who, look) not in self._marks:
                number = 1
                while as_seen(_marked(one.name, number)) in taken:
                    number += 1
                self._marks[who, look] = number
                taken.add(as_seen(_marked(one.name, number)))
            self._people.setdefault(as_seen(_marked(one.name, self._marks[who, look])), set()).add(
                one.person_id
            )

    def called(self, name: str, person_id: int | None) -> str:
        """A name as it is shown; as it is for keys, for this machine and for lines of long ago."""
        who = self._who_of_person.get(person_id) if person_id is not None else None
        return name if who is None else _marked(name, self._marks.get((who, as_seen(name)), 1))

    def meant(self, shown: str) -> frozenset[int]:
        """Whose name is shown so: their first sign-ins; nobody's for what is no such name."""
        return frozenset(self._people.get(as_seen(shown), ()))

    def _who(self, one: Appearance) -> int:
        """A number for whoever this is; an account is one person, whichever browser they use."""
        who = self._who_of_person.get(one.person_id)
        if who is None and one.account is not None:
            who = self._who_of_account.get(one.account)
        if who is None:
            who = one.person_id
        self._who_of_person.setdefault(one.person_id, who)
        if one.account is not None:
            self._who_of_account.setdefault(one.account, who)
        return who


def namesakes_of(*, session: Session, team_id: int) -> Namesakes:
    """Everybody whom the log of a team knows, and who was there before it knew people by more than a name."""
    logged = [
        Appearance(name=name, person_id=person_id, account=account, since=since)
        for name, person_id, account, since in audit.people(session=session, team_id=team_id)
    ]
    here = [
        Appearance(
            name=name_of(sign_in),
            person_id=sign_in.person_id or 0,
            account=sign_in.subject,
            # Another name is taken together with another sign-in, and does not count from before.
            since=max(membership.joined_at, sign_in.created_at),
        )
        for sign_in, membership in memberships.members_of(session=session, team_id=team_id)
    ]
    return Namesakes([*logged, *here])


def _marked(name: str, number: int) -> str:
    """``Ada``, ``Ada (2)``."""
    return name if number == 1 else f"{name} ({number})"
