"""Who is asking, behind a reverse proxy: only what the named ones say is believed.

Whatever a client could claim about itself is taken off the request once it has been weighed: nothing behind this,
ours or a library's, can come to believe it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_CLAIMS = frozenset({b"forwarded", b"x-real-ip", b"true-client-ip", b"x-client-ip", b"x-cluster-client-ip"})
_CLAIM_PREFIX = b"x-forwarded-"

_MAPPED_BITS = 96
"""Length of ``::ffff:0:0/96``, where a server that listens on IPv6 sees IPv4."""


class Proxies:
    """The reverse proxies that are believed.

    Args:
        named: addresses and networks, IPv4 ones in either form.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._networks = [_plain_network(name) for name in named]

    def __contains__(self, address: object) -> bool:
        """Whether an address is one of theirs."""
        try:
            parsed = ip_address(unmapped(str(address)))
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    @property
    def forms(self) -> list[str]:
        """All of them, IPv4 ones also as they look to a server that listens on IPv6."""
        mapped = [
            f"::ffff:{network.network_address}/{_MAPPED_BITS + network.prefixlen}"
            for network in self._networks
            if isinstance(network, IPv4Network)
        ]
        return [*map(str, self._networks), *mapped]


class Forwarding:
    """Says who sent a request, and whether over https, as the named proxies tell it.

    Args:
        app: what is behind it.
        proxies: who is believed; of several in a row, all of them.
    """

    def __init__(self, app: ASGIApp, *, proxies: Proxies) -> None:
        self.app = app
        # It reads X-Forwarded-For from its end, so that nobody can put an address before the proxy's own word.
        self._weigh = ProxyHeadersMiddleware(self._without_claims, trusted_hosts=proxies.forms)  # type: ignore[arg-type] # uvicorn types scopes more strictly

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        if scope["type"] in ("http", "websocket"):
            await self._weigh(scope, receive, send)  # type: ignore[arg-type] # the same protocol, typed by Starlette
        else:
            await self.app(scope, receive, send)

    async def _without_claims(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if not _is_claim(name)]
        scope = {**scope, "headers": kept}
        if client := scope.get("client"):
            scope["client"] = (unmapped(client[0]), client[1])
        await self.app(scope, receive, send)


def _is_claim(name: bytes) -> bool:
    lower = name.lower()
    return lower in _CLAIMS or lower.startswith(_CLAIM_PREFIX)


def unmapped(address: str) -> str:
    """An IPv4 address as such, also where a server listens on both kinds and sees it as IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped) if mapped else address


def _plain_network(name: str) -> IPv4Network | IPv6Network:
    network = ip_network(name)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network
