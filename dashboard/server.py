"""The ASGI app: Streamlit's pages, our routes beside them, and the life of the poller.

``ocr-dashboard serve`` runs it, ``streamlit run dashboard/server.py`` finds it, and so does any ASGI server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dashboard import bootstrap, logs
from dashboard.services.access import Access
from dashboard.settings import is_loopback
from dashboard.web import health, joining
from dashboard.web.admission import Admission
from dashboard.web.api import build_api
from dashboard.web.gate import Gate, known_hosts
from dashboard.web.promptness import use_prompt_protocol

log = logs.get_logger(__name__)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the dashboard and poll, with or without a browser; close both at the end."""
    dashboard = await asyncio.to_thread(bootstrap.current)
    await asyncio.to_thread(dashboard.start)
    try:
        yield {}
    finally:
        await asyncio.to_thread(dashboard.stop)
        bootstrap.use(None)


def on_script_error(error: Exception) -> bool:
    """Log what a page did not expect; the page itself shows one calm sentence."""
    log.error("page.failed", exc_info=error)
    return False


def routes() -> list[BaseRoute]:
    """Everything that is not a page."""
    inside: list[BaseRoute] = [
        *health.routes(bootstrap.current),
        Mount("/api", build_api(bootstrap.current)),
    ]
    return inside if _settings.access == "open" else [*joining.routes(_access), *inside]


def middleware() -> list[Middleware]:
    """What every request passes, outermost first."""
    proxies = [name.strip() for name in _settings.trusted_proxies.split(",") if name.strip()]
    gate = Middleware(
        Gate,
        hosts=known_hosts(_settings.host, _settings.allowed_hosts),
        this_machine_only=is_loopback(_settings.host),
    )
    believed = [Middleware(ProxyHeadersMiddleware, trusted_hosts=proxies)] if proxies else []
    members_only = [] if _settings.access == "open" else [Middleware(Admission, access=_access)]
    return [*believed, gate, *members_only]


def _access() -> Access:
    return bootstrap.current().access


_settings = bootstrap.settings()
logs.configure(level=_settings.log_level, as_json=_settings.log_json)
use_prompt_protocol()

app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    routes=routes(),
    middleware=middleware(),
    on_script_error=on_script_error,
)
