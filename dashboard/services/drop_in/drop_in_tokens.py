"""Which of a team's tokens a request at the drop-in address is for, and whether it may be called with now."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound, NotPermitted, TokenHeld
from dashboard.models import CallCredential, Credential, ParkReason, Team
from dashboard.models.default_token import taken_by_default
from dashboard.services.team_scope import NO_SUCH_TOKEN, TeamScope
from dashboard.store import credentials as credential_rows
from dashboard.store import reservations, teams

SWITCHED_OFF = (
    "The drop-in address of this team is switched off. An owner of the team can switch it on, on Add."
)
NO_TOKEN = "There is no token of this team to call the service with. Add one on Tokens."  # noqa: S105 - a sentence

TOO_MANY = frozenset({ParkReason.BUDGET_REACHED, ParkReason.RATE_LIMITED, ParkReason.LOGIN_LOCKED})
"""Reasons that say "later" rather than "not at all"."""


class Held(TokenHeld):
    """No call was made, and it is known why.

    Args:
        detail: a sentence.
        reason: why.
        seconds: until it may be tried again; None where a person has to act first.
    """

    def __init__(self, detail: str, *, reason: ParkReason, seconds: float | None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.retry_after = seconds


class DropInTokens:
    """The tokens of one team.

    Args:
        team: whose.
        default_api_url: the service where no token is named.
        by_default: whether teams of which nobody has said so have the address.
    """

    def __init__(self, team: TeamScope, *, default_api_url: Callable[[], str], by_default: bool) -> None:
        self._team = team
        self._default_api_url = default_api_url
        self._by_default = by_default

    def require_on(self, session: Session) -> Team:
        """The team, where it has the address; raises NotPermitted where that is switched off."""
        team = teams.get(session=session, team_id=self._team.team_id)
        if not self._is_on(team):
            raise NotPermitted(SWITCHED_OFF)
        return team

    def is_on(self, session: Session) -> bool:
        """Whether the team has the address."""
        return self._is_on(teams.get(session=session, team_id=self._team.team_id))

    def _is_on(self, team: Team) -> bool:
        return self._by_default if team.drop_in is None else team.drop_in

    @property
    def api_url(self) -> str:
        """The service where no token is named."""
        return self._default_api_url()

    def chosen(self, session: Session, named: str) -> Credential | None:
        """The token of this label or number; the default one where none is named, None where there is none.

        Raises:
            InputRefused: there is no such token.
        """
        mine = credential_rows.all_of_team(session=session, team_id=self._team.team_id)
        if not named:
            return taken_by_default(one for one in mine if one.api_url == self._default_api_url())
        # The newest of a label, as everywhere; a label that looks like a number comes first.
        for one in mine:
            if one.label == named:
                return one
        for one in mine:
            if str(one.id) == named:
                return one
        raise InputRefused("There is no token with this label in the team.")

    def lend(self, session: Session, chosen: Credential, now: datetime) -> CallCredential | Held:
        """A token for one call, locked until the end of the transaction; or why there is none to be had now.

        A budget that is used up rests the token, which has to be committed.

        Args:
            session: a writing one.
            chosen: as it was read a moment ago.
            now: aware.

        Raises:
            NotFound: it was removed meanwhile.
        """
        found, may_call = reservations.lend(session, chosen, now)
        if found is None:
            raise NotFound(NO_SUCH_TOKEN)
        return found.call_credential() if may_call else held_by(found, now)


def held_by(credential: Credential, now: datetime) -> Held:
    """Why a token rests, and how long."""
    reason = credential.paused_for(now) or ParkReason.BUDGET_REACHED
    until = credential.paused_until
    seconds = (until - now).total_seconds() if until is not None and until > now else None
    is_later = reason in TOO_MANY or reason is ParkReason.UNREACHABLE
    detail = credential.pause_detail or "It cannot be used now."
    if reason is ParkReason.TOKEN_EXPIRED:
        detail = "It has expired."
    return Held(
        f"The team's token “{credential.label}” rests. {detail}"
        + ("" if is_later else " Somebody of the team has to see to it on Tokens."),
        reason=reason,
        seconds=seconds if is_later else None,
    )
