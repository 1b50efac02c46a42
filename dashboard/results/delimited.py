"""Delimited text as rows. Which character stands between the cells is told from the rows that it makes.

``csv.Sniffer`` looks at single characters, so it takes decimal commas, and commas inside quotes, for delimiters.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_DELIMITERS = ";\t,|"
"""In the order in which they are taken when nothing else tells them apart."""

_NONE = "\x1f"
"""In no text that people have: it leaves every line as one cell."""

_SAMPLE = 20_000
_CHECKED = 200_000
"""Characters in which quotes are checked."""

_SAID = re.compile(r"""[ ]*"?sep=([^\s\w"']|\t)\1*"?[ ]*(?:\r\n|\r|\n|\Z)""", re.IGNORECASE)
"""What Excel takes as word on how to read a table; with the delimiter again for each empty cell behind it."""

_NUMBER = re.compile(
    r"[^\w,;|]{0,3}[^\W\d]{0,3}\s?[-+\N{MINUS SIGN}]?\s?"
    r"(?:\d++(?:[.'\N{RIGHT SINGLE QUOTATION MARK}\s]\d{3})*+,(?:\d++|[-\N{EN DASH}\N{EM DASH}]{1,2})"
    r"|\d{1,3}(?:,\d{3})++\.\d++)"
    r"(?:e[-+]?\d++)?[-)]?\s?[^\w,;|]?[^\W\d]{0,4}",
    re.IGNORECASE,
)
"""``-1.200,50 €``, ``EUR 3,5``, ``(12,00)``, ``5,5 %``, ``7,--``; and ``1,200.50``, torn by a comma as well."""


def rows_of(text: str) -> Iterator[list[str]]:
    """The rows, read one by one.

    Raises:
        csv.Error: from the iterator, for what the csv module cannot read.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    sample = _beginning(text, _SAMPLE)
    delimiter = said[1] if said else _delimiter(sample)
    quoted = _quotes_count(_beginning(text, _CHECKED), delimiter)
    # Else blanks at the beginning of a cell are its own.
    spaced = re.search(rf'{re.escape(delimiter)} +"', sample) is not None
    return _read(text, delimiter, quoted=quoted, spaced=spaced)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sample as one delimiter reads it.

    Attributes:
        rows: those with anything in them.
        widths: how many of them have how many columns.
        torn: a quoted cell goes on behind its closing quote, as it does for the wrong delimiter.
    """

    delimiter: str
    rows: list[list[str]]
    widths: Counter[int]
    torn: bool

    @property
    def is_table(self) -> bool:
        """Two columns or more in most rows; or all alike in a few rows, below many lines of heading."""
        several = len(self.rows) - self.widths[1]
        return 2 * several > len(self.rows) or (several > 1 and len(+self.widths) == 2)  # noqa: PLR2004 - one, and another

    @property
    def columns(self) -> int:
        """How many most rows have."""
        return _usual(self.widths)

    @property
    def has_decimal_commas(self) -> bool:
        """Whether a comma between the cells would tear numbers: in most of the rows that hold a comma at all."""
        with_comma = [row for row in self.rows if any("," in cell for cell in row)]
        numbers = sum(any(_NUMBER.fullmatch(cell.strip()) for cell in row) for row in with_comma)
        return self.delimiter != "," and 2 * numbers > len(with_comma)


def _delimiter(sample: str) -> str:
    readings = [_reading(sample, delimiter) for delimiter in _DELIMITERS]
    whole = [reading for reading in readings if not reading.torn]
    tables = [reading for reading in whole or readings if reading.is_table]
    if not tables:
        return _NONE
    most = max(_regularity(reading.widths) for reading in tables)
    alike = [reading for reading in tables if _regularity(reading.widths) == most]
    chosen = [reading for reading in alike if reading.has_decimal_commas] or alike
    return max(chosen, key=lambda reading: reading.columns).delimiter


def _reading(sample: str, delimiter: str) -> _Reading:
    quoted = _quotes_count(sample, delimiter)
    rows = [row for row in _read(sample, delimiter, quoted=quoted, spaced=True) if any(map(str.strip, row))]
    torn = quoted and "expected after" in _broken(sample, delimiter)
    return _Reading(delimiter, rows, Counter(map(len, rows)), torn)


def _usual(widths: Counter[int]) -> int:
    """The columns that most rows have, if they have several; of as many rows, those that are wider."""
    return max((width for width in widths if width > 1), key=lambda width: (widths[width], width), default=1)


def _regularity(widths: Counter[int]) -> float:
    """The share of rows that have as many columns as most."""
    usual = _usual(widths)
    return widths[usual] / widths.total() if usual > 1 else 0.0


def _quotes_count(text: str, delimiter: str) -> bool:
    """Whether quotes hold cells together; not where they hide rows because one is missing, or one too many."""
    if '"' not in text or not _broken(text, delimiter):
        return True
    with_quotes, without = (
        Counter(len(row) for row in _read(text, delimiter, quoted=quoted, spaced=True) if row)
        for quoted in (True, False)
    )
    return without.total() <= with_quotes.total() or _regularity(without) < _regularity(with_quotes)


def _broken(text: str, delimiter: str) -> str:
    """What is wrong with the quotes; empty when nothing is."""
    reader = csv.reader(_lines(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        return str(error)
    return ""


def _read(text: str, delimiter: str, *, quoted: bool, spaced: bool) -> Iterator[list[str]]:
    return csv.reader(
        _lines(text),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=spaced,
    )


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _beginning(text: str, size: int) -> str:
    """As much of a text, in whole lines where there are any."""
    if len(text) <= size:
        return text
    some = text[:size]
    return some[: max(some.rfind("\n"), some.rfind("\r")) + 1 or size]
