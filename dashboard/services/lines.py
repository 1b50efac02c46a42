"""Reading pasted text: one task per line, in whatever dress it comes. Pure.

Task IDs are not always GUIDs (fact sheet 3.2): image IDs look like them, text-to-speech IDs start with
``TTS``, one documented ID has 35 characters. So an odd ID is a warning, and only what cannot be an ID at all
is malformed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from dashboard.models import Operation
from dashboard.services.labels import MAX_LABEL

MAX_LENGTH = 128
_MAX_LINE = 4_000
"""Characters of one line that are looked at; a request with its token has about 1,500."""

_USUAL = re.compile(r"(?=[^\d]*\d)[A-Za-z0-9-]{8,64}")
_POSSIBLE = re.compile(r"[\x21-\x7e]+")
_IN_URL = re.compile(
    r"/v5(?:\.\d)?/ocr/(?:\w+/)?(?P<path>\w+)/?\?(?:[^\s\"']*&(?:amp;)?)?id=(?P<id>[^&\s\"'#]+)",
    re.IGNORECASE,
)
# Looked for from the end on, so that no line takes longer than it is long.
_ADDRESS = re.compile(r"[^\s\"'`<>()]*")
_SCHEME = re.compile(r"[A-Za-z0-9+.-]*")
_BARE_HOST = re.compile(r"[^=,;]*")
# Byte order marks, zero-width characters, soft hyphens, direction marks.
_INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad]")
_QUOTES = "\"'`“”\u2018\u2019«»<>,;"
_SEPARATOR = re.compile(r"[\t,;|]|\s+")


class Shape(StrEnum):
    """How much a pasted ID looks like one."""

    USUAL = "usual"
    UNUSUAL = "unusual"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One pasted line, read.

    Attributes:
        number: 1-based line number in the pasted text.
        task_id: the cleaned ID; empty only when malformed.
        label: the rest of the line.
        api_url: the service a pasted URL names, as it stands there, else None; it is not on any list yet.
        operation: taken from a pasted URL, else None.
        trial: taken from a pasted URL, else None.
        reason: why it is malformed or unusual, for people; empty when usual.
    """

    number: int
    text: str
    task_id: str
    label: str
    shape: Shape
    api_url: str | None = None
    operation: Operation | None = None
    trial: bool | None = None
    reason: str = ""


def clean_id(raw: str) -> str:
    """Trim, unquote and remove invisible characters; the case is kept as given (fact sheet 3.2)."""
    return _INVISIBLE.sub("", raw).strip().strip(_QUOTES).strip()


def shape_of(task_id: str) -> tuple[Shape, str]:
    """How much a cleaned ID looks like one, and why not."""
    if _USUAL.fullmatch(task_id):
        return Shape.USUAL, ""
    if not task_id:
        return Shape.MALFORMED, "there is no task ID"
    if len(task_id) > MAX_LENGTH:
        return Shape.MALFORMED, f"longer than {MAX_LENGTH} characters"
    if not _POSSIBLE.fullmatch(task_id):
        return Shape.MALFORMED, "task IDs have no blanks and no letters outside A-Z"
    return Shape.UNUSUAL, "does not look like the service's task IDs (8 to 64 letters, digits and hyphens)"


def read_lines(text: str) -> Iterator[Line]:
    """Read pasted text line by line; blank lines are skipped, nothing raises."""
    for number, raw in enumerate(text.splitlines(), start=1):
        stripped = _INVISIBLE.sub("", raw[:_MAX_LINE]).strip()
        if stripped:
            yield _read_line(number, stripped)


def _read_line(number: int, text: str) -> Line:
    api_url = None
    if found := _IN_URL.search(text):
        api_url = _service_in(text[: found.start()])
        operation, trial = _operation_of(found["path"])
        task_id, label = clean_id(unquote(found["id"])), ""
    else:
        operation, trial = None, None
        first, _, rest = _split(text)
        task_id, label = clean_id(first), rest.strip().strip("\"'").strip()
    shape, reason = shape_of(task_id)
    return Line(
        number=number,
        text=text[:300],
        task_id=task_id if shape is not Shape.MALFORMED else task_id[:MAX_LENGTH],
        label=label[:MAX_LABEL],
        shape=shape,
        api_url=api_url,
        operation=operation,
        trial=trial,
        reason=reason,
    )


def _service_in(before: str) -> str | None:
    """The service that a URL names, from what stands before its API path; None where there is only a path.

    Whatever may be one counts as one: what is no address of a listed service is refused later.
    """
    address = _end(before, _ADDRESS)
    head, slashes, rest = address.partition("//")
    if slashes:
        scheme = _end(head[:-1], _SCHEME) if head.endswith(":") else ""
        return f"{scheme or 'https'}://{rest}"
    host = _end(address, _BARE_HOST)
    return f"https://{host}" if host else None


def _end(text: str, pattern: re.Pattern[str]) -> str:
    """The longest end of a text that consists of what a pattern allows."""
    found = pattern.match(text[::-1])
    return found[0][::-1] if found else ""


def _split(text: str) -> tuple[str, str, str]:
    found = _SEPARATOR.search(text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found.group(), text[found.end() :]


def _operation_of(path: str) -> tuple[Operation | None, bool | None]:
    name = path.lower()
    for operation in Operation:
        if name == operation.value.lower():
            return operation, False
        if operation.has_trial and name == f"{operation.value}trial".lower():
            return operation, True
    return None, None
