"""The routes beside the pages as a client sees them, without a server and without Streamlit."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.web import health
from dashboard.web.api import build_api
from dashboard.web.gate import Gate, known_hosts

ORIGIN = "http://127.0.0.1:8501"


def client_of(dashboard: Dashboard) -> TestClient:
    """A client of everything ``dashboard.server`` serves beside the pages."""
    routes = [*health.routes(lambda: dashboard), Mount("/api", build_api(lambda: dashboard))]
    gate = Middleware(Gate, hosts=known_hosts("127.0.0.1", ""), this_machine_only=True)
    app = Starlette(routes=routes, middleware=[gate])
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
