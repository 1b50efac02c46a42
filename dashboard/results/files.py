"""What people download: names that every system accepts, and a task's readable text as a whole."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from dashboard.results.readable import readable
from dashboard.results.sniffing import CSV, HTML, JSON, PLAIN, SVG

_LONGEST_NAME = 150
"""Bytes in UTF-8. File systems take 255; zip tools, sync services and long folders want some of it."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*%]+')
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(?:\.|$)", re.IGNORECASE
)
_JOINERS = "\u200c\u200d"
"""Invisible, and part of the spelling in Persian, Hindi and emoji."""

_PICTURES = frozenset({".bmp", ".djvu", ".gif", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".tif", ".tiff"})
_ID_LENGTH = 8
_BETWEEN = "\n\n"

_INSTEAD_OF_OTHERS = (
    (PLAIN.media_type,),
    (HTML.media_type, JSON.media_type, CSV.media_type, SVG.media_type),
)
"""Where there is one of the first kind, only these are read."""


Content_co = TypeVar("Content_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(Generic[Content_co]):
    """A file to hand out; ``data`` are its bytes, or pieces of them that are made while they are sent."""

    name: str
    media_type: str
    data: Content_co


def file_name(label: str, task_id: str, *, extension: str, part: int | None = None) -> str:
    """Name a download: readable, unique enough in one folder, safe on Windows, macOS and Linux.

    ``Invoice May-0f3c5a7e.txt``, ``Invoice May-0f3c5a7e-part 2.pdf``; without a label the whole task ID.

    Args:
        label: what people call the task; hostile input. The ending of a picture's file name is left out.
        task_id: the service's ID; hostile input.
        extension: with its dot, as detected from the content.
        part: 1-based number when there is one file per part.
    """
    name, identity = _clean(_without_picture_ending(label)), _clean(task_id)
    ending = _clean(f"{'' if part is None else f'-part {part}'}{extension}", keep_edges=True)
    if name:
        ending = f"-{identity[:_ID_LENGTH].strip(' .-')}{ending}" if identity else ending
        stem = name
    else:
        stem = identity or "result"
    stem = _cut(stem, _LONGEST_NAME - len(ending.encode()))
    return f"_{stem}{ending}" if _RESERVED.match(stem + ending) else stem + ending


def combined_text(parts: Sequence[tuple[str, str | None]], *, most: int | None = None) -> str:
    """A task's readable text: its text parts in order, a blank line between two.

    Several plain texts are what ``RecognizeRegions`` answers with: one per region. Other formats repeat the same
    words, so they count only when there is no plain text; what could be read in a PDF or a workbook, only when there
    is no hOCR either. Of each count the words (:mod:`dashboard.results.readable`).

    Args:
        parts: media type and text of each part; the text is None for binary parts that were not read.
        most: how many characters are enough; None for the whole text.
    """
    pieces = read_texts(parts)
    if most is not None:
        pieces = _beginning(pieces, most)
    return pieces[0] if len(pieces) == 1 else _BETWEEN.join(pieces)


def read_texts(parts: Sequence[tuple[str, str | None]]) -> list[str]:
    """The texts that :func:`combined_text` is made of."""
    return [text for _, text in _pieces(parts)]


def part_at(parts: Sequence[tuple[str, str | None]], offset: int) -> int:
    """The 0-based place of the part that a character of :func:`combined_text` came from.

    Raises:
        ValueError: the text is shorter.
    """
    end = 0
    for place, text in _pieces(parts):
        end += len(text) + len(_BETWEEN)
        if offset < end:
            return place
    raise ValueError(f"There is no character {offset} in this text.")


def _beginning(pieces: list[str], most: int) -> list[str]:
    enough, left = [], most
    for piece in pieces:
        if left <= 0:
            break
        enough.append(piece[:left])
        left -= len(piece) + len(_BETWEEN)
    return enough


def _pieces(parts: Sequence[tuple[str, str | None]]) -> list[tuple[int, str]]:
    """The texts that are read, and where in the service's list they stand."""
    texts = [(place, media_type, text) for place, (media_type, text) in enumerate(parts) if text]
    for wanted in _INSTEAD_OF_OTHERS:
        if any(media_type == wanted[0] and text.strip() for _, media_type, text in texts):
            texts = [one for one in texts if one[1] in wanted]
    chosen = [(place, readable(media_type, text)) for place, media_type, text in texts]
    if len(chosen) == 1:
        return chosen
    return [(place, text.strip("\r\n")) for place, text in chosen]


def _without_picture_ending(label: str) -> str:
    ending = PurePosixPath(label).suffix
    return label.removesuffix(ending) if ending.lower() in _PICTURES else label


def _clean(text: str, *, keep_edges: bool = False) -> str:
    """Drop what cannot stand in a file name; unicode letters stay."""
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    text = " ".join("".join(filter(_is_visible, text)).split())
    # Leading dots hide files, leading dashes and tildes mean something to shells,
    # and Windows drops trailing dots and spaces.
    return text if keep_edges else text.lstrip(" .-~_" + _JOINERS).rstrip(" .")


def _is_visible(character: str) -> bool:
    """Whether a character may stay: not a control (except space), bidi, format or surrogate character."""
    if character in _JOINERS or character.isspace():
        return True
    return not unicodedata.category(character).startswith(("C", "Zl", "Zp"))


def _cut(text: str, size: int) -> str:
    """As much of the text as fits into so many UTF-8 bytes, whole characters only."""
    return text.encode()[:size].decode(errors="ignore").rstrip(" .")
