"""Pages of a dashboard whose database is damaged, or not there any more."""

import shutil
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.tasks.intake import NewTask
from dashboard.ui import routes
from tests.damaging import damage_running
from tests.pages.conftest import ENTRY, join_as
from tests.pages.test_pages import html_of

PLACES = [routes.ADD, routes.TASK, routes.LIBRARY, routes.TOKENS, routes.BOARD]


def gone(dashboard: Dashboard) -> str:
    """Delete the data folder; returns what is to be said."""
    shutil.rmtree(dashboard.settings.data_dir)
    return "was deleted or moved away"


def damaged(dashboard: Dashboard) -> str:
    """Damage the tasks, of which there is one; returns what is to be said."""
    dashboard.team.intake.register([NewTask(task_id="task-0001")])
    damage_running(dashboard.database, "task")
    return "is damaged. Nothing is stored any more"


MISCHIEF: list[Callable[[Dashboard], str]] = [gone, damaged]


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_every_page_says_it(mischief: Callable[[Dashboard], str], dashboard: Dashboard, app: AppTest) -> None:
    """One sentence with what to do, and no promise that nothing is lost."""
    sentence = mischief(dashboard)
    said = {}
    for place in PLACES:
        app.switch_page(str(place)).run()
        assert not app.exception
        said[place.stem] = html_of(app)
    assert sentence in said["board"]
    if mischief is gone:
        assert [place for place, html in said.items() if sentence not in html] == []
    assert "Nothing is lost" not in "".join(said.values())


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_members_are_told_too(
    mischief: Callable[[Dashboard], str], team: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although nobody can look up who they are."""
    join_as(team, Role.OWNER, monkeypatch)
    app = AppTest.from_file(str(ENTRY), default_timeout=20).run()
    assert not app.exception
    sentence = mischief(team)
    app.run()
    assert not app.exception
    assert sentence in html_of(app)
