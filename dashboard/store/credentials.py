"""Stored tokens: the rows behind "Token" on the screen. Secrets come and go encrypted."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, func, literal, null, update
from sqlmodel import Session, col, select

from dashboard.models import OPEN_STATES, Credential, ParkReason, Pause, Task
from dashboard.models.columns import Instant
from dashboard.polling.silence import UNPARKED
from dashboard.store import tokenless
from dashboard.store.inserting import insert_new
from dashboard.store.pauses import UNPAUSED, paused
from dashboard.store.wake_ups import announce

UNMINTED = {
    "minted": None,
    "minted_until": None,
    "minting": None,
    "minting_until": None,
    "login_refusals": 0,
    "login_failures": 0,
    "login_failed_at": None,
}
"""Nothing is known of logins yet; whoever is minting now can no longer store what comes of it."""


def add(*, session: Session, credential: Credential) -> int:
    """Store a token and give back its ID; the ID of the stored one when the team has this very token.

    The first one of a service is the default; a later one never becomes that by itself.
    """
    values = {name: getattr(credential, name) for name in Credential.model_fields if name != "id"}
    values["is_default"] = _default_of(session, credential.team_id, credential.api_url) is None
    session.exec(insert_new(session, Credential).values(values))
    return (
        session.exec(
            select(Credential.id).where(
                Credential.team_id == credential.team_id,
                Credential.api_url == credential.api_url,
                Credential.fingerprint == credential.fingerprint,
            )
        ).one()
        or 0
    )


def get(*, session: Session, team_id: int, credential_id: int) -> Credential | None:
    """One token of the team."""
    mine = select(Credential).where(Credential.team_id == team_id, Credential.id == credential_id)
    return session.exec(mine).one_or_none()


def all_of_team(*, session: Session, team_id: int) -> Sequence[Credential]:
    """Every token of the team, newest first."""
    mine = select(Credential).where(Credential.team_id == team_id).order_by(col(Credential.id).desc())
    return session.exec(mine).all()


def count_tasks(*, session: Session, team_id: int) -> dict[int, tuple[int, int]]:
    """How many tasks and how many open tasks depend on each token; tokens without tasks are left out."""
    users = select(Task.credential_id, func.count()).group_by(col(Task.credential_id))
    # Through the tokens: the index on their tasks is enough, where the team's tasks would all be read.
    mine = users.where(
        col(Task.credential_id).in_(select(Credential.id).where(Credential.team_id == team_id))
    )
    tasks = session.exec(mine).all()
    waiting = mine.where(Task.team_id == team_id, col(Task.state).in_(OPEN_STATES))
    open_tasks = dict(session.exec(waiting).all())
    return {
        credential_id: (number, open_tasks.get(credential_id, 0))
        for credential_id, number in tasks
        if credential_id is not None
    }


def by_fingerprint(*, session: Session, team_id: int, api_url: str, fingerprint: str) -> Credential | None:
    """The team's token with this fingerprint for this service."""
    same = select(Credential).where(
        Credential.team_id == team_id, Credential.api_url == api_url, Credential.fingerprint == fingerprint
    )
    return session.exec(same).one_or_none()


def adopt_tasks(*, session: Session, team_id: int, credential_id: int, now: datetime) -> int:
    """Give this token to the team's open tasks that need one and have none; they are due at once.

    A poll that is under way without a token is fenced off: it would only find out that one is missing.
    Returns how many there were.
    """
    credential = get(session=session, team_id=team_id, credential_id=credential_id)
    if credential is None:
        return 0
    orphans = (
        col(Task.team_id) == team_id,
        col(Task.api_url) == credential.api_url,
        col(Task.state).in_(OPEN_STATES),
        col(Task.credential_id).is_(None),
        col(Task.trial).is_(False),
    )
    due = {"next_poll_at": now, "claim": None, "holder": None}
    return _change_tasks(session, orphans, {"credential_id": credential_id, **UNPARKED, **due})


def replace_secret(
    *, session: Session, team_id: int, credential_id: int, fresh: Mapping[str, object], now: datetime
) -> None:
    """Put a new, encrypted secret into the same entry: its pause is over, its open tasks are due at once.

    Args:
        session: a writing one.
        team_id: whose token it is.
        credential_id: which.
        fresh: the columns that make up a secret: kind, client ID, secret, fingerprint, hint, expiry.
        now: aware.
    """
    _hurry_tasks(session, team_id, credential_id, now)
    values = {**UNPAUSED, **UNMINTED, "last_success_at": None, **fresh}
    change(session=session, team_id=team_id, credential_id=credential_id, values=values)


def change(*, session: Session, team_id: int, credential_id: int, values: Mapping[str, object]) -> None:
    """Set these columns: its label, or what became of it."""
    mine = (col(Credential.team_id) == team_id, col(Credential.id) == credential_id)
    session.exec(update(Credential).where(*mine).values(**values))


def set_rules(*, session: Session, team_id: int, credential_id: int, values: Mapping[str, object]) -> None:
    """Set budgets and how it is asked with; a pause because of the old budget is over.

    In one statement: a claim that is just finding the old budget used up must not pause it afterwards. Tasks
    held back by a budget are due already.
    """
    of_budget = col(Credential.pause_reason) == ParkReason.BUDGET_REACHED.value
    ended = {name: case((of_budget, null()), else_=col(getattr(Credential, name))) for name in UNPAUSED}
    change(session=session, team_id=team_id, credential_id=credential_id, values={**values, **ended})
    announce(session)


def make_default(*, session: Session, team_id: int, credential_id: int, api_url: str) -> None:
    """Have new tasks of this service take this token when they name none."""
    others = (col(Credential.team_id) == team_id, col(Credential.api_url) == api_url)
    # In the order the poller locks them in.
    session.exec(select(Credential.id).where(*others).order_by(col(Credential.id)).with_for_update()).all()
    session.exec(update(Credential).where(*others).values(is_default=col(Credential.id) == credential_id))


def _keep_a_default(session: Session, team_id: int, api_url: str, heir_id: int | None) -> None:
    """Have another token of a service be the default when it has none: the heir, else the newest."""
    if _default_of(session, team_id, api_url) is not None:
        return
    theirs = select(Credential.id).where(Credential.team_id == team_id, Credential.api_url == api_url)
    next_id = heir_id or session.exec(theirs.order_by(col(Credential.id).desc()).limit(1)).one_or_none()
    if next_id is not None:
        make_default(session=session, team_id=team_id, credential_id=next_id, api_url=api_url)


def _default_of(session: Session, team_id: int, api_url: str) -> int | None:
    chosen = select(Credential.id).where(
        Credential.team_id == team_id, Credential.api_url == api_url, col(Credential.is_default)
    )
    return session.exec(chosen.limit(1)).one_or_none()


def hand_over(*, session: Session, team_id: int, credential_id: int, heir_id: int, now: datetime) -> int:
    """Give the open tasks of one token to another one of the same service; returns how many there were."""
    users = (
        col(Task.team_id) == team_id,
        col(Task.credential_id) == credential_id,
        col(Task.state).in_(OPEN_STATES),
    )
    return _change_tasks(
        session, users, {"credential_id": heir_id, "next_poll_at": now, "claim": None, "holder": None}
    )


def remove(
    *, session: Session, team_id: int, credential_id: int, now: datetime, heir_id: int | None = None
) -> str:
    """Forget a token. Its tasks stay, without one; open ones are due, so that they are parked for that reason.

    When it was the default, its heir is from then on, or else the newest one of the service.

    Returns:
        Its label; empty when there was no such token.
    """
    row = get(session=session, team_id=team_id, credential_id=credential_id)
    label, api_url = (row.label, row.api_url) if row is not None else ("", None)
    # Tasks first, all of them: the poller locks them in this order too.
    users = (col(Task.team_id) == team_id, col(Task.credential_id) == credential_id)
    due, later = col(Task.next_poll_at), literal(now, Instant())
    waits = col(Task.claim).is_(None) & (due > now)  # NULL where it is final, which is not true
    hurried = case((waits, later), else_=due)
    _change_tasks(session, users, {"credential_id": None, "next_poll_at": hurried})
    if row is not None:
        mine = select(Credential.id).where(col(Credential.id) == credential_id)
        session.exec(mine.with_for_update()).all()  # before its submissions, as the sending locks them
        tokenless.hand_over(session, credential_id=credential_id, heir_id=heir_id)
    session.exec(
        delete(Credential).where(col(Credential.team_id) == team_id, col(Credential.id) == credential_id)
    )
    if api_url is not None:
        _keep_a_default(session, team_id, api_url, heir_id)
    return label


def pause(
    *,
    session: Session,
    team_id: int,
    credential_id: int,
    reason: ParkReason,
    detail: str,
    until: datetime,
    now: datetime,
) -> None:
    """Make no calls with this token before a moment, in any replica."""
    pause = Pause(reason=reason, until=until, detail=detail)
    change(session=session, team_id=team_id, credential_id=credential_id, values=paused(pause, since=now))


def resume(*, session: Session, team_id: int, credential_id: int, now: datetime) -> None:
    """End a pause; the open tasks of this token are due at once."""
    _hurry_tasks(session, team_id, credential_id, now)
    change(session=session, team_id=team_id, credential_id=credential_id, values=UNPAUSED)


def _hurry_tasks(session: Session, team_id: int, credential_id: int, now: datetime) -> None:
    users = (
        col(Task.team_id) == team_id,
        col(Task.credential_id) == credential_id,
        col(Task.state).in_(OPEN_STATES),
        col(Task.claim).is_(None),
    )
    due = col(Task.next_poll_at)
    _change_tasks(session, users, {"next_poll_at": case((due < now, due), else_=literal(now, Instant()))})


def _change_tasks(
    session: Session, which: Sequence[ColumnElement[bool]], values: Mapping[str, object]
) -> int:
    """Change tasks, locked in the order the poller locks them in; returns how many there were."""
    session.exec(select(Task.id).where(*which).order_by(col(Task.id)).with_for_update()).all()
    statement = update(Task).where(*which).values(**values).execution_options(synchronize_session=False)
    count = session.exec(statement).rowcount
    if count:
        announce(session)
    return count
