"""What is said beside the pages when the database is damaged."""

import io

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from tests.damaging import damage_running
from tests.web.serving import V1, part, register

SENTENCE = "is damaged. Nothing is stored any more"


@pytest.mark.parametrize("of", ["task", "ix_attempt_task_ref"])
def test_one_steady_answer(of: str, client: TestClient, dashboard: Dashboard, log_text: io.StringIO) -> None:
    """As soon as anybody comes across it, ``/readyz`` says so with each answer, and so does who stores."""
    (task_ref,) = register(client, "task-0001")
    damage_running(dashboard.database, of)
    answer = client.get(f"{V1}/tasks/{task_ref}")
    assert (answer.status_code, SENTENCE in answer.text) == (503, True)
    answers = [client.get("/readyz") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert len({answer.text for answer in answers}) == 1
    assert SENTENCE in answers[0].text
    refused = client.post(f"{V1}/tasks", json={"tasks": [{"task_id": "task-0002"}]})
    assert (refused.status_code, SENTENCE in refused.text) == (503, True)
    assert client.get("/healthz").status_code == 200
    assert "Traceback" not in log_text.getvalue()


@pytest.mark.parametrize("kind", ["zip", "txt", "csv", "jsonl"])
def test_an_export(
    kind: str, client: TestClient, dashboard: Dashboard, finish: object, log_text: io.StringIO
) -> None:
    """Is a sentence, or breaks off; never a whole-looking file that lacks something."""
    assert callable(finish)
    finish("done-0001", part("text", "one"))
    finish("done-0002", part("text", "two"))
    assert client.get(f"{V1}/export?format={kind}").status_code == 200
    damage_running(dashboard.database, "part")
    answer = client.get(f"{V1}/export?format={kind}")
    said = log_text.getvalue()
    if answer.status_code == 200:
        assert "event=download.broken_off" in said
        assert SENTENCE in said
    else:
        assert (answer.status_code, SENTENCE in answer.text) == (503, True)
    assert "Traceback" not in said
