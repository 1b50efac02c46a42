"""How many tasks there are in each state, without counting them."""

from collections.abc import Mapping

from sqlalchemy import delete, func, text
from sqlmodel import Session, col, select

from dashboard.models import State, TaskCount

_GATHER = text(
    """
    WITH free AS (SELECT team_id, archived, state, writer FROM task_count WHERE writer <> 0 FOR UPDATE SKIP LOCKED),
    gone AS (
        DELETE FROM task_count AS kept USING free
        WHERE (kept.team_id, kept.archived, kept.state, kept.writer)
            = (free.team_id, free.archived, free.state, free.writer)
        RETURNING kept.team_id, kept.archived, kept.state, kept.tasks
    )
    INSERT INTO task_count AS kept (team_id, archived, state, writer, tasks)
    SELECT team_id, archived, state, 0, sum(tasks) FROM gone GROUP BY team_id, archived, state
    ORDER BY team_id, archived, state
    ON CONFLICT (team_id, archived, state, writer) DO UPDATE SET tasks = kept.tasks + excluded.tasks
    """
)


def by_state(*, session: Session, team_id: int, archived: bool = False) -> Mapping[State, int]:
    """How many tasks of a team there are in each state that any is in; put away, or not."""
    mine = (TaskCount.team_id == team_id, TaskCount.archived == archived)
    sums = select(TaskCount.state, func.sum(TaskCount.tasks)).where(*mine).group_by(col(TaskCount.state))
    return {State(state): int(tasks) for state, tasks in session.exec(sums) if tasks}


def forget(*, session: Session, team_id: int) -> None:
    """Let go of the numbers of a team that has just gone, with its tasks."""
    session.exec(delete(TaskCount).where(col(TaskCount.team_id) == team_id))


def gather(*, session: Session) -> None:
    """Add together what many connections of PostgreSQL have counted; rows that one of them uses just now stay."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_GATHER)
