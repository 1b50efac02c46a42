"""The routes beside the pages as a client sees them, without a server and without Streamlit."""

import base64

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from dashboard.web import health
from dashboard.web.admission import Admission
from dashboard.web.api_mount import ApiMount
from dashboard.web.drop_in import DropInRoute
from dashboard.web.gate import Gate, known_hosts

ORIGIN = "http://127.0.0.1:8501"
V1 = "/api/v1"
NOBODY = "http://127.0.0.1:9"
"""Where no service listens."""


def client_of(dashboard: Dashboard) -> TestClient:
    """A client of everything ``dashboard.server`` serves beside the pages."""
    routes = [*health.routes(lambda: dashboard), DropInRoute(lambda: dashboard), ApiMount(lambda: dashboard)]
    gate = Middleware(Gate, hosts=known_hosts("127.0.0.1", ""), this_machine_only=True)
    app = Starlette(routes=routes, middleware=[gate])
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


def member_client_of(dashboard: Dashboard) -> TestClient:
    """A client of the API of a dashboard with access control, through both gates."""
    routes = [DropInRoute(lambda: dashboard), ApiMount(lambda: dashboard)]
    gate = Middleware(Gate, hosts=known_hosts("127.0.0.1", ""), this_machine_only=True)
    members_only = Middleware(Admission, access=lambda: dashboard.access)
    app = Starlette(routes=routes, middleware=[gate, members_only])
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


def part(kind: str | None, data: str | bytes) -> RawPart:
    """One entry of ``results``, as the service encodes it."""
    return RawPart(kind, base64.b64encode(data.encode() if isinstance(data, str) else data).decode())


def register(client: TestClient, *task_ids: str, **fields: object) -> list[int]:
    """Register task IDs; gives back ours."""
    answer = client.post(f"{V1}/tasks", json={"tasks": [{"task_id": it, **fields} for it in task_ids]})
    return [item["id"] for item in answer.json()["registered"]]
