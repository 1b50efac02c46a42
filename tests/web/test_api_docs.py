"""``/api/docs`` and ``/api/openapi.json``: whole, true, and from nowhere else."""

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.web.api import build_api
from tests.web.serving import member_client_of

_ADDRESSES = re.compile(r'(?:src|href)="([^"]+)"')


def test_the_page_and_everything_it_loads(worn_client: TestClient) -> None:
    """Comes from here, under the policy for pages."""
    page = worn_client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    loaded = _ADDRESSES.findall(page.text)
    assert len(loaded) == 5
    for address in loaded:
        assert "://" not in address
        assert not address.startswith("/")
        answer = worn_client.get(f"/api/{address}")
        assert answer.status_code == 200, address
        assert answer.content


@pytest.mark.parametrize("name", ["swagger-ui.css.map", "..", "%2e%2e%2fapi.py", "start.js/x"])
def test_no_other_files(worn_client: TestClient, name: str) -> None:
    """Only what the page needs is handed out."""
    assert worn_client.get(f"/api/docs/{name}").status_code == 404


def test_behind_the_gate(dashboard: Dashboard) -> None:
    """A team's API is described to the team alone."""
    with member_client_of(_with_access(dashboard, "team")) as client:
        for path in ("/api/docs", "/api/docs/start.js", "/api/openapi.json"):
            assert client.get(path).status_code == 401


def test_every_call_says_what_can_go_wrong(worn_client: TestClient) -> None:
    """In our shape; nothing of FastAPI's own is left."""
    schema = worn_client.get("/api/openapi.json").json()
    assert "ValidationError" not in str(schema)
    for path, verbs in schema["paths"].items():
        for verb, call in verbs.items():
            said = call["responses"]
            assert {"404", "503"} <= set(said), (path, verb)
            assert call.get("summary"), (path, verb)
            assert call.get("description"), (path, verb)
            for status, answer in said.items():
                if int(status) >= 400:
                    shape = answer["content"]["application/json"]["schema"]["$ref"]
                    assert shape.rpartition("/")[2] in {"Refused", "StillOpenAnswer"}


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/v1/tasks/{reference}/text", "text/plain"),
        ("/v1/tasks/{reference}/export", "text/markdown"),
        ("/v1/export", "application/zip"),
        ("/v1/tasks/{reference}/support.zip", "application/zip"),
        ("/v1/team/export", "application/zip"),
        ("/v1/team/audit.csv", "text/csv"),
        ("/v1/tasks/{reference}/parts/{position}", "*/*"),
    ],
)
def test_files_are_described_as_files(worn_client: TestClient, path: str, media_type: str) -> None:
    """With their media types, and not as JSON that they are not."""
    schema = worn_client.get("/api/openapi.json").json()
    content = schema["paths"][path]["get"]["responses"]["200"]["content"]
    assert media_type in content
    assert {"schema": {}} not in content.values()


@pytest.mark.parametrize("access", ["open", "team"])
def test_who_may_call(dashboard: Dashboard, access: str) -> None:
    """A key or a sign-in where there is access control; nothing where there is none."""
    asked = _with_access(dashboard, access)
    schema = build_api(lambda: asked).openapi()
    assert ("security" in schema) == (access == "team")
    answers = schema["paths"]["/v1/tasks"]["get"]["responses"]
    assert ({"401", "403", "429"} <= set(answers)) == (access == "team")
    parameters = {it["name"] for it in schema["paths"]["/v1/credentials"]["get"].get("parameters", [])}
    assert ("team" in parameters) == (access == "team")


def _with_access(dashboard: Dashboard, access: str) -> Dashboard:
    return replace(dashboard, settings=dashboard.settings.model_copy(update={"access": access}))
