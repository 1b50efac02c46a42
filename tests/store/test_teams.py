from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from dashboard.store import teams
from dashboard.store.database import Database


def test_there_is_one_default_team(database: Database, now: datetime) -> None:
    """Many who ask for the default team at once get the same one."""

    def ask(_: int) -> int | None:
        with database.writing() as session:
            return teams.default_team(session=session, now=now).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_touching_moves_the_revision(database: Database, team_id: int) -> None:
    """A touched team has a greater revision; others stay."""
    with database.writing() as session:
        teams.touch(session=session, team_ids=[team_id, team_id])
    with database.reading() as session:
        assert teams.revision(session=session, team_id=team_id) == 1
        assert teams.revision(session=session, team_id=team_id + 1) == 0
