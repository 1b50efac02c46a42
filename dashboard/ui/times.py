"""Times as people read them. Pure; all times are aware."""

import html
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local(moment: datetime, zone: str | None) -> str:
    """A time in the viewer's zone, for example ``2026-05-01 14:05:09``; UTC, and said so, when unknown."""
    try:
        return moment.astimezone(ZoneInfo(zone or "UTC")).strftime("%Y-%m-%d %H:%M:%S") + (
            "" if zone and zone != "UTC" else " UTC"
        )
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the browser names the zone, and may name anything
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") + " UTC"


def left(seconds: float) -> str:
    """Time left as ``h:mm:ss``, the same as the ticker writes."""
    whole = max(0, -int(-seconds // 1))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def ago(seconds: float) -> str:
    """How long ago, the same as the ticker writes."""
    whole = max(0, int(seconds))
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h")):
        if whole < limit:
            return f"{whole // size} {unit} ago"
    return f"{whole // 86_400} days ago"


def ticking_left(until: datetime, now: datetime, *, matters: bool = True) -> str:
    """HTML of a countdown that the ticker keeps running; one that does not matter is never coloured."""
    seconds = (until - now).total_seconds()
    urgency = "high" if seconds < 3600 else "some" if seconds < 14_400 else "none"  # noqa: PLR2004 - one and four hours
    said = f'data-urgency="{urgency}"' if matters else 'data-calm="true"'
    return (
        f'<time data-expires="{until.timestamp():.0f}" {said} '
        f'datetime="{until.isoformat()}">{left(seconds)}</time>'
    )


def ticking_ago(since: datetime, now: datetime, *, title: str = "") -> str:
    """HTML of an age that the ticker keeps running."""
    return (
        f'<time data-since="{since.timestamp():.0f}" datetime="{since.isoformat()}" '
        f'title="{html.escape(title)}">{ago((now - since).total_seconds())}</time>'
    )
