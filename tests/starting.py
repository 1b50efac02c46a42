"""Starts the server in each of the ways there are, with few files and a sign-in."""

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from dashboard.bootstrap import build
from dashboard.models import Role
from dashboard.settings import PREFIX, Settings
from tests.chaos.waiting import wait_until
from tests.commands import Running, free_port, running

SERVER = Path(__file__).parent.parent / "dashboard" / "server.py"
FILES = 256
"""How many files the server may have open; connections get a quarter of them."""

STARTS = {
    "serve": ("dashboard", "serve", "--port", "{port}"),
    "serve ::": ("dashboard", "serve", "--port", "{port}", "--host", "::"),
    "streamlit": ("streamlit", "run", str(SERVER), "--server.port={port}", "--server.headless=true"),
    "uvicorn": ("uvicorn", "dashboard.server:app", "--port", "{port}"),
}
"""Two of them listen on IPv6 and see IPv4 as a part of it."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that asks for a sign-in."""

    url: str
    port: int
    link: str
    """Lets people in."""
    process: Running

    def join(self, headers: dict[str, str] | None = None) -> requests.Response:
        """The answer to somebody who comes by the link."""
        return requests.post(
            f"{self.url}/join/{self.link}",
            data={"name": "Ada"},
            headers=headers,
            timeout=10,
            allow_redirects=False,
        )


@contextmanager
def started(how: str, folder: Path, **settings: str) -> Iterator[Started]:
    """Start a server, and end it.

    Args:
        how: one of the starts.
        folder: where it runs and keeps its data.
        settings: by name.
    """
    port, data = free_port(), folder / "data"
    dashboard = build(
        Settings(data_dir=data, access="team", poller="off", database_url=None, secret_keys=None)
    )
    link = dashboard.team.members.make_link(role=Role.EDITOR)
    dashboard.stop()
    wanted = {
        "data_dir": str(data),
        "access": "team",
        "poller": "off",
        "allowed_hosts": "127.0.0.1",
        **settings,
    }
    environment = {f"{PREFIX}{name.upper()}": value for name, value in wanted.items()}
    environment["FORWARDED_ALLOW_IPS"] = "*"  # uvicorn's own, and no business of ours
    module, *arguments = [part.format(port=port) for part in STARTS[how]]
    program = (sys.executable, "-m", module)
    with running(
        *arguments, folder=folder, environment=environment, program=program, warm=True, files=FILES
    ) as process:
        it = Started(f"http://127.0.0.1:{port}", port, link, process)

        def answers() -> bool:
            assert process.process.poll() is None, process.said()
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(f"{it.url}/healthz", timeout=10).text == "ok\n"
            return False

        wait_until(answers, "it answers")
        yield it
