"""How the server listens, whichever command started it.

``ocr-dashboard serve``, ``streamlit run`` and plain ``uvicorn`` each configure uvicorn in their own way, most of it
before our code is even imported. What they have in common is that uvicorn begins the app's life before it listens:
that is where its defaults give way to ours.
"""

from contextlib import suppress
from functools import partial
from inspect import getclosurevars, isfunction
from typing import Any, cast

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dashboard.logs import get_logger
from dashboard.web.connections import Patience, PatientProtocol
from dashboard.web.doorkeeper import Doorkeeper, Room, open_files, room_for
from dashboard.web.forwarding import Proxies

log = get_logger(__name__)


class Listening:
    """Sees to it that the server it runs in listens on our terms. The outermost of all.

    Args:
        app: what is behind it.
        proxies: addresses that many people come by.
        patience: how long a connection may keep the server waiting.
        room: how many connections there may be; as many as the process can afford when unset.
    """

    def __init__(
        self, app: ASGIApp, *, proxies: Proxies, patience: Patience | None = None, room: Room | None = None
    ) -> None:
        self.app = app
        self._proxies = proxies
        self._patience = patience or Patience()
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the beginning of the app's life is when the terms are set."""
        if scope["type"] == "lifespan":
            config = _config_of(receive)
            if config is not None:
                self._set_terms(config)
            else:
                log.warning("server.unknown", advice="Only uvicorn limits connections as it should.")
        with suppress(ClientDisconnect):  # nobody is left to answer, and nothing is wrong
            await self.app(scope, receive, send)

    def _set_terms(self, config: Config) -> None:
        # By itself uvicorn believes what 127.0.0.1 says about a request, or whomever FORWARDED_ALLOW_IPS names.
        while isinstance(config.loaded_app, ProxyHeadersMiddleware):
            config.loaded_app = config.loaded_app.app
        room = self._room or room_for(open_files())
        door = Doorkeeper(most=room.most, proxies=self._proxies)
        protocol = partial(PatientProtocol, doorkeeper=door, patience=self._patience)
        config.http_protocol_class = cast("Any", protocol)
        config.backlog = min(config.backlog, room.at_once)  # asyncio accepts as many in one go


def _config_of(receive: Receive) -> Config | None:
    """The configuration of the uvicorn that starts this app; None when something else does."""
    if isfunction(receive):  # with its log level "trace" uvicorn wraps it
        receive = getclosurevars(receive).nonlocals.get("receive", receive)
    config = getattr(getattr(receive, "__self__", None), "config", None)
    return config if isinstance(config, Config) else None
