"""Moments that pasted text names. Pure."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

_ZONE = r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})"
_ISO = re.compile(
    rf"\b(\d{{4}}-\d{{2}}-\d{{2}})[T ](\d{{2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d{{1,9}})?)?) ?({_ZONE})?(?![\w:])"
)
_MAIL_DATE = re.compile(
    r"\b(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|GMT|UTC)\b"
)
_LOG_DATE = re.compile(r"\b\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}")
_BARE = re.compile(r"(?<![\w.])(?:\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)(?![\w])")


def time_in(text: str) -> datetime | None:
    """The one moment that a line names together with its time zone, aware; None for several, or without a zone."""
    found = [_iso(*it) for it in _ISO.findall(text)]
    found += [_of_mail(it) for it in _MAIL_DATE.findall(text)]
    found += [_of_log(it) for it in _LOG_DATE.findall(text)]
    moments = {moment for moment in found if moment is not None}
    return moments.pop() if len(moments) == 1 else None


def without_times(text: str) -> str:
    """A text with blanks for the dates and times that logs begin with."""
    for pattern in (_ISO, _MAIL_DATE, _LOG_DATE, _BARE):
        text = pattern.sub(" ", text)
    return text


def _iso(day: str, time: str, zone: str) -> datetime | None:
    if not zone:
        return None
    offset = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    try:
        return datetime.fromisoformat(f"{day}T{time.replace(',', '.')}{offset}")
    except ValueError:
        return None


def _of_mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _of_log(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
