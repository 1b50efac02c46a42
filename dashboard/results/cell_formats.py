"""Values of a workbook as its cells show them. Formats that say more than this keep the plain value."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

_BESIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE | re.DOTALL)
"""What a format holds beside the value: quoted, escaped, blanks and filling, colours, conditions and currencies."""

_NUMBER = re.compile(r"(#,##)?#{0,9}0{1,9}(?:\.(0{0,30})(#{0,30}))?\s?(%)?")
_TIME = re.compile(r"[hs]", re.IGNORECASE)
_LONGEST_FORMAT = 255
_EXACT = 1e15
"""Excel knows fifteen digits of a number; what follows is the noise of binary fractions."""


def as_shown(value: object, number_format: str) -> str | None:
    """A cell as text; None for an empty one.

    Args:
        value: as openpyxl reads it.
        number_format: of its cell, for example ``0.00%`` or ``dd.mm.yyyy``; hostile.
    """
    number_format = number_format[:_LONGEST_FORMAT]
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return _moment(value, number_format)
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, int | float):
        return _number(value, number_format)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _moment(value: datetime, number_format: str) -> str:
    """A date, with its time where the format shows one, or where there is one."""
    bare = _BESIDE.sub("", number_format)
    exact = bool(value.second or value.microsecond or "s" in bare.lower())
    if _TIME.search(bare) or exact or value.hour or value.minute:
        return value.isoformat(sep=" ", timespec="seconds" if exact else "minutes")
    return value.date().isoformat()


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
    return f"{'-' if value < timedelta() else ''}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _number(value: float, number_format: str) -> str:
    found = _NUMBER.fullmatch(_BESIDE.sub("", number_format.partition(";")[0]).strip())
    if found is None or not abs(value) < _EXACT:
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    grouped, always, more, percent = found.groups()
    least, most = len(always or ""), len((always or "") + (more or ""))
    with localcontext(Context(prec=100, rounding=ROUND_HALF_UP)):
        exact = Decimal(f"{value:.15g}") * (100 if percent else 1)
        shown = f"{exact:{',' if grouped else ''}.{most}f}"
    for _ in range(most - least):
        shown = shown.removesuffix("0")
    return shown.removesuffix(".") + (percent or "")
