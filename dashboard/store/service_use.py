"""Which services stored tokens and open tasks belong to, over all teams."""

from collections.abc import Mapping

from sqlmodel import Session, col, func, select

from dashboard.models import Credential, Task


def services_in_use(session: Session) -> Mapping[str, tuple[int, int]]:
    """How many tokens and how many open tasks there are of each service."""
    tokens = session.exec(select(Credential.api_url, func.count()).group_by(col(Credential.api_url))).all()
    waiting = select(Task.api_url, func.count()).where(col(Task.next_poll_at).is_not(None))
    tasks = dict(session.exec(waiting.group_by(col(Task.api_url))).all())
    by_service = dict(tokens)
    return {
        api_url: (by_service.get(api_url, 0), tasks.get(api_url, 0))
        for api_url in sorted(by_service.keys() | tasks.keys())
    }
