"""The drop-in address of a team as its people see it: on or off, by which keys, and what came when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import Action, ApiKey, KeyKind, Role
from dashboard.services.drop_in.drop_in_tokens import DropInTokens
from dashboard.services.team.members import Members
from dashboard.services.team_scope import TeamScope
from dashboard.store import drop_in as rows
from dashboard.store import memberships, teams

LOOKED_BACK = timedelta(days=7)
"""How far back what was sent is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """A key that may come to the address, and what it was used for.

    Attributes:
        key_id: ours; None where there are no keys.
        hint: the last four characters of its secret.
        is_address: whether the secret is part of the address.
        is_revoked: whether it is refused now.
        came_at: when it came last, to send or, to the minute, to ask; None when it never has.
        count: submissions of the last seven days.
        batch_id: the newest batch; None without any.
    """

    key_id: int | None
    label: str
    hint: str
    role: Role
    is_address: bool
    is_revoked: bool
    came_at: datetime | None
    count: int
    batch_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInView:
    """How it stands with the address.

    Attributes:
        has_come: whether anybody has ever come to it.
        keys: what each is used for, the latest first.
    """

    is_on: bool
    has_come: bool
    keys: tuple[KeyUse, ...]


class DropIn:
    """The address of one team.

    Args:
        team: whose.
        chosen: knows whether it is on.
        members: make secrets of addresses.
    """

    def __init__(self, team: TeamScope, *, chosen: DropInTokens, members: Members) -> None:
        self._team = team
        self._chosen = chosen
        self._members = members

    def view(self) -> DropInView:
        """How it stands; raises NotPermitted for viewers."""
        team_id, now = self._team.team_id, self._team.clock()
        with self._team.reading(Role.EDITOR) as session:
            is_on = self._chosen.is_on(session)
            has_come = rows.has_come(session=session, team_id=team_id)
            keys = memberships.keys_of(session=session, team_id=team_id)
            sent = rows.sent_since(session=session, team_id=team_id, moment=now - LOOKED_BACK)
        by_key = {one.key_id: one for one in sent}
        uses = [
            _use_of(key, by_key.get(key.id)) for key in keys if key.revoked_at is None or key.id in by_key
        ]
        if None in by_key:
            uses.append(_keyless(by_key[None]))
        uses.sort(key=lambda one: one.came_at.timestamp() if one.came_at else 0.0, reverse=True)
        return DropInView(is_on=is_on, has_come=has_come, keys=tuple(uses))

    def switch(self, *, on: bool) -> None:
        """Switch it on or off; raises NotPermitted for everybody but owners."""
        with self._team.writing(Role.OWNER) as session:
            team = teams.get(session=session, team_id=self._team.team_id)
            if team.drop_in == on:
                return
            teams.set_drop_in(session=session, team_id=self._team.team_id, on=on)
            self._team.note(session, Action.TEAM_CHANGED, team.name, {"drop-in address": on})
            self._team.touch(session)

    def make_address(self, *, label: str) -> str:
        """Make the secret part of an address for a tool that can send no header; it is given back once.

        Raises:
            InputRefused: without a label.
            NotPermitted: for everybody but owners.
        """
        return self._members.make_key(label=label, role=Role.EDITOR, kind=KeyKind.ADDRESS)


def _use_of(key: ApiKey, sent: rows.Sent | None) -> KeyUse:
    return KeyUse(
        key_id=key.id,
        label=key.label,
        hint=key.hint,
        role=Role(key.role),
        is_address=key.kind == KeyKind.ADDRESS,
        is_revoked=key.revoked_at is not None,
        came_at=_latest([key.drop_in_at, sent.last_at if sent else None]),
        count=sent.count if sent else 0,
        batch_id=sent.batch_id if sent else None,
    )


def _keyless(sent: rows.Sent) -> KeyUse:
    return KeyUse(
        key_id=None,
        label="Scripts without a key",
        hint="",
        role=Role.EDITOR,
        is_address=False,
        is_revoked=False,
        came_at=sent.last_at,
        count=sent.count,
        batch_id=sent.batch_id,
    )


def _latest(moments: Sequence[datetime | None]) -> datetime | None:
    return max((one for one in moments if one is not None), default=None)
