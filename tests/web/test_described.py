"""The API as its description says it is: schemathesis makes up calls from it, right ones and wrong ones."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Role
from dashboard.settings import Settings
from dashboard.web import holding, waiting
from tests.web.serving import NOBODY, ORIGIN, V1, client_of, member_client_of

EXAMPLES = 12
"""For each call and each kind of input; more find nothing more (tried with 200)."""

SAYS_LESS = {"POST /v1/credentials", "POST /v1/submissions"}
"""Calls that refuse what their schema allows: it cannot say which tokens and images are good ones."""

ASKS_THE_SERVICE = {"POST /v1/tasks/{reference}/cancel"}
"""Calls that say 502 when the service cannot be reached, as here."""

AnyOperation = schemathesis.APIOperation[Any, Any, Any, Any]

CALLS = 20
"""There are at least so many."""


@pytest.fixture(params=["open", "team"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard without and with access control; nothing is polled."""
    built = build(Settings(data_dir=tmp_path / "data", access=request.param, poller="off", api_url=NOBODY))
    yield built
    built.stop()


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a task that never ends, as long as a made-up call may ask for."""
    really = holding.when_over
    monkeypatch.setattr(
        waiting, "when_over", lambda *given, seconds: really(*given, seconds=min(seconds, 0.05))
    )


def _client(app: Dashboard) -> TestClient:
    if app.settings.access == "open":
        return client_of(app)
    client = member_client_of(app)
    key = app.team.members.make_key(label="script", role=Role.EDITOR)
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def test_every_call_keeps_to_its_description(app: Dashboard) -> None:
    """Statuses, media types and bodies; nothing is the server's fault; wrong input is refused, right input is not."""
    client = _client(app)
    entries = [{"task_id": f"open-000{number}", "label": "Größe"} for number in range(9)]
    assert client.post(f"{V1}/tasks", json={"tasks": entries}).status_code == 200
    described = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    described.app = client.app
    found: list[str] = []
    seen = 0
    for result in described.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        seen += 1
        for mode in GenerationMode:
            found += _problems(operation, mode, dict(client.headers))
    assert found == []
    assert seen >= CALLS


def _problems(operation: AnyOperation, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    found: list[str] = []
    left_out = [checks.ignored_auth]  # test_admission asks everybody
    if operation.label in SAYS_LESS:
        left_out.append(checks.positive_data_acceptance)
    if operation.label in ASKS_THE_SERVICE:
        left_out.append(checks.not_a_server_error)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        try:
            case.call_and_validate(base_url=f"{ORIGIN}/api", headers=headers, excluded_checks=left_out)
        except FailureGroup as failures:
            found.append(f"{operation.label}: {failures}")

    # Of a call that takes nothing, nothing can be wrong.
    with contextlib.suppress(*[Unsatisfiable] if mode is GenerationMode.NEGATIVE else []):
        ask()
    return found


def test_a_line_end_within_an_id(client: TestClient) -> None:
    """Is the API's to answer like any other ID there is not; a mount would have passed it by."""
    answer = client.get(f"{V1}/tasks/a%0Ab")
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "There is no such task here. It may have been deleted."},
    )
