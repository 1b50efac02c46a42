"""How often something may happen a minute from one address. Kept in memory: it is about noise, not about secrets."""

from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

_IPV6_PREFIX = 64
"""Bits that tell networks apart; whoever has one has all of its addresses."""


class PerAddress:
    """Counts for each client address by itself."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, scope: Scope) -> bool:
        """Count once more; False when that is too much."""
        return self._limiter.hit(self._limit, client_of(scope))

    def forget(self, scope: Scope) -> None:
        """Begin to count from nothing."""
        self._limiter.clear(self._limit, client_of(scope))


def client_of(scope: Scope) -> str:
    """Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits."""
    client = scope.get("client")
    host = str(client[0]) if client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _IPV6_PREFIX << _IPV6_PREFIX))
