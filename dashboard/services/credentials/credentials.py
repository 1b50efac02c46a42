"""Tokens: registering, replacing, limiting and removing. Shown to people as "Token"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.errors import InputRefused, NotFound
from dashboard.logs import get_logger
from dashboard.models import Action, CallKind, Credential, ParkReason, PollCost, Role
from dashboard.services.credentials.credential_views import (
    CredentialView,
    next_login_at,
    not_listed,
    refuse_locking,
    view_of,
)
from dashboard.services.credentials.secret_columns import SecretColumns
from dashboard.services.labels import typed_label
from dashboard.services.tasks.task_counts import TaskCounts
from dashboard.services.team_scope import NO_SUCH_TOKEN, TeamScope
from dashboard.store import call_counts
from dashboard.store import credentials as rows
from dashboard.store.secrecy import SecretBox

log = get_logger(__name__)

MAX_BUDGET = 10_000_000
"""More calls than anybody makes in a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the owner of a token decides about its use.

    Attributes:
        daily_budget: calls a day, UTC; None for no limit.
        monthly_budget: calls a month, UTC; None for no limit.
        keeps_last_poll: whether the last poll before a result is deleted is made in any case.
        status_first: whether to ask for the status, and to fetch the result once, when there is one.
        poll_cost: what a call is worth: dearer ones are made less often, and results are found later.
    """

    daily_budget: int | None = None
    monthly_budget: int | None = None
    keeps_last_poll: bool = True
    status_first: bool = False
    poll_cost: PollCost = PollCost.NORMAL


class Credentials:
    """The tokens of one team."""

    def __init__(
        self,
        team: TeamScope,
        *,
        box: SecretBox,
        default_api_url: Callable[[], str],
        check_api_url: Callable[[str], str],
        token_expiry: Callable[[str], datetime | None],
        wake: Callable[[], None],
        counts: TaskCounts | None = None,
    ) -> None:
        self._team = team
        self._columns = SecretColumns(box=box, token_expiry=token_expiry, clock=team.clock)
        self._default_api_url = default_api_url
        self._check_api_url = check_api_url
        self._wake = wake
        self._counts = counts or TaskCounts()

    def check_may_add(self) -> None:
        """Raise NotPermitted for somebody who may not register tokens; changes nothing."""
        with self._team.reading(Role.OWNER):
            pass

    def add(
        self,
        *,
        label: str,
        access_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        api_url: str | None = None,
    ) -> tuple[CredentialView, bool]:
        """Register an access token, or a client ID with its secret; open tasks that lacked one take it at once.

        One that is here already and was refused gets another chance: somebody believes that it works.

        Returns:
            The token, and whether it is new; False when this very one was registered before.

        Raises:
            InputRefused: with a sentence that never repeats a secret.
        """
        secret = self._columns(access_token, client_id, client_secret)
        url = self._check_api_url(api_url) if api_url else self._default_api_url()
        now, called = self._team.clock(), typed_label(label)
        with self._team.writing(Role.OWNER) as session:
            known = rows.by_fingerprint(
                session=session, team_id=self._team.team_id, api_url=url, fingerprint=secret["fingerprint"]
            )
            if known is not None and known.id is not None:
                credential_id, new, name = known.id, False, known.label
                refused = known.paused_for(now) in (ParkReason.TOKEN_REJECTED, ParkReason.TOKEN_EXPIRED)
                if refused and next_login_at(known, now=now) is None:
                    rows.resume(
                        session=session, team_id=self._team.team_id, credential_id=credential_id, now=now
                    )
            else:
                name = called or f"Token …{secret['hint']}"
                row = Credential(
                    team_id=self._team.team_id, label=name, api_url=url, created_at=now, **secret
                )
                credential_id, new = rows.add(session=session, credential=row), True
            rows.adopt_tasks(
                session=session, team_id=self._team.team_id, credential_id=credential_id, now=now
            )
            self._team.note(session, Action.TOKEN_ADDED, name)
            self._team.touch(session)
        self._wake()
        log.info("credential.added" if new else "credential.known", credential=credential_id, api_url=url)
        return self.get(credential_id), new

    def all(self) -> list[CredentialView]:
        """Every token of the team, newest first."""
        now = self._team.clock()
        with self._team.reading() as session:
            counts = self._counts.of_team(session, self._team.team_id)
            listed = rows.all_of_team(session=session, team_id=self._team.team_id)
            used = call_counts.of_month(session=session, team_id=self._team.team_id, moment=now)
        views = [_view(row, counts.get(row.id or 0, (0, 0)), used.get(row.id or 0), now) for row in listed]
        return [view if self._is_listed(view.api_url) else not_listed(view) for view in views]

    def get(self, credential_id: int) -> CredentialView:
        """One token; raises NotFound."""
        for view in self.all():
            if view.id == credential_id:
                return view
        raise NotFound(NO_SUCH_TOKEN)

    def replace(
        self,
        credential_id: int,
        *,
        access_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> CredentialView:
        """Paste a new secret into the same entry; its tasks continue at once.

        Raises:
            InputRefused: when it is no token, or registered under another entry already.
            NotFound: when the entry is gone.
        """
        secret = self._columns(access_token, client_id, client_secret)
        before, now = self.get(credential_id), self._team.clock()
        with self._team.writing(Role.OWNER) as session:
            other = rows.by_fingerprint(
                session=session,
                team_id=self._team.team_id,
                api_url=before.api_url,
                fingerprint=secret["fingerprint"],
            )
            if other is not None and other.id != credential_id:
                raise InputRefused(f"This token is registered already, as “{other.label}”.")
            if other is not None:  # the same pair again: its refused logins still count
                refuse_locking(other, now=now)
                secret |= {name: getattr(other, name) for name in ("login_refusals", "login_failed_at")}
            rows.replace_secret(
                session=session,
                team_id=self._team.team_id,
                credential_id=credential_id,
                fresh=secret,
                now=now,
            )
            self._team.note(session, Action.TOKEN_CHANGED, f"{before.label}: new secret")
            self._team.touch(session)
        self._wake()
        log.info("credential.replaced", credential=credential_id)
        return self.get(credential_id)

    def set_rules(self, credential_id: int, rules: Rules) -> CredentialView:
        """Change budgets and how it is asked with; a pause because of the old budget is over.

        Raises:
            InputRefused: when a budget is no sensible number.
            NotFound: when the token is gone.
        """
        for budget in (rules.daily_budget, rules.monthly_budget):
            if budget is not None and not 1 <= budget <= MAX_BUDGET:
                raise InputRefused(f"A budget is a number of calls from 1 to {MAX_BUDGET:,}.")
        with self._team.writing(Role.OWNER) as session:
            row = self._team.credential(session, credential_id)
            values = {name: getattr(rules, name) for name in Rules.__dataclass_fields__}
            rows.set_rules(
                session=session, team_id=self._team.team_id, credential_id=credential_id, values=values
            )
            self._team.note(session, Action.TOKEN_CHANGED, f"{row.label}: rules")
            self._team.touch(session)
        self._wake()
        log.info("credential.rules_changed", credential=credential_id, **values)
        return self.get(credential_id)

    def rename(self, credential_id: int, label: str) -> CredentialView:
        """Change the label; raises InputRefused when it is empty, NotFound."""
        name = typed_label(label)
        if not name:
            raise InputRefused("A token needs a label.")
        self.get(credential_id)
        with self._team.writing(Role.OWNER) as session:
            rows.change(
                session=session,
                team_id=self._team.team_id,
                credential_id=credential_id,
                values={"label": name},
            )
            self._team.note(session, Action.TOKEN_CHANGED, f"renamed to {name}")
            self._team.touch(session)
        return self.get(credential_id)

    def make_default(self, credential_id: int) -> CredentialView:
        """Have new tasks of its service take this token when they name none; raises NotFound."""
        view = self.get(credential_id)
        with self._team.writing(Role.OWNER) as session:
            rows.make_default(
                session=session, team_id=self._team.team_id, credential_id=credential_id, api_url=view.api_url
            )
            self._team.note(session, Action.TOKEN_CHANGED, f"{view.label}: default")
            self._team.touch(session)
        log.info("credential.default", credential=credential_id)
        return self.get(credential_id)

    def remove(self, credential_id: int, *, heir_id: int | None = None) -> None:
        """Forget a token. Its tasks and their results stay; open ones go to the heir, or wait for another token.

        They are due at once, so that without an heir the poller parks them with that reason.

        Raises:
            NotFound: when the heir is gone.
            InputRefused: when the heir is of another service, which must not get to see these tasks.
        """
        now = self._team.clock()
        mine: dict[str, Any] = {"team_id": self._team.team_id, "credential_id": credential_id, "now": now}
        if heir_id is not None:
            views = {view.id: view for view in self.all()}
            if heir_id not in views or heir_id == credential_id:
                raise NotFound(NO_SUCH_TOKEN)
            if credential_id in views and views[heir_id].api_url != views[credential_id].api_url:
                raise InputRefused("That token belongs to another service.")
        with self._team.writing(Role.OWNER) as session:
            if heir_id is not None:
                rows.hand_over(session=session, heir_id=heir_id, **mine)
            label = rows.remove(session=session, heir_id=heir_id, **mine)
            named = f"token {credential_id}, {label}" if label else f"token {credential_id}"
            self._team.note(session, Action.TOKEN_REMOVED, named)
            self._team.touch(session)
        self._wake()
        log.info("credential.removed", credential=credential_id, heir=heir_id)

    def _is_listed(self, api_url: str) -> bool:
        try:
            self._check_api_url(api_url)
        except InputRefused:
            return False
        return True


def _view(
    row: Credential, counts: tuple[int, int], used: tuple[int, Mapping[CallKind, int]] | None, now: datetime
) -> CredentialView:
    today, by_kind = used or (0, {})
    return view_of(row, tasks=counts[0], open_tasks=counts[1], today=today, by_kind=by_kind, now=now)
