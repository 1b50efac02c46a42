"""Where the JSON API stands among the routes; it is loaded for whoever asks it first.

FastAPI and what it needs take a tenth of a server's memory at rest, and many boards are only looked at.
"""

import asyncio
import re
import threading
from collections.abc import Callable
from importlib import import_module

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.bootstrap import Dashboard


class ApiMount(Mount):
    """Where the API stands. Whatever is asked for below is the API's to answer, a line end within included."""

    def __init__(self, dashboard: Callable[[], Dashboard]) -> None:
        super().__init__("/api", _LoadedWhenAsked(dashboard))
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


class _LoadedWhenAsked:
    def __init__(self, dashboard: Callable[[], Dashboard]) -> None:
        self._dashboard = dashboard
        self._lock = threading.Lock()
        self._api: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._api is None:  # on a thread, so that nobody else waits while it is loaded
            await asyncio.to_thread(self._load)
        if self._api is not None:
            await self._api(scope, receive, send)

    def _load(self) -> None:
        with self._lock:
            if self._api is None:
                self._api = import_module("dashboard.web.api").build_api(self._dashboard)
