"""Answers with more entries in ``results`` than are worth reading one by one: where those entries stand.

Reading millions of tiny entries as JSON would take gigabytes. So the array is cut out of the text first: its first
entries to be read, the others to be kept as they came.
"""

import re
from typing import NamedTuple

from dashboard.models.limits import MOST_PARTS_APART

_BEGINNING = re.compile(r'(?<!\\)"\s*results\s*"\s*:\s*\[', re.IGNORECASE)
_ENTRY = r"""\s*+\{(?:[^{}\[\]"]++|"(?:[^"\\]++|\\.)*+")*+\}\s*+"""
"""An object without anything nested in it, which is how the service writes entries."""

_AT_ONCE = 1_000
_ONE = re.compile(_ENTRY, re.DOTALL)
_SOME = re.compile(rf"(?:{_ENTRY},){{{_AT_ONCE}}}+", re.DOTALL)


class ManyResults(NamedTuple):
    """An envelope taken apart.

    Attributes:
        envelope: JSON without the entries.
        first: the JSON array of those entries that are read.
        others: the JSON array of the rest.
        left: how many those are.
    """

    envelope: str
    first: str
    others: str
    left: int


def cut(text: str) -> ManyResults | None:
    """Cut many flat entries out of an envelope; None when there is no such array in it."""
    found = _BEGINNING.search(text)
    if found is None:
        return None
    start = place = found.end()
    count = 0
    split = None
    while True:
        some = _SOME.match(text, place)
        one = None if some else _ONE.match(text, place)
        if some is not None:
            count += _AT_ONCE
            place = some.end()
        elif one is not None:
            count += 1
            place = one.end() + 1
        else:
            return None
        if split is None and count >= MOST_PARTS_APART:
            split = place
        if one is not None and text[place - 1 : place] == "]":
            break
        if text[place - 1 : place] != ",":
            return None
    if split is None or split == place:
        return None
    return ManyResults(
        envelope=text[:start] + text[place - 1 :],
        first=f"[{text[start : split - 1]}]",
        others=f"[{text[split : place - 1]}]",
        left=count - MOST_PARTS_APART,
    )
