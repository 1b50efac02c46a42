"""Commands on a damaged database, or beside a server whose database was replaced: a sentence each."""

import shutil
from pathlib import Path

import pytest

from dashboard import bootstrap
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from tests.commands import Run
from tests.damaging import damage

COMMANDS = {
    "token list": "credential",
    "token add": "credential",
    "team list": "team",
    "team make x": "team",
    "secrets status": "credential",
    "secrets rotate": "credential",
    "reindex": "task",
}
"""And what they read first."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a task in it, and no open database."""
    built = bootstrap.build(load_settings(data_dir=tmp_path / "data"))
    built.team.intake.register([NewTask(task_id="task-0001")])
    built.stop()
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_it(command: str, run: Run, folder: Path) -> None:
    """It ends with exit code 1 and what to do."""
    damage(folder / "dashboard.db", COMMANDS[command])
    code, said = run(*command.split(), stdin="secret-0123456789")
    assert (code, "Traceback" in said) == (1, False)
    assert "ocr-dashboard: The database" in said
    assert "is damaged" in said
    assert "restore a backup" in said


def test_doctor_looks_for_damage(run: Run, folder: Path) -> None:
    """Also where nobody has come across it."""
    assert "ok   database: SQLite, up to date" in run("doctor")[1]
    damage(folder / "dashboard.db", "attempt")
    code, said = run("doctor")
    assert code == 1
    assert "BAD" in said
    assert "is damaged" in said


def test_the_support_bundle_is_made_all_the_same(run: Run, folder: Path, tmp_path: Path) -> None:
    """It says among its findings what is wrong."""
    damage(folder / "dashboard.db", "task")
    code, said = run("support", str(tmp_path / "bundle.zip"))
    assert (code, "Traceback" in said) == (0, False)


def test_a_file_of_another_kind(run: Run, folder: Path) -> None:
    """A sentence too, and nothing is written into it."""
    shutil.copy(__file__, folder / "dashboard.db")
    code, said = run("token", "list")
    assert (code, "Traceback" in said) == (1, False)
    assert "is not an SQLite database" in said
    assert (folder / "dashboard.db").read_bytes() == Path(__file__).read_bytes()
