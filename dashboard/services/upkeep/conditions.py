"""What is not as it should be with the whole deployment although it works: said where people and machines look.

On the board and the library, in ``/readyz`` and ``/metrics``, by ``doctor``: the same sentences everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.counts import count_of
from dashboard.services.upkeep.timekeeping import Steadiness

DATABASE_SKEW_SECONDS = 10.0
"""Seconds by which this machine's clock may differ from the database's."""

SERVICE_SKEW_SECONDS = 60.0
"""The same for a service, whose answers take time and tell whole seconds."""

_SPANS = (
    (172_800.0, 86_400.0, "day"),
    (7_200.0, 3_600.0, "hour"),
    (120.0, 60.0, "minute"),
    (0.0, 1.0, "second"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing: what is the matter, and what happens or what to do.

    Attributes:
        is_calm: nothing is missing and nobody has to do anything; it only says what goes on.
    """

    headline: str
    advice: str
    is_calm: bool = False


def not_searchable(
    texts: int, *, of: int = 0, trouble: str | None = None, given_up: int = 0
) -> Condition | None:
    """Stored texts that a search does not find yet; None when it finds all.

    Args:
        texts: how many.
        of: how many there were when indexing began.
        trouble: what keeps them from being indexed.
        given_up: how many of them cannot be indexed at all.
    """
    if not texts:
        return None
    them, are = ("It is", "is") if texts == 1 else ("They are", "are")
    advice = f"{them} stored, and searches find the others. "
    if trouble:
        advice += f"Indexing is tried again by itself: {trouble}"
    elif given_up >= texts:
        advice += "Indexing failed; it is tried again after the next start. The log says which (library.not_indexed)."
    else:
        advice += f"{them} being indexed now."
    return Condition(f"{count_of(texts, 'text')} {are} not searchable yet{_how_far(texts, of)}.", advice)


def outdated(texts: int, *, of: int = 0, trouble: str | None = None, given_up: int = 0) -> Condition | None:
    """Texts that are found, but only as an older version read them; None when there is nothing to wait for.

    Args: as for :func:`not_searchable`.
    """
    if texts <= given_up:
        return None
    are = "is" if texts == 1 else "are"
    advice = (
        "Searches find them all the same. When it is done they are found better: by words that are broken at line "
        "ends, and by those in tables and other formats."
    )
    if trouble:
        advice += f" It is tried again by itself: {trouble}"
    headline = f"{count_of(texts, 'older text')} {are} being indexed anew{_how_far(texts, of)}."
    return Condition(headline, advice, is_calm=True)


def _how_far(left: int, whole: int) -> str:
    return f" ({100 * (whole - left) // whole}% done)" if whole > left else ""


def not_read(results: int, *, trouble: str | None) -> Condition | None:
    """Files whose words are not read because the database refuses; None when nothing is wrong."""
    if not results or not trouble:
        return None
    headline = (
        f"The files of {count_of(results, 'result')} are not read yet, so a search does not find their words."
    )
    return Condition(headline, f"It is tried again by itself: {trouble}")


def database_skew(ahead: float) -> Condition | None:
    """This machine's clock and the database's apart; ``ahead`` in seconds, negative when it is behind."""
    if abs(ahead) < DATABASE_SKEW_SECONDS:
        return None
    return Condition(
        f"This machine's clock is {apart(ahead)} the database's.",
        "All times of tasks are the database's, so nothing is lost. Set the clock of the one that is wrong.",
    )


def service_skews(ahead: Mapping[str, float]) -> list[Condition]:
    """Our clock and those of services apart; in seconds by service, negative when ours is behind."""
    return [
        Condition(
            f"The clock here is {apart(seconds)} that of {api_url}.",
            "Deadlines and times left are wrong by as much. Set the clock of the machine the database is on.",
        )
        for api_url, seconds in sorted(ahead.items())
        if abs(seconds) >= SERVICE_SKEW_SECONDS
    ]


def retention_held(tasks: int, steadiness: Steadiness | None, *, now: datetime) -> Condition | None:
    """Tasks that are too old by a clock that may be wrong; None when there are none."""
    if not tasks or steadiness is None or steadiness.is_steady:
        return None
    them, are = ("it", "is") if tasks == 1 else ("they", "are")
    known = "It is not known when this dashboard ran last"
    if steadiness.gap_seconds is not None:
        way = "on" if steadiness.gap_seconds > 0 else "back"
        known = f"The clock went {way} by {span(steadiness.gap_seconds)} from one moment to the next"
    since = f" ({steadiness.gap_at:%Y-%m-%d %H:%M} UTC)" if steadiness.gap_at else ""
    return Condition(
        f"{count_of(tasks, 'finished task')} {are} older than the team keeps them, and {are} not deleted yet.",
        f"{known}{since}. After another {span(steadiness.seconds_left)} of running {them} {are} deleted, some each "
        f"hour. It is {now:%Y-%m-%d %H:%M} UTC by this clock: if that is wrong, set it; to keep them, change the "
        "number of days on Team, Settings.",
    )


def retention_going(tasks: int) -> Condition | None:
    """Tasks that are just being deleted because they are too old; None when there are none."""
    if not tasks:
        return None
    are = "is" if tasks == 1 else "are"
    return Condition(
        f"{count_of(tasks, 'finished task')} {are} being deleted.",
        "They are older than the team keeps them (Team, Settings).",
        is_calm=True,
    )


def apart(ahead: float) -> str:
    """``2 hours ahead of``, ``3 days behind``."""
    return f"{span(ahead)} ahead of" if ahead > 0 else f"{span(ahead)} behind"


def span(seconds: float) -> str:
    """A length of time in the largest unit of which there are at least two."""
    length = abs(seconds)
    size, unit = next((size, unit) for least, size, unit in _SPANS if length >= least)
    return count_of(round(length / size), unit)
