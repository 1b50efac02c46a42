"""Lines for spreadsheets. Labels, names and texts are a stranger's words: none of them may become a formula."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence

from dashboard.unseen import is_unseen

_SIGNS = frozenset("=+-@\N{MINUS SIGN}")
"""What a formula begins with; wide, small and raised forms fold to these."""

_ALONE = ("\t", "\r")
"""Beginnings that are guarded whatever follows: some programs begin another cell there."""

_NUMBER = re.compile(
    r"[+-]\s?(?:\d+(?:[.,'’\s\u00a0\u202f]\d+)*[.,]?|[.,]\d+)(?:[eE][+-]?\d+)?[\s\u00a0\u202f]?%?\s*",  # noqa: RUF001 - an apostrophe as typeset
    re.ASCII,
)


MOST_IN_A_CELL = 32_767
"""What Excel holds in a cell, in UTF-16; the rest of a longer one it cuts off, or writes into the rows below."""


def csv_beginning(names: Sequence[str]) -> bytes:
    """The first line of a file, behind a byte order mark: Excel takes it for the code page of Windows otherwise."""
    return codecs.BOM_UTF8 + csv_line(names)


def too_long(cells: Mapping[str, object]) -> str:
    """Which of these cells Excel cannot hold, as a sentence; empty when it can hold all."""
    sizes = {name: _size(cell) for name, cell in cells.items() if isinstance(cell, str)}
    said = [f"{name} has {size:,} characters" for name, size in sizes.items() if size > MOST_IN_A_CELL]
    return f"{', '.join(said)}; Excel holds {MOST_IN_A_CELL:,} in a cell." if said else ""


def csv_line(cells: Sequence[object]) -> bytes:
    """One line in UTF-8 with its line end; text that would run as a formula begins with an apostrophe."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([_inert(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "replace")


def _size(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


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
