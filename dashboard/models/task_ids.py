"""Task IDs of the service: how they look, and the one meant by whatever stands around it. Pure.

Not all of them are GUIDs (fact sheet 3.2): image IDs look like them, text-to-speech IDs start with ``TTS``, one
documented ID has 35 characters. So an odd ID is a warning where somebody calls it an ID, and no ID elsewhere.
"""

import re
from enum import StrEnum

MAX_LENGTH = 128

# Byte order marks, zero-width characters, soft hyphens, direction marks.
_INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad]")
_QUOTES = "\"'`“”„\u2018\u2019«»<>(){}[],;"
_HYPHEN = "[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]"
"""A hyphen, and what word processors and mail programs make of it."""

_HEX = "[0-9A-Fa-f]"
_TAIL = rf"(?:{_HYPHEN}{_HEX}{{4}}){{3}}{_HYPHEN}{_HEX}{{12}}"
GUID = re.compile(rf"(?<![0-9A-Za-z]){_HEX}{{8}}{_TAIL}(?![0-9A-Za-z])")
"""A GUID wherever it stands, also with typographic hyphens."""

_SPEECH = re.compile(rf"TTS[0-9A-Za-z]{{5}}{_TAIL}")
_NEARLY = re.compile(rf"(?=.{{35}}\Z){_HEX}{{7,8}}(?:-{_HEX}{{3,4}}){{3}}-{_HEX}{{11,12}}")
_BARE_HEX = re.compile(rf"(?=[^0-9]*[0-9])(?=[^A-Fa-f]*[A-Fa-f]){_HEX}{{32}}")
_USUAL = re.compile(r"(?=[^\d]*\d)[A-Za-z0-9-]{8,64}")
_POSSIBLE = re.compile(r"[\x21-\x7e]+")
_NUMBER = re.compile(r"[\d.,:/+-]+")
_DATE = re.compile(
    r"\d{4}[-./]?\d{2}[-./]?\d{2}(?:[T_ ]?\d{2}[:-]?\d{2}(?:[:-]?\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[-./ ](?:\d{1,2}|[A-Za-z]{3,9})[-./ ]\d{2,4}"
)
_URN = re.compile(r"(?:urn:)?uuid:", re.IGNORECASE)


class Shape(StrEnum):
    """How much something looks like a task ID."""

    USUAL = "usual"
    UNUSUAL = "unusual"
    MALFORMED = "malformed"


def visible(text: str) -> str:
    """A text without the characters that nobody sees and that come along when something is copied."""
    return _INVISIBLE.sub("", text)


def clean_id(raw: str) -> str:
    """The ID that is meant: without quotes, brackets, ``urn:uuid:`` and what nobody sees.

    The case is kept as given (fact sheet 3.2). What holds a GUID means the GUID.
    """
    text = _URN.sub("", visible(raw).strip().strip(_QUOTES).strip())
    found = GUID.findall(text)
    return plain_hyphens(found[0]) if len(found) == 1 and len(text) <= 2 * MAX_LENGTH else text


def plain_hyphens(task_id: str) -> str:
    """An ID with hyphens as the service writes them."""
    return re.sub(_HYPHEN, "-", task_id)


def folded_id(task_id: str) -> str:
    """What two spellings of one task have in common: GUIDs are the same in either case, other IDs may not be."""
    return task_id.lower() if GUID.fullmatch(task_id) else task_id


def is_known_shape(task_id: str) -> bool:
    """Whether an ID looks like one that the service is known to give: a GUID, of speech, or nearly a GUID."""
    return any(it.fullmatch(task_id) for it in (GUID, _SPEECH, _NEARLY))


def is_bare_hex(task_id: str) -> bool:
    """Whether it may be a GUID without hyphens; checksums look the same."""
    return _BARE_HEX.fullmatch(task_id) is not None


def is_number_or_date(text: str) -> bool:
    """Whether something that could be an ID by its characters is a date, a time or a number."""
    return _NUMBER.fullmatch(text) is not None or _DATE.fullmatch(text) is not None


def shape_of(task_id: str) -> tuple[Shape, str]:
    """How much a cleaned ID looks like one where somebody calls it one, and why not."""
    if not task_id:
        return Shape.MALFORMED, "there is no task ID"
    if len(task_id) > MAX_LENGTH:
        return Shape.MALFORMED, f"longer than {MAX_LENGTH} characters"
    if not _POSSIBLE.fullmatch(task_id):
        return Shape.MALFORMED, "task IDs have no blanks and no letters outside A-Z"
    if _DATE.fullmatch(task_id) and not task_id.isdigit():
        return Shape.MALFORMED, "that is a date, not a task ID"
    if _USUAL.fullmatch(task_id):
        return Shape.USUAL, ""
    return Shape.UNUSUAL, "does not look like the service's task IDs (8 to 64 letters, digits and hyphens)"
