"""Addresses of the drop-in address: the service's own paths, also below ``/in/<secret>``."""

import re
from dataclasses import dataclass, field

from dashboard.addresses import DROP_IN
from dashboard.wire.endpoints import PREFIX, TOKEN_PATH

_BELOW = re.compile(rf"{DROP_IN}/(?P<secret>[^/]+)(?P<rest>/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DropInPath:
    """A path, read.

    Attributes:
        address: the secret part; None where there is none.
        rest: what the service would be asked for: ``/connect/token``, or below ``/v5.0/ocr/``; empty for anything else.
        operation: what stands below ``/v5.0/ocr/``; empty elsewhere.
    """

    address: str | None = field(repr=False)
    rest: str
    operation: str


def read_path(path: str) -> DropInPath | None:
    """What a path asks for; None where it is none of the drop-in address. The service's own paths know no case."""
    found = _BELOW.fullmatch(path)
    address, rest = (found["secret"], found["rest"] or "") if found else (None, path)
    if rest.lower() == TOKEN_PATH:
        return DropInPath(address, TOKEN_PATH, "")
    if rest.lower().startswith(PREFIX):
        return DropInPath(address, rest, rest[len(PREFIX) :])
    return DropInPath(address, "", "") if found else None
