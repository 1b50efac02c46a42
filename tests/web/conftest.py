import io
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart, State, Task
from dashboard.settings import Settings
from tests.conftest import copy_database
from tests.storing import put_result
from tests.web.serving import NOBODY, client_of


@pytest.fixture
def dashboard(tmp_path: Path, _migrated_file: Path) -> Iterator[Dashboard]:
    """A dashboard on an empty SQLite database; it polls nothing."""
    folder = tmp_path / "data"
    folder.mkdir()
    copy_database(_migrated_file, folder)
    built = bootstrap.build(Settings(data_dir=folder, api_url=NOBODY, poller="off"))
    yield built
    built.stop()


@pytest.fixture
def client(dashboard: Dashboard) -> Iterator[TestClient]:
    """Speaks to all routes of the dashboard, through the gate."""
    with client_of(dashboard) as client:
        yield client


@pytest.fixture(scope="session")
def worn_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Speaks to a dashboard that tests share: for tables of input that must leave no trace."""
    # Everything is named here, because the environment is cleaned for one test at a time.
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("worn"),
        api_url=NOBODY,
        poller="off",
        database_url=None,
        secret_keys=None,
    )
    built = bootstrap.build(settings)
    with client_of(built) as client:
        yield client
    built.stop()


@pytest.fixture
def client_on_either(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """Speaks to all routes of an empty dashboard; the test runs once on each kind of database."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path / "data", "database_url": database_url, "api_url": NOBODY, "poller": "off"}
    )
    built = bootstrap.build(settings)
    with client_of(built) as client:
        yield client
    built.stop()


@pytest.fixture
def finish(dashboard: Dashboard) -> Callable[..., int]:
    """Stores a task that is done, with these parts decoded as the poller does it; gives back our ID."""

    def store(task_id: str, *raw_parts: RawPart, trial: bool = False, **given: Any) -> int:  # noqa: ANN401 - columns of the table
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "team_id": dashboard.team.team_id,
            "api_url": NOBODY,
            "task_id": task_id,
            "operation": "RecognizeImage",
            "trial": trial,
            "state": State.COMPLETED.value,
            "registered_at": now,
            "expires_at": now,
            "completed_at": now,
            **given,
        }
        with dashboard.database.writing() as session:
            return put_result(session, Task(**values), raw_parts)

    return store


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the last detail."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure(level="debug", stream=written)
    yield written
    root.handlers[:], root.level = before
