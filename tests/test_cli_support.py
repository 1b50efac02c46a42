"""``ocr-dashboard support``: one file to send on, whatever state the installation is in."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dashboard import bootstrap
from dashboard.models import Attempt, Task
from dashboard.services.tasks.intake import NewTask
from dashboard.services.upkeep import installation_bundle
from dashboard.settings import load_settings
from tests.commands import Run

SECRET = "planted-secret-0123456789"
JWT = "eyJhbGciOiJSUzI1NiJ9.cGxhbnRlZC1zZWNyZXQ.c2lnbmF0dXJl"


def contents(path: Path) -> dict[str, Any]:
    """The files of a bundle, read as JSON."""
    with zipfile.ZipFile(path) as bundle:
        return {name: json.loads(bundle.read(name)) for name in bundle.namelist()}


def test_a_bundle(run: Run, tmp_path: Path) -> None:
    """Findings, versions, settings, counts, tokens, attempts and envelopes; nobody else can read it."""
    built = bootstrap.build(load_settings(), worker=True)
    built.team.credentials.add(label="Archive", access_token=SECRET)
    refs = built.team.intake.register([NewTask(task_id=f"open-{n:04}") for n in range(202)]).registered
    with built.database.writing() as session:
        for ref in refs.values():
            row = session.get_one(Task, ref)
            row.envelope = json.dumps({"id": row.task_id, "error": {"messages": [f"Bearer {JWT}"]}})
            session.add(
                Attempt(
                    task_ref=ref,
                    kind="poll",
                    started_at=built.clock(),
                    duration_ms=7,
                    result="refused",
                    detail=f"said {JWT}",
                )
            )
    built.stop()
    file = tmp_path / "bundle.zip"
    code, said = run("support", str(file), database_url="")

    assert (code, said.count("\n")) == (0, 1)
    assert f"Written: {file}." in said
    found = contents(file)
    assert {one["subject"] for one in found["findings.json"]} == {
        "settings",
        "database",
        "secrets",
        "backups",
        "service",
    }
    assert found["versions.json"]["ocr-dashboard"]
    assert found["settings.json"]["secret_keys"] == "not set"
    assert found["settings.json"]["api_url"] == "http://127.0.0.1:9"
    assert found["tasks.json"]["by_state"]["pending"] == 202
    (token,) = found["tokens.json"]
    assert (token["label"], token["health"], token["open_tasks"]) == ("Archive", "not used yet", 202)
    assert len(found["attempts.json"]) == len(found["envelopes.json"]) == installation_bundle.LATEST
    assert found["attempts.json"][0]["task_ref"] == max(refs.values())
    assert found["attempts.json"][0]["detail"] == "said [hidden]"
    assert json.loads(found["envelopes.json"][0]["envelope"])["id"] == "open-0201"
    assert "planted" not in str(found)
    assert "cGxhbnRlZC" not in str(found)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        ({"port": "eighty"}, {"findings.json", "versions.json"}),
        ({"secret_keys": SECRET}, {"findings.json", "versions.json", "settings.json"}),
        (
            {"database_url": f"postgresql://user:{SECRET}@127.0.0.1:1/name"},
            {"findings.json", "versions.json", "settings.json"},
        ),
    ],
    ids=["settings", "key", "database"],
)
def test_a_bundle_of_a_broken_installation(
    run: Run, tmp_path: Path, settings: dict[str, str], files: set[str]
) -> None:
    """It is needed most then; what can be had is in it, and no secret."""
    code, said = run("support", str(tmp_path / "bundle.zip"), **settings)
    assert code == 0
    found = contents(tmp_path / "bundle.zip")
    assert set(found) == files
    assert any(not finding["ok"] for finding in found["findings.json"])
    assert SECRET not in str(found) + said


def test_a_file_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """Unless that is asked for."""
    file = tmp_path / "bundle.zip"
    file.write_text("precious")
    code, said = run("support", str(file))
    assert code == 1
    assert f"{file} exists already. Name another file, or add --force." in said
    assert file.read_text() == "precious"
    assert run("support", str(file), "--force")[0] == 0
    assert "versions.json" in contents(file)


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """One sentence."""
    code, said = run("support", str(tmp_path / "nowhere" / "bundle.zip"))
    assert code == 1
    assert "cannot be written (No such file or directory)." in said
    assert "Traceback" not in said
