"""Times as people read and choose them. Pure; all times are aware."""

from datetime import UTC, datetime, timedelta

from dashboard.zones import zone_of

LIVES = {
    "1 day": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "1 year": timedelta(days=366),
}
"""How long a link may work."""

_DAYS_FROM_SECONDS = 172_800
"""Seconds that are still counted in hours."""


def local(moment: datetime, zone: str | None) -> str:
    """A time in the viewer's zone, for example ``2026-05-01 14:05:09``; UTC, and said so, when unknown."""
    here = zone_of(zone)
    return moment.astimezone(here).strftime("%Y-%m-%d %H:%M:%S") + (" UTC" if here is UTC else "")


def left(seconds: float) -> str:
    """Time left as ``h:mm:ss``, from two days on as ``3 days 4 h``; the same as the ticker writes."""
    if seconds > _DAYS_FROM_SECONDS:
        days, hours = divmod(-int(-seconds // 3600), 24)
        return f"{days} days {hours} h" if hours else f"{days} days"
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


def urgency(seconds: float) -> str:
    """How much so little time is a reason to hurry; the same as the ticker says."""
    return "high" if seconds < 3600 else "some" if seconds < 14_400 else "none"  # noqa: PLR2004 - one and four hours


def ticking_left(until: datetime, now: datetime, *, matters: bool = True) -> str:
    """HTML of a countdown that the ticker keeps running; one that does not matter is never coloured nor read aloud."""
    seconds = (until - now).total_seconds()
    said = f'data-urgency="{urgency(seconds)}"' if matters else 'data-calm="true" aria-live="off"'
    return (
        f'<time data-expires="{until.timestamp():.0f}" {said} '
        f'datetime="{until.isoformat()}">{left(seconds)}</time>'
    )


def in_words(seconds: float) -> str:
    """Time left as ``1 h 12 min``, the same as the ticker writes; what is over is less than a minute, too."""
    hours, minutes = divmod(max(0, int(seconds)) // 60, 60)
    if not hours:
        return f"{minutes} min" if minutes else "less than a minute"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ticking_in_words(until: datetime, now: datetime) -> str:
    """HTML of a calm countdown within a sentence; who hears the page is not told again each minute."""
    said = in_words((until - now).total_seconds())
    return (
        f'<time data-expires="{until.timestamp():.0f}" data-words data-calm="true" aria-live="off" '
        f'datetime="{until.isoformat()}">{said}</time>'
    )


def ticking_ago(since: datetime, now: datetime, *, looked: bool = False) -> str:
    """HTML of an age that the ticker keeps running; with ``looked`` the age of the last look at the server."""
    said = ago((now - since).total_seconds())
    by = " data-looked" if looked else ""
    return f'<time data-since="{since.timestamp():.0f}"{by} datetime="{since.isoformat()}">{said}</time>'


def ending(expires_at: datetime | None, now: datetime, *, revoked: bool) -> str:
    """HTML of what becomes of a link, or what became of it; empty for one that works for ever."""
    if revoked or expires_at is None:
        return "revoked" if revoked else ""
    return "expired" if expires_at <= now else f"ends in {ticking_left(expires_at, now)}"
