"""Lines for spreadsheets. Labels, names and texts are a stranger's words: none of them may become a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence

from dashboard.unseen import is_unseen

_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
"""What a formula begins with; wide, small and raised forms fold to these."""

_ALONE = ("\t", "\r")
"""Beginnings that are guarded whatever follows: some programs begin another cell there."""

_NUMBER = re.compile(
    r"[+-]\s?(?:\d+(?:[.,'’\s\u00a0\u202f]\d+)*[.,]?|[.,]\d+)(?:[eE][+-]?\d+)?[\s\u00a0\u202f]?%?\s*",  # noqa: RUF001 - an apostrophe as typeset
    re.ASCII,
)


def csv_line(cells: Sequence[object]) -> bytes:
    """One line in UTF-8 with its line end; text that would run as a formula begins with an apostrophe."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_inert(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "replace")


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _is_risky(cell) else cell


def _is_risky(text: str) -> bool:
    """Whether a spreadsheet might take it for a formula; a number with its sign is none."""
    # A program may drop what is not seen before it looks for a sign.
    seen = next((at for at, character in enumerate(text) if not is_unseen(character)), len(text))
    begins = unicodedata.normalize("NFKC", text[seen : seen + 1])[:1]
    if begins in _SIGNS:
        return _NUMBER.fullmatch(text, seen) is None
    return text.startswith(_ALONE)
