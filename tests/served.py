"""The API of a dashboard over real HTTP, through both gates."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from dashboard.bootstrap import Dashboard
from dashboard.web.admission import Admission
from dashboard.web.api_mount import ApiMount
from dashboard.web.drop_in import DropInRoute
from dashboard.web.gate import Gate, known_hosts
from tests.chaos.waiting import wait_until


@contextmanager
def served(dashboard: Dashboard) -> Iterator[str]:
    """Serve until the end of the block; the address."""
    gates = [Middleware(Gate, hosts=known_hosts("127.0.0.1", ""), this_machine_only=True)]
    if dashboard.settings.access == "team":
        gates.append(Middleware(Admission, access=lambda: dashboard.access))
    app = Starlette(routes=[DropInRoute(lambda: dashboard), ApiMount(lambda: dashboard)], middleware=gates)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, ws="none", lifespan="off", timeout_keep_alive=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "it listens")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
