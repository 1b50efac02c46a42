"""Tasks and open tasks by token; every screen asks at every refresh, so counted once for each change."""

from sqlmodel import Session

from dashboard.store import credentials as rows
from dashboard.store import teams


class TaskCounts:
    """Remembers the counts of every team until something in it changes. Safe to share between threads."""

    def __init__(self) -> None:
        self._counted: dict[int, tuple[int, dict[int, tuple[int, int]]]] = {}

    def of_team(self, session: Session, team_id: int) -> dict[int, tuple[int, int]]:
        """How many tasks and open tasks depend on each token of a team."""
        revision = teams.revision(session=session, team_id=team_id)
        known = self._counted.get(team_id)
        if known is None or known[0] != revision:
            known = revision, rows.count_tasks(session=session, team_id=team_id)
            self._counted[team_id] = known
        return known[1]
