"""The one row that says when this deployment was last seen running."""

from sqlmodel import Session, select

from dashboard.models import ClockSeen, Task
from dashboard.store.inserting import insert_new


def read(*, session: Session) -> ClockSeen | None:
    """What is known; None before anything was seen."""
    return session.exec(select(ClockSeen).where(ClockSeen.id == 1)).one_or_none()


def locked(*, session: Session, first: ClockSeen) -> ClockSeen:
    """What is known, kept from changing until the end of the transaction; made when there is nothing."""
    fresh = {name: getattr(first, name) for name in ClockSeen.model_fields}
    session.exec(insert_new(session, ClockSeen).values(fresh))
    mine = select(ClockSeen).where(ClockSeen.id == 1).with_for_update()
    return session.exec(mine, execution_options={"populate_existing": True}).one()


def is_empty(*, session: Session) -> bool:
    """Whether nobody has registered anything yet."""
    return session.exec(select(Task.id).limit(1)).first() is None
