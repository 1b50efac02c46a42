"""Reading pasted text: the task IDs in it, wherever they stand, each with what the text says about it. Pure.

A GUID is a task ID wherever it stands, unless the text calls it something else. The service's other shapes (fact
sheet 3.2) are looked for only where a line holds nothing else, or names them: dates, numbers and words never become
IDs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.models import Operation
from dashboard.models.task_ids import (
    GUID,
    MAX_LENGTH,
    Shape,
    clean_id,
    folded_id,
    is_bare_hex,
    is_known_shape,
    is_number_or_date,
    plain_hyphens,
    shape_of,
    visible,
)
from dashboard.redaction import holds_secret, redacted
from dashboard.services.labels import MAX_LABEL
from dashboard.services.tasks.id_names import is_called_otherwise, names_other
from dashboard.services.tasks.line_labels import DELIMITERS, label_of, without_marks
from dashboard.services.tasks.moments import time_in
from dashboard.services.tasks.request_urls import (
    RequestUrl,
    is_in_url,
    readable_urls,
    request_urls,
    without_urls,
)

_MAX_LINE = 4_000
"""Characters of one line that are looked at; a request with its token has about 1,500."""

_ENTITY = re.compile(r"&(amp|quot|apos|nbsp|#34|#38|#39);")
_ENTITIES = {"nbsp": " ", "amp": "&", "#38": "&", "quot": '"', "#34": '"', "apos": "'", "#39": "'"}
_IN_REQUEST = re.compile(r"\b(?:curl|wget|GET|POST|HTTP)\b|\s-{1,2}\w|<\w|Authorization")
"""Whether a line is a request with options, of which none is a label."""

_QUOTING = re.compile(r"^[\s>|]+")
_BROKEN_END = re.compile(r"=?\s*$")
_NAMED_ID = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:task|job|ocr)[ _-]?)?id[\"'`]?\s*[:=]\s*[\"'`“({\[]*(?P<id>[\w-]{3,128})",
    re.IGNORECASE,
)
_FIRST = re.compile(r"(?P<id>[^\s\t,;|]+)(?P<rest>[\s\S]*)")
_OTHER_ID = re.compile(r"(?=[^\d_]*[\d_])[A-Za-z0-9][A-Za-z0-9_:-]{3,63}")
_UNLIKE_OTHERS = "it does not look like the service's other task IDs"

_WHOLE = 36
"""Characters of a GUID."""

_SECRET_LEFT_OUT = "holds a secret such as an access token, which is not kept here; register it on Tokens"  # noqa: S105 - a sentence
_NO_ID = "there is no task ID in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One task ID of a pasted text, or a line without one.

    Attributes:
        number: 1-based line number in the pasted text; a line may hold several IDs.
        text: the line as pasted, without secrets, shortened.
        task_id: the cleaned ID; may be empty when malformed.
        label: what the line says about it.
        api_url: the service a pasted URL names, as it stands there, else None; it is not on any list yet.
        operation: taken from a pasted URL, else None.
        trial: taken from a pasted URL, else None.
        submitted_at: a moment with its time zone that stands beside the ID, aware, else None.
        reason: why it is malformed or unusual, for people; empty when usual.
        holds_secret: whether something in the line looks like a token or another secret.
    """

    number: int
    text: str
    task_id: str
    label: str
    shape: Shape
    api_url: str | None = None
    operation: Operation | None = None
    trial: bool | None = None
    submitted_at: datetime | None = None
    reason: str = ""
    holds_secret: bool = False


def read_lines(text: str) -> Iterator[Line]:
    """Read pasted text; blank lines are skipped, nothing raises."""
    heading: list[str] = []
    for number, raw in _whole_lines(text):
        shown = redacted(raw)
        secret = holds_secret(raw)
        found = list(_read(raw, heading))
        if not found:
            heading = _heading(raw) or heading
            reason = _SECRET_LEFT_OUT if secret else _NO_ID
            found = [Line(number=0, text="", task_id="", label="", shape=Shape.MALFORMED, reason=reason)]
        for line in found:
            label = "" if holds_secret(line.label) else line.label
            yield replace(line, number=number, text=shown[:300], label=label[:MAX_LABEL], holds_secret=secret)


def read_given(text: str) -> Line:
    """What somebody means who gives one task ID: bare, in any dress, or a whole request URL."""
    if GUID.fullmatch(text):  # as nearly all are, and scripts send ten thousand at once
        return Line(number=1, text=text, task_id=plain_hyphens(text), label="", shape=Shape.USUAL)
    given = text[:_MAX_LINE]
    if next(request_urls(readable_urls(given)), None):
        found = [line for line in read_lines(given) if line.shape is not Shape.MALFORMED]
        if len(found) == 1:
            return found[0]
    task_id = clean_id(given)
    shape, reason = shape_of(task_id)
    shown = redacted(given)[:300]
    return Line(number=1, text=shown, task_id=task_id[:MAX_LENGTH], label="", shape=shape, reason=reason)


def _whole_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, put together where a mail has broken an ID or a URL over two of them."""
    lines = [visible(raw[:_MAX_LINE]).strip() for raw in text.splitlines()]
    position = 0
    while position < len(lines):
        number, line = position + 1, lines[position]
        position += 1
        while position < len(lines) and (joined := _joined(line, lines[position])):
            line, position = joined, position + 1
        if line:
            yield number, line


def _joined(line: str, following: str) -> str | None:
    """Both lines as one, when an ID begins in the first and ends in the second."""
    if not line or not following or len(line) > _MAX_LINE:
        return None
    head = _BROKEN_END.sub("", line[-_WHOLE:]).replace("=3D", "=")
    tail = _QUOTING.sub("", following)
    together = head + tail[:_WHOLE]
    for found in GUID.finditer(together):
        if found.start() < len(head) < found.end():
            return line[:-_WHOLE] + head + tail
    return None


def _read(text: str, heading: Sequence[str]) -> Iterator[Line]:
    if GUID.fullmatch(text):
        yield _taken(plain_hyphens(text))
        return
    text = _ENTITY.sub(lambda found: _ENTITIES[found[1]], text)
    if not GUID.search(text) and "=3D" in text:
        text = text.replace("=3D", "=")  # quoted-printable, as mails are stored
    decoded = readable_urls(text)
    if next(request_urls(decoded), None):
        yield from _in_urls(decoded)
    elif GUID.search(decoded):
        yield from _guids(decoded, heading)
    else:
        yield from _other_shapes(decoded)


def _in_urls(text: str) -> Iterator[Line]:
    """Requests to the service; whatever else stands in the same address is no task."""
    found = list(request_urls(text))
    for url in found:
        shape, reason = shape_of(url.task_id)
        yield Line(
            number=0,
            text="",
            task_id=url.task_id[:MAX_LENGTH],
            label=_label_beside(text, url) if len(found) == 1 else "",
            shape=shape,
            api_url=url.api_url,
            operation=url.operation,
            trial=url.trial,
            reason=reason,
        )
    known = {folded_id(url.task_id) for url in found}
    for guid in map(plain_hyphens, GUID.findall(without_urls(text))):
        if folded_id(guid) not in known:
            yield _asked(guid, "it stands beside the address of another task")


def _label_beside(text: str, url: RequestUrl) -> str:
    """A label of a line that begins with an address, or holds it as a column; never a request's own options."""
    return "" if _IN_REQUEST.search(text) else label_of(without_marks(text[: url.start]), text[url.end :])


def _guids(text: str, heading: Sequence[str]) -> Iterator[Line]:
    columns = _columns_of(text, heading)
    others = {
        match.start(): reason for match in GUID.finditer(text) if (reason := _other(text, match, columns))
    }
    for start, reason in others.items():
        yield _asked(plain_hyphens(text[start : start + _WHOLE]), reason)
    found = [match for match in GUID.finditer(text) if match.start() not in others]
    moment = time_in(text)
    for match, label in zip(found, _labels(text, found, list(others)), strict=True):
        yield replace(_taken(plain_hyphens(match[0])), label=label, submitted_at=moment)


def _other(text: str, match: re.Match[str], columns: "_Columns | None") -> str:
    """Why a GUID may be the ID of something that is no task; empty when nothing says so."""
    if is_in_url(text, match):
        return "it is part of an address that is not the service's"
    if is_called_otherwise(text[: match.start()]) or (columns and names_other(columns.over(match.start()))):
        return "the text calls it something else than a task ID"
    return ""


def _labels(text: str, found: Sequence[re.Match[str]], others: Sequence[int]) -> list[str]:
    """A label for each ID of a line; of several, only where each one has exactly one."""
    for start in others:
        text = f"{text[:start]}{' ' * _WHOLE}{text[start + _WHOLE :]}"
    if len(found) == 1:
        return [label_of(text[: found[0].start()], text[found[0].end() :])]
    edges = [0, *(edge for match in found for edge in match.span()), len(text)]
    between = [label_of(text[start:end], "") for start, end in zip(edges[::2], edges[1::2], strict=True)]
    if all(between[:-1]) and not between[-1]:
        return between[:-1]
    if all(between[1:]) and not between[0]:
        return between[1:]
    return [""] * len(found)


def _columns_of(text: str, heading: Sequence[str]) -> "_Columns | None":
    delimiter = _delimiter_of(text)
    if delimiter is None or len(heading) != text.count(delimiter) + 1:
        return None
    return _Columns(text, delimiter, heading)


def _delimiter_of(text: str) -> str | None:
    return next((it for it in (*DELIMITERS, ",") if it in text), None)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which heading stands over a place in a line."""

    text: str
    delimiter: str
    heading: Sequence[str]

    def over(self, position: int) -> str:
        """The heading of the column at a place."""
        return self.heading[self.text.count(self.delimiter, 0, position)]


def _heading(text: str) -> list[str]:
    """The names of columns, when a line looks like nothing else."""
    delimiter = _delimiter_of(text)
    cells = [cell.strip(" \"'") for cell in text.split(delimiter)] if delimiter else []
    return cells if len(cells) > 1 and all(re.fullmatch(r"[^\W\d][\w .#-]{0,40}", it) for it in cells) else []


def _other_shapes(text: str) -> Iterator[Line]:
    """IDs that are no GUIDs: where a line names one, or holds nothing else but perhaps a label."""
    if named := _NAMED_ID.search(text):
        task_id = named["id"]
        if is_number_or_date(task_id) and not is_known_shape(task_id):
            return
        label = label_of(text[: named.start()], text[named.end() :])
        if is_known_shape(task_id) or is_bare_hex(task_id):
            yield replace(_taken(task_id), label=label)
        elif any(sign.isdigit() for sign in task_id):
            yield _asked(task_id, _UNLIKE_OTHERS, label)
        return
    if not (first := _FIRST.fullmatch(without_marks(text))):
        return
    task_id, rest = clean_id(first["id"]), first["rest"].strip()
    if is_known_shape(task_id) or (is_bare_hex(task_id) and not rest):
        yield replace(_taken(task_id), label=label_of("", rest))
    elif is_bare_hex(task_id):
        yield _asked(task_id, "it may be a task ID without hyphens, or a checksum", label_of("", rest))
    elif _could_be_one(task_id) and (
        not rest or (first["rest"][0] in f"{DELIMITERS}," and re.search(r"\d", task_id))
    ):
        yield _asked(task_id, _UNLIKE_OTHERS, label_of("", rest))


def _could_be_one(text: str) -> bool:
    """Whether something that stands alone may be an ID: no number, no date, no word."""
    return _OTHER_ID.fullmatch(text) is not None and not is_number_or_date(text)


def _taken(task_id: str) -> Line:
    return Line(number=0, text="", task_id=task_id, label="", shape=Shape.USUAL)


def _asked(task_id: str, reason: str, label: str = "") -> Line:
    return Line(number=0, text="", task_id=task_id, label=label, shape=Shape.UNUSUAL, reason=reason)
