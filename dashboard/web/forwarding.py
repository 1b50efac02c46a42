"""Who is asking, behind a reverse proxy: only what the named ones say is believed.

uvicorn believes everybody on this machine by itself, and whoever ``FORWARDED_ALLOW_IPS`` names. Then anybody who
reaches the port through a tunnel or a neighbour's program writes their own address and scheme.
"""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.types import ASGIApp
from uvicorn import config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def believe_only(proxies: Sequence[str]) -> list[Middleware]:
    """What to put before everything else.

    Args:
        proxies: addresses or networks of reverse proxies; of several in a row, all of them.
    """
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))] if proxies else []


def _believe_nobody(app: ASGIApp, **_: object) -> ASGIApp:
    return app


def distrust_by_default() -> None:
    """Have servers that are started from now on believe nobody by themselves.

    Their settings cannot say it: the app is loaded after them, and ``uvicorn dashboard.server:app`` makes its own.
    """
    config.ProxyHeadersMiddleware = _believe_nobody  # type: ignore[assignment,attr-defined]  # called like the class
