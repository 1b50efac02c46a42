"""Every format that results are handed out in. Another one is an entry here and the function that writes it.

What addresses may ask for, media types, endings of files and the menus on pages all come from these entries.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple, Self

from dashboard.results.exports import MaskStyle, TextStyle, as_json, as_markdown, as_text
from dashboard.services.results.result_bundles import Chosen, as_csv, as_json_lines, as_sections, as_zip
from dashboard.services.results.result_reading import StoredResult


class _Format(StrEnum):
    """Its value is its name in addresses and the ending of its file.

    Attributes:
        media_type: of the file.
        label: in a menu.
        explained: the same in a sentence.
        masks: how masked words are written where nobody says how.
    """

    media_type: str
    label: str
    explained: str
    masks: MaskStyle

    def __new__(
        cls,
        name: str,
        write: Callable[..., object],
        media_type: str,
        label: str,
        explained: str,
        masks: MaskStyle = MaskStyle.ASTERISKS,
    ) -> Self:
        made = str.__new__(cls, name)
        made._value_ = name
        if media_type.startswith("text/"):
            media_type += "; charset=utf-8"
        vars(made).update(write=write, media_type=media_type, label=label, explained=explained, masks=masks)
        return made


class OneFormat(_Format):
    """A format of one result; ``write`` makes the file of one that has a text."""

    write: Callable[[StoredResult, TextStyle], bytes]

    TXT = "txt", lambda it, how: as_text(it.text, it.masks, how), "text/plain", "Text", "As it stands."
    MD = (
        "md",
        lambda it, how: as_markdown(it.text, it.masks, it.facts, how.masks),
        "text/markdown",
        "Markdown",
        "The text as it stands, with masked words marked.",
        MaskStyle.MARKED,
    )
    JSON = (
        "json",
        lambda it, _: as_json(it.text, it.masks, it.facts),
        "application/json",
        "JSON",
        "Text, places of masked words, and what is known about the task.",
    )


class Bundle(_Format):
    """A format of many results in one file; ``write`` makes it in pieces, while it is sent."""

    write: Callable[[Chosen], Iterator[bytes]]

    ZIP = (
        "zip",
        as_zip,
        "application/zip",
        "ZIP with everything",
        "Texts, the service's files, a list, and a page that opens offline.",
    )
    TXT = "txt", as_sections, "text/plain", "All texts in one file", "Under each other, with headings."
    CSV = (
        "csv",
        as_csv,
        "text/csv",
        "Spreadsheet (CSV)",
        "One line for each result. Excel cuts texts of more than 32,767 characters.",
    )
    JSONL = (
        "jsonl",
        as_json_lines,
        "application/jsonl",
        "JSON Lines",
        "One object for each result, for programs.",
    )


class Choice(NamedTuple):
    """An entry of a menu of downloads, and what its address asks for."""

    label: str
    explained: str
    query: Mapping[str, str]
    only_trial: bool = False  # there are masked words in results of evaluation mode only


def _plain(format_: _Format) -> Choice:
    return Choice(format_.label, format_.explained, {"format": format_.value})


ONE_MENU = (
    Choice("Text for Windows", "Line ends CR LF, with a byte order mark.", {"bom": "true", "crlf": "true"}),
    Choice("Text with [masked]", "Instead of asterisks.", {"masks": "word"}, only_trial=True),
    Choice(
        "Text with ⟦marks⟧", "Around the asterisks of masked words.", {"masks": "marked"}, only_trial=True
    ),
    *(_plain(it) for it in OneFormat if it is not OneFormat.TXT),
)
"""Of one result; the text itself has a button of its own."""

BUNDLE_MENU = (
    *map(_plain, Bundle),
    Choice(
        "All texts in one file, as corrected",
        "Where people have corrected a text, theirs; elsewhere as recognised.",
        {"format": "txt", "corrected": "true"},
    ),
    Choice(
        "All texts in one file, with [masked]",
        "Masked words are written as [masked].",
        {"format": "txt", "masks": "word"},
    ),
)
"""Of many results."""
