"""One result as a file people can use: plain text, Markdown, JSON, with masked words as they want them.

Nothing is executed or fetched by what is written here: Markdown and JSON are escaped, plain text is the text.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dashboard.results.masks import Mask
from dashboard.results.spans import split

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&$:=@^])")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_AT_ONCE = 100_000
_BOM = "\ufeff"


class MaskStyle(StrEnum):
    """How a masked word is written."""

    ASTERISKS = "asterisks"
    """As the service sent it."""
    WORD = "word"
    """``[masked]``."""
    MARKED = "marked"
    """The asterisks between ``⟦`` and ``⟧``; a ``<mark>`` in Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """How a text is written.

    Attributes:
        masks: what masked words become.
        bom: begin with a byte order mark, which some Windows programs need to see UTF-8.
        crlf: end lines as Windows does; otherwise line ends stay as they came.
    """

    masks: MaskStyle = MaskStyle.ASTERISKS
    bom: bool = False
    crlf: bool = False


AS_IT_IS = TextStyle()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFacts:
    """What is said about a result beside its text; instants as ISO 8601 in UTC.

    Attributes:
        title: what people call it.
        facts: names and values in the order they are shown; values are JSON values.
    """

    title: str
    facts: Mapping[str, str | int | float | bool | Sequence[str] | None]


def as_text(text: str, masks: Sequence[Mask], style: TextStyle = AS_IT_IS) -> bytes:
    """The text as a file in UTF-8.

    Args:
        text: hostile; lone surrogates, which no file can hold, become question marks.
        masks: found in this very text, in reading order.
        style: how it is written.
    """
    written = with_masks(text, masks, style.masks)
    if style.crlf:
        written = _unified(written).replace("\n", "\r\n")
    return ((_BOM if style.bom else "") + written).encode("utf-8", "replace")


def with_masks(text: str, masks: Sequence[Mask], style: MaskStyle) -> str:
    """The text with its masked words written in a style; everything else is untouched."""
    form = {MaskStyle.ASTERISKS: "{}", MaskStyle.WORD: "[masked]", MaskStyle.MARKED: "⟦{}⟧"}[style]
    return "".join(piece if mask is None else form.format(piece) for piece, mask in split(text, masks))


def as_markdown(
    text: str, masks: Sequence[Mask], about: ResultFacts, style: MaskStyle = MaskStyle.MARKED
) -> bytes:
    """The text as Markdown that renders as the text itself: no heading, link, picture or HTML in it is live."""
    form = {
        MaskStyle.ASTERISKS: "{}",
        MaskStyle.WORD: _inert("[masked]"),
        MaskStyle.MARKED: "<mark>{}</mark>",
    }[style]
    pieces = (
        _inert(piece) if mask is None else form.format(_inert(piece)) for piece, mask in split(text, masks)
    )
    head = [f"# {_inert(_one_line(about.title))}", ""]
    head += [f"- {_inert(name)}: {_inert(_one_line(_shown(value)))}" for name, value in about.facts.items()]
    body = _as_paragraphs("".join(pieces))
    return "\n".join([*head, "", "---", "", body, ""]).encode("utf-8", "replace")


def as_json(text: str | None, masks: Sequence[Mask], about: ResultFacts) -> bytes:
    """Everything known about a result as one JSON object; offsets of masks count characters of ``text``."""
    whole = {
        **about.facts,
        "text": text,
        "masks": [{"start": mask.start, "end": mask.end, "line": mask.line} for mask in masks],
    }
    # Escaped to ASCII: lone surrogates survive, and no reader can mistake the encoding.
    return json.dumps(whole, ensure_ascii=True, indent=2).encode("ascii") + b"\n"


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _inert(text: str) -> str:
    clean = text.replace("\x00", "\ufffd")
    # In pieces: one substitution in a long text would hold up every other thread until it is done.
    pieces = (clean[start : start + _AT_ONCE] for start in range(0, len(clean), _AT_ONCE))
    return "".join(_MARKDOWN.sub(r"\\\1", piece) for piece in pieces)


def _as_paragraphs(text: str) -> str:
    """Keep line ends and indentation, which Markdown would fold: two spaces end a line, hard spaces begin one."""
    return "".join(_as_paragraph(line[0]) for line in _LINE.finditer(_unified(text)))


def _as_paragraph(line: str) -> str:
    bare = line.rstrip("\n")
    kept = bare.lstrip(" \t")
    if not kept:
        return line[len(bare) :]
    indent = bare[: len(bare) - len(kept)].replace("\t", "    ")
    return "&nbsp;" * len(indent) + kept + "  " + line[len(bare) :]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shown(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
