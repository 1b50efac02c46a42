"""The served dashboard answers without delay."""

import time
from pathlib import Path

import requests

from tests.browser.running import running_dashboard

NOBODY = "http://127.0.0.1:9"


def test_answers_on_a_kept_alive_connection_are_not_delayed(tmp_path: Path) -> None:
    """The second answer of a connection is as quick as the first; the delay of small packets would be 40 ms."""
    durations = []
    with running_dashboard(tmp_path, api_url=NOBODY) as served, requests.Session() as session:
        for _ in range(15):
            began = time.perf_counter()
            session.get(f"{served.url}/healthz", timeout=10).raise_for_status()
            durations.append(time.perf_counter() - began)
    assert min(durations[1:]) < 0.02
