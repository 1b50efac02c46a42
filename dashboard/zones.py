"""Time zones by the names that browsers and scripts give them."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str | None) -> tzinfo:
    """The zone of this name, for example ``Europe/Berlin``; UTC itself when it is that or unknown."""
    try:
        return UTC if not name or name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the browser names the zone, and may name anything
        return UTC
