from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart, Role, Task
from dashboard.settings import Settings
from dashboard.ui import viewer
from tests.storing import put_result

ENTRY = Path(__file__).parents[2] / "dashboard" / "app.py"
Finish = Callable[..., int]


@pytest.fixture(scope="session", autouse=True)
def _scanned_once(scanned_once: None) -> None:
    """Each page is opened by an AppTest of its own."""
    assert scanned_once is None


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard on an empty folder, in place for the pages; it polls nothing."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", api_url="http://127.0.0.1:9", poller="off"))
    bootstrap.use(built)
    yield built
    bootstrap.use(None)
    built.stop()


@pytest.fixture
def app(dashboard: Dashboard) -> AppTest:
    """The entry script as Streamlit runs it, on the board."""
    assert dashboard.team.board is not None
    return AppTest.from_file(str(ENTRY), default_timeout=20).run()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard for members only, in place for the pages; it polls nothing."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", access="team", poller="off"))
    bootstrap.use(built)
    yield built
    bootstrap.use(None)
    built.stop()


def join_as(team: Dashboard, role: Role, monkeypatch: pytest.MonkeyPatch, *, name: str = "Vic") -> None:
    """Have the pages take whoever looks for a new member; AppTest sends no cookies."""
    cookie, _ = team.access.join(team.team.members.make_link(role=role), cookie=None, name=name, browser="")
    monkeypatch.setattr(viewer, "signed_in", lambda: team.access.visitor(cookie))


@pytest.fixture
def finish(dashboard: Dashboard) -> Finish:
    """Stores a finished task with these parts."""

    def store(*raw_parts: RawPart, trial: bool = False, task_id: str = "many-0001") -> int:
        now = dashboard.clock()
        with dashboard.database.writing() as session:
            task = Task(
                team_id=dashboard.team.team_id,
                api_url="http://127.0.0.1:9",
                task_id=task_id,
                operation="RecognizeImage",
                trial=trial,
                state="completed",
                registered_at=now,
                expires_at=now,
                completed_at=now,
            )
            return put_result(session, task, raw_parts)

    return store
