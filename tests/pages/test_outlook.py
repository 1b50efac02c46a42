"""What is not as it should be although everything works, above what people look at."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select, update
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import LibraryEntry, RawPart, Role, Task, Team
from dashboard.services.library.indexing import READING
from dashboard.services.tasks.intake import NewTask
from dashboard.ui import routes, team_address
from tests.pages.conftest import ENTRY, join_as

NOT_SEARCHABLE = "1 text is not searchable yet."
NOT_DELETED = "1 finished task is older than the team keeps them, and is not deleted yet."
AHEAD = "ahead of that of https://ocr.example."


def html_of(page: AppTest) -> str:
    """Everything of ours on the page."""
    assert not page.exception
    return "\n".join(str(one.proto.body) for one in page.get("html"))


def test_a_calm_board_says_nothing(app: AppTest, dashboard: Dashboard) -> None:
    """Nor do the other pages."""
    dashboard.team.intake.register([NewTask(task_id="open-0001", trial=True)])
    for page in (routes.BOARD, routes.LIBRARY):
        said = html_of(app.switch_page(str(page)).run())
        for sentence in (NOT_SEARCHABLE, NOT_DELETED, AHEAD, "clock"):
            assert sentence not in said


def test_each_is_said_where_people_look(
    app: AppTest, dashboard: Dashboard, finish: Callable[..., int]
) -> None:
    """All of it on the board, what a search misses in the library, what would be deleted where days are set."""
    finish(RawPart("Text", "b2xkIHRleHQ="))
    dashboard.indexing.catching_up._count()
    dashboard.cloud.clocks.hear("https://ocr.example", {"Date": "Fri, 01 May 2020 12:00:00 GMT"})
    grow_old(dashboard)
    said = {page: html_of(app.switch_page(str(page)).run()) for page in (routes.BOARD, routes.LIBRARY)}
    where = {
        sentence: {page for page, words in said.items() if sentence in words}
        for sentence in (NOT_SEARCHABLE, NOT_DELETED, AHEAD)
    }
    assert where == {
        NOT_SEARCHABLE: {routes.BOARD, routes.LIBRARY},
        NOT_DELETED: {routes.BOARD},
        AHEAD: {routes.BOARD},
    }


def test_what_is_indexed_anew_is_said_in_the_library_only(
    app: AppTest, dashboard: Dashboard, finish: Callable[..., int]
) -> None:
    """Calmly: searches find it all the while."""
    finish(RawPart("Text", "b2xkIHRleHQ="))
    dashboard.indexing.catch_up()
    with dashboard.database.writing() as session:
        session.connection().execute(update(LibraryEntry).values(reading=READING - 1))
    dashboard.indexing.catching_up._count()
    said = {page: html_of(app.switch_page(str(page)).run()) for page in (routes.BOARD, routes.LIBRARY)}
    assert "being indexed anew" not in said[routes.BOARD]
    assert "1 older text is being indexed anew." in said[routes.LIBRARY]
    assert 'data-tone="quiet"' in said[routes.LIBRARY]


def test_owners_read_it_where_they_set_the_days(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """And can change them."""
    (task_ref,) = team.team.intake.register([NewTask(task_id="done-0001", trial=True)]).registered.values()
    with team.database.writing() as session:
        task = session.get_one(Task, task_ref)
        task.state, task.next_poll_at = "completed", None
    grow_old(team)
    join_as(team, Role.OWNER, monkeypatch)
    page = AppTest.from_file(str(ENTRY), default_timeout=20).run()
    page.switch_page(str(ENTRY.parents[1] / "pages" / "team.py")).run()
    page.session_state[team_address.TABS_KEY] = "Settings"
    assert NOT_DELETED in html_of(page.run())


def grow_old(dashboard: Dashboard) -> None:
    """Have everything be older than the team keeps it, by a clock that nobody has seen before."""
    with dashboard.database.writing() as session:
        session.get_one(Team, dashboard.team.team_id).keep_days = 1
        for task in session.exec(select(Task)):
            task.completed_at = dashboard.clock() - timedelta(days=5)
    dashboard.housekeeping.tidy()
