"""Moments as people write them into tables. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from enum import StrEnum

from dashboard.services.tasks.moments import time_in


class DayOrder(StrEnum):
    """What stands first in dates of three numbers."""

    DAY = "day first"
    MONTH = "month first"


_SLASHES = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b")
_CLOCK = re.compile(r"\d{1,2}:\d{2}|\d{8}T\d{4}")
_SECONDS = re.compile(r"1\d{9}(?:\.\d+)?|1\d{12}")
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
)
_BY_ORDER = {DayOrder.DAY: ("%d/%m/%Y", "%d-%m-%Y"), DayOrder.MONTH: ("%m/%d/%Y", "%m-%d-%Y")}

NO_TIME = "it names no time of day"
TWO_WAYS = "the date can be read in two ways; write it as 2026-05-31 14:05"
NOT_READ = "it is no date and time that can be read"


def day_order(cells: Iterable[str]) -> DayOrder | None:
    """What the dates of a column say together about their order; None when nothing does."""
    orders = set()
    for cell in cells:
        if found := _SLASHES.search(cell):
            first, second = int(found[1]), int(found[2])
            if first > 12:  # noqa: PLR2004 - there are as many months
                orders.add(DayOrder.DAY)
            elif second > 12 or re.search(r"\d ?[ap]m\b", cell, re.IGNORECASE):  # noqa: PLR2004 - as above
                orders.add(DayOrder.MONTH)
    return orders.pop() if len(orders) == 1 else None


def read_time(cell: str, zone: tzinfo, order: DayOrder | None = None) -> datetime | str:
    """The moment in a cell, aware UTC; or why there is none, for people.

    Args:
        cell: what somebody wrote; not empty.
        zone: where it was written, for those that name no zone.
        order: of dates that can be read in two ways.
    """
    text = " ".join(cell.replace(",", " ").split())
    if _SECONDS.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if len(text) == 13 else number, UTC)  # noqa: PLR2004 - milliseconds
    if not _CLOCK.search(text):
        return NO_TIME if re.search(r"\d{4}", text) else NOT_READ
    try:
        found = time_in(cell) or _iso(cell.strip()) or _by_hand(text, order)
        if found is None and (slashes := _SLASHES.match(text)):
            first, second = int(slashes[1]), int(slashes[2])
            if order is None and max(first, second) <= 12 and first != second:  # noqa: PLR2004 - as above
                return TWO_WAYS
            guess = DayOrder.DAY if first > second else DayOrder.MONTH
            found = _by_hand(text, order or guess)
        found = found or _of_mail(cell)
        if found is None:
            return NOT_READ
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return NOT_READ


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace(" UTC", "Z").replace(" GMT", "Z"))
    except ValueError:
        return None


def _by_hand(text: str, order: DayOrder | None) -> datetime | None:
    text = re.sub(r"(?i)(\d) ?([ap])\.?m\.?$", r"\1 \2m", text)
    for day in (*_DAYS, *(_BY_ORDER[order] if order else ())):
        for time in _TIMES:
            try:
                return datetime.strptime(text, f"{day} {time}")  # noqa: DTZ007 - the zone is put to it by the caller
            except ValueError:
                continue
    return None


def _of_mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
