"""Addresses of machines: which are only this one, and which proxies may be believed."""

import ipaddress

_ALL_OF_IPV4 = ipaddress.IPv6Network("::ffff:0:0/96")
"""As a server that listens on IPv6 sees it."""


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def normal_networks(written: str) -> str:
    """Addresses and networks, separated by commas.

    Raises:
        ValueError: where one is a name, which would never match, or means everybody.
    """
    names = [name.strip() for name in written.split(",") if name.strip()]
    try:
        fits = not any(_is_everybody(ipaddress.ip_network(name)) for name in names)
    except ValueError:
        fits = False
    if not fits:
        msg = (
            "name each proxy by its address, such as 10.0.0.2, or its network, such as 10.0.0.0/24, "
            "separated by commas; who believes everybody, as * says, can be told anything"
        )
        raise ValueError(msg)
    return ",".join(names)


def _is_everybody(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return network.prefixlen == 0
    return _ALL_OF_IPV4.subnet_of(network)
