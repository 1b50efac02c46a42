"""What a pasted line says beside its task ID, as a label. Pure."""

import re

from dashboard.models.task_ids import is_number_or_date
from dashboard.services.labels import MAX_LABEL
from dashboard.services.tasks.moments import without_times

DELIMITERS = "\t;|"
"""What columns are told apart by when there is one of them; a comma only where it stands beside an ID."""

_FILE_END = (
    r"\.(?:png|jpe?g|jfif|tiff?|bmp|gif|webp|heic|heif|jp2|djvu?|pdf|eps|svg|txt|csv|xlsx?|docx?|html?|wav)"
)
_FILE_NAME = re.compile(rf"[^<>|\"*?:;,\t]{{1,180}}{_FILE_END}", re.IGNORECASE)
_FILE_IN_TEXT = re.compile(rf"[^\s<>|\"'*?;,=()\[\]{{}}]{{1,180}}{_FILE_END}(?![\w.])", re.IGNORECASE)
_NAMED = re.compile(
    r"[\"']?\b(?:label|title|(?:file|document|image)?[ _-]?name|file|path)[\"']?\s*[:=]\s*"
    r"(?:\"([^\"]*)\"|'([^']*)'|([^\s\"',;}\]]+))",
    re.IGNORECASE,
)
_KEYS_AND_VALUES = re.compile(r"[{\[]\s*[\"'{\[]|[\"']\s*:|\w=")

_QUOTED = re.compile(r"\"[^\"]*\"")
_GLUED = re.compile(r"^(?:\.\w{1,5}(?!\w)|[_-]\w+)")
"""What follows an ID that is part of a file's name."""

_MARKS = re.compile(r"^(?:\s*(?:>|[|$#%&•·*\u2013\u2014-]|\d{1,4}[.)]|\[[ xX]?\]|\([\da-z]\))(?=\s|$))+\s*")
"""Quoting, prompts, list marks and boxes before what somebody wrote."""

_NOISE = frozenset(
    """
    a an and are at be created debug did do done error fetch fetched for from get got hello hi http
    here id ids image info is it job job_id jobid log my new notice now ocr of ok on our please
    post posted recognition recognized recognizing registered result results returned root see sent
    status submission submitted succeeded success task task_id taskid tasks thank thanks that the
    this to trace try upload uploaded urn uuid guid warn warning with you your accepted received
    response pending processing completed queued
    """.split()  # noqa: SIM905 - a list of words reads better so
)
"""Words that say nothing about a document: of logs, of greetings, names for the ID itself."""

_HERE = "\0"
"""Stands for the ID while cells are told apart."""

_DASHES = re.compile(r"^[-\u2013\u2014]+\s+|\s*[-\u2013\u2014]+$")
_EDGES = " \t\"'`“”„«»\u2018\u2019<>(){}[],;:=|/\\→\u2013\u2014-"


def label_of(before: str, after: str) -> str:
    """A label out of what stands before and after an ID; empty when that says nothing about a document."""
    named = _NAMED.search(after) or _NAMED.search(before)
    if named:
        return _tidy(next(filter(None, named.groups()), ""))
    unquoted = _QUOTED.sub("", before + _HERE + after)
    delimiter = next((it for it in DELIMITERS if it in unquoted), None)
    after = _GLUED.sub("", after)
    if delimiter is None and (
        before.rstrip(" \"'").endswith(",") or '","' in after or _has_file_column(after)
    ):
        delimiter = ","
    if delimiter is not None:
        cells = [_tidy(cell.replace(_HERE, "")) for cell in _split(before + _HERE + after, delimiter)]
        told = [cell for cell in cells if cell and not is_number_or_date(cell) and not _says_nothing(cell)]
        return next(filter(_FILE_NAME.fullmatch, told), next(iter(told), ""))
    before, after = without_times(_MARKS.sub("", before)), after.strip()
    if _KEYS_AND_VALUES.search(before) or _KEYS_AND_VALUES.match(after):
        file = _FILE_IN_TEXT.search(after) or _FILE_IN_TEXT.search(before)
        return _tidy(file[0]) if file else ""
    return _of_words(after, keeps=True) or _of_words(before, keeps=False)


def _of_words(text: str, *, keeps: bool) -> str:
    """A label out of running text; what follows an ID is kept as it is, where it says anything."""
    told = _tidy(text)
    if not told or _says_nothing(told):
        return ""
    file = None if _FILE_NAME.fullmatch(told) else _FILE_IN_TEXT.search(told)
    if file and (not keeps or _says_nothing(told.replace(file[0], ""))):
        return _tidy(file[0])
    return told if keeps else _tidy(_without_noise(told))


def without_marks(text: str) -> str:
    """A line without quoting, prompts and list marks before it."""
    return _MARKS.sub("", text)


def _split(text: str, delimiter: str) -> list[str]:
    """Cells; a delimiter between quotes is none."""
    quoted = False
    cells = [""]
    for sign in text:
        quoted ^= sign == '"'
        if sign == delimiter and not quoted:
            cells.append("")
        else:
            cells[-1] += sign
    return cells if not quoted else text.split(delimiter)


def _has_file_column(after: str) -> bool:
    return after.startswith(",") and any(_FILE_NAME.fullmatch(_tidy(cell)) for cell in after.split(","))


def _says_nothing(text: str) -> bool:
    words = re.findall(r"[^\W_]+", text.lower())
    return (not words and text.isascii()) or (
        bool(words) and all(it in _NOISE or it.isdigit() for it in words)
    )


def _without_noise(text: str) -> str:
    """What is left of a log line's beginning, or of ``Task ID of Invoice March``, without the words around it."""
    words = text.split()
    while words and words[0].lower().strip(_EDGES) in _NOISE:
        del words[0]
    while words and words[-1].lower().strip(_EDGES) in _NOISE:
        del words[-1]
    return " ".join(words)


def _tidy(text: str) -> str:
    """Without what stood around it; brackets that belong to it stay."""
    inside = text.strip(" \t\"'`“”„«»\u2018\u2019,;:=|→*_").strip()
    inside = _DASHES.sub("", inside)
    for opening, closing in ("()", "[]", "{}", "<>"):
        if inside.count(opening) != inside.count(closing):
            inside = inside.strip(opening + closing)
        elif inside.startswith(opening) and inside.find(closing) == len(inside) - 1:
            inside = inside[1:-1]
    return inside.strip(" \t\"',;:=|")[:MAX_LABEL].strip()
