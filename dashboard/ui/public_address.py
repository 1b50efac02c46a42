"""Addresses that people send to others: as the visitor's browser knows the dashboard, and who can open them."""

import ipaddress
from urllib.parse import urlsplit

import streamlit as st

from dashboard import addresses
from dashboard.ui import messages


def base() -> str:
    """The address of this dashboard as the visitor's browser knows it, below a base path too."""
    parts = urlsplit(st.context.url or "")
    path = parts.path.rstrip("/")
    for page in addresses.paths(with_team=True) - {"/"}:
        path = path.removesuffix(page)
    return f"{parts.scheme}://{parts.netloc}{path}"


def is_only_here(address: str) -> bool:
    """Whether an address means the computer it is opened on, whichever that is."""
    host = (urlsplit(address).hostname or "").rstrip(".").partition("%")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    mapped = getattr(found, "ipv4_mapped", None) or found
    return bool(mapped.is_loopback or mapped.is_unspecified)


def warn(address: str) -> None:
    """Say of a link that was made to be sent away when nobody else can open it."""
    if is_only_here(address):
        messages.callout(
            "Others cannot open this link: its address means their own computer.",
            "Open the dashboard by an address that they can reach, and take the link there. The section “For a team” "
            "of the manual says how to listen on one.",
        )
