"""How a token stands, in the words of the screen; everything about it but the secret. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.errors import InputRefused
from dashboard.models import CallKind, Credential, CredentialKind, ParkReason, PollCost

ENDING = timedelta(minutes=15)
"""How long before the end of a pasted token its open tasks are worth a warning."""

NEARLY = 0.8
"""Share of a budget at which a warning begins."""

FREE_TIER_CALLS = 150
"""Calls a month of the free plan, as a suggestion only: sources disagree (fact sheet 5, D12)."""

MOST_REFUSALS = 3
"""Refused logins after which we stop trying: more than five would lock the pair (fact sheet 1)."""

REFUSAL_MEMORY = timedelta(minutes=10)
"""How long the service remembers them."""


class Health(StrEnum):
    """How a token stands, in the words of the screen."""

    READY = "not used yet"
    WORKING = "working"
    ENDING = "ends soon"
    EXPIRED = "expired"
    REJECTED = "rejected"
    LOCKED = "locked"
    NOT_ALLOWED = "not allowed"
    RATE_LIMITED = "rate limited"
    OVER_BUDGET = "over budget"
    UNREACHABLE = "unreachable"
    NOT_LISTED = "service not listed"

    @property
    def works(self) -> bool:
        """Whether calls are made with it now."""
        return self in (Health.READY, Health.WORKING, Health.ENDING)

    @property
    def needs_person(self) -> bool:
        """Whether no waiting cures it."""
        return self in (Health.EXPIRED, Health.REJECTED, Health.NOT_LISTED)


_BY_REASON = {
    ParkReason.TOKEN_MISSING: Health.REJECTED,
    ParkReason.TOKEN_REJECTED: Health.REJECTED,
    ParkReason.TOKEN_EXPIRED: Health.EXPIRED,
    ParkReason.LOGIN_LOCKED: Health.LOCKED,
    ParkReason.PLAN_REFUSED: Health.NOT_ALLOWED,
    ParkReason.RATE_LIMITED: Health.RATE_LIMITED,
    ParkReason.BUDGET_REACHED: Health.OVER_BUDGET,
    ParkReason.UNREACHABLE: Health.UNREACHABLE,
    ParkReason.SERVICE_NOT_LISTED: Health.NOT_LISTED,
    ParkReason.KEY_MISSING: Health.UNREACHABLE,  # never a pause of the token: other servers may have the key
}

_ADVICE = {
    Health.EXPIRED: "Paste a new access token into it; its tasks continue at once.",
    Health.LOCKED: "Nothing to do: too many refused logins lock it, and it is tried again afterwards. "
    "Another secret is taken at once.",
    Health.NOT_ALLOWED: "Look at the plan of this account. It is tried again every 15 minutes.",
    Health.RATE_LIMITED: "Nothing to do: calls go on when the service allows them.",
    Health.OVER_BUDGET: "Raise the budget, or wait until it begins anew.",
    Health.UNREACHABLE: "Nothing to do: it is tried again by itself. Is the network up?",
    Health.NOT_LISTED: "Whoever runs the dashboard can add the service to OCR_DASHBOARD_MORE_API_URLS.",
}
_ADVICE_REJECTED = {
    CredentialKind.ACCESS_TOKEN: "Paste another access token into it; its tasks continue at once.",
    CredentialKind.CLIENT_CREDENTIALS: "The client ID or the secret is wrong, or not active yet: new ones can take a "
    "day. Nothing is tried again by itself, because the service locks a client ID after some refused logins. Test it, "
    "or paste the right secret.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Calls made with a token; days and months are UTC.

    Attributes:
        by_kind: calls of this month by kind; logins are among them and cost nothing.
        share: how much of the tighter budget is used, 1.0 for all; None without a budget.
    """

    today: int = 0
    month: int = 0
    by_kind: Mapping[CallKind, int] = field(default_factory=dict)
    share: float | None = None

    @property
    def is_nearly_used(self) -> bool:
        """Whether it is time to warn."""
        return self.share is not None and self.share >= NEARLY


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialView:
    """A token as people and scripts may see it: everything but the secret.

    Attributes:
        hint: the last four characters of the token, or of the secret.
        detail: the service's words when it is not working; empty otherwise.
        advice: the next step; empty where there is none.
        expires_at: when a pasted token ends; None when it does not say, or mints by itself.
        renews_at: when the next token is minted; None for pasted ones.
        next_login_at: before this moment no login is tried by hand; None when it may be.
    """

    id: int
    label: str
    kind: CredentialKind
    api_url: str
    client_id: str | None
    hint: str
    health: Health
    detail: str
    advice: str
    expires_at: datetime | None
    renews_at: datetime | None
    created_at: datetime
    last_success_at: datetime | None
    paused_until: datetime | None
    next_login_at: datetime | None
    tasks: int
    open_tasks: int
    meter: Meter
    is_default: bool
    daily_budget: int | None
    monthly_budget: int | None
    keeps_last_poll: bool
    status_first: bool
    poll_cost: PollCost

    @property
    def mints(self) -> bool:
        """Whether it renews itself."""
        return self.kind is CredentialKind.CLIENT_CREDENTIALS


def view_of(
    row: Credential,
    *,
    tasks: int,
    open_tasks: int,
    today: int,
    by_kind: Mapping[CallKind, int],
    now: datetime,
) -> CredentialView:
    """A stored token as people see it at this aware time."""
    kind = CredentialKind(row.kind)
    health = health_of(row, open_tasks=open_tasks, now=now)
    return CredentialView(
        id=row.id or 0,
        label=row.label,
        kind=kind,
        api_url=row.api_url,
        client_id=row.client_id,
        hint=row.hint,
        health=health,
        detail=_detail(row, health, now),
        advice=_ADVICE_REJECTED[kind] if health is Health.REJECTED else _ADVICE.get(health, ""),
        expires_at=row.expires_at,
        renews_at=row.minted_until,
        created_at=row.created_at,
        last_success_at=row.last_success_at,
        paused_until=row.paused_until if row.paused_until and row.paused_until > now else None,
        next_login_at=next_login_at(row, now=now),
        tasks=tasks,
        open_tasks=open_tasks,
        meter=meter_of(row, today=today, by_kind=by_kind),
        is_default=row.is_default,
        daily_budget=row.daily_budget,
        monthly_budget=row.monthly_budget,
        keeps_last_poll=row.keeps_last_poll,
        status_first=row.status_first,
        poll_cost=PollCost(row.poll_cost),
    )


def not_listed(view: CredentialView) -> CredentialView:
    """A token of a service that the dashboard may not call, whatever else is to be said about it."""
    advice = _ADVICE[Health.NOT_LISTED]
    return replace(view, health=Health.NOT_LISTED, detail="", advice=advice, paused_until=None)


def health_of(row: Credential, *, open_tasks: int, now: datetime) -> Health:
    """How a token stands at this aware time."""
    if pause := row.paused_for(now):
        return _BY_REASON[pause]
    if row.expires_at is not None and open_tasks and now <= row.expires_at < now + ENDING:
        return Health.ENDING
    return Health.WORKING if row.last_success_at else Health.READY


def meter_of(row: Credential, *, today: int, by_kind: Mapping[CallKind, int]) -> Meter:
    """What was used, and how much of the budget that is; logins do not count towards it."""
    month = sum(calls for kind, calls in by_kind.items() if kind is not CallKind.LOGIN)
    limits = ((today, row.daily_budget), (month, row.monthly_budget))
    shares = [used / limit for used, limit in limits if limit]
    return Meter(today=today, month=month, by_kind=dict(by_kind), share=max(shares, default=None))


def next_login_at(row: Credential, *, now: datetime) -> datetime | None:
    """Until when no login is tried by hand, after three were refused in a row; None when one may be."""
    if row.login_refusals < MOST_REFUSALS or row.login_failed_at is None:
        return None
    free = row.login_failed_at + REFUSAL_MEMORY
    return free if free > now else None


def refuse_locking(row: Credential, *, now: datetime) -> None:
    """Refuse another login with this very pair where it could lock it.

    Raises:
        InputRefused: three logins were refused just now.
    """
    if free := next_login_at(row, now=now):
        raise InputRefused(
            f"{MOST_REFUSALS} logins in a row were refused, and the service locks a client ID after more than five. "
            f"Try again in {minutes_until(free, now=now)} min, or paste another secret now."
        )


def minutes_until(moment: datetime, *, now: datetime) -> int:
    """Whole minutes to wait, at least one; never less than it takes."""
    return max(1, math.ceil((moment - now).total_seconds() / 60))


def _detail(row: Credential, health: Health, now: datetime) -> str:
    paused = row.paused_until is not None and row.paused_until > now
    if paused and row.pause_detail:
        return row.pause_detail
    return "The token itself says that its time is over." if health is Health.EXPIRED else ""
