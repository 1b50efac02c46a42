"""What the text before a GUID calls it: a task's ID, or that of a request, a client, a tenant. Pure."""

import re
from collections.abc import Sequence

_KEY = re.compile(r"([A-Za-z][\w.-]*(?: [A-Za-z][\w.-]*)?)[\"'`]?\s*[:=]\s*[\"'`“(\[{<]*$")
_WORD_BEFORE = re.compile(r"([A-Za-z][\w.-]*)\s+[\"'`“(\[{<]*$")
_OURS = frozenset(
    """
    task tasks job ocr result results image images recognition recognize scan pdf document response
    my your our the new this
    """.split()  # noqa: SIM905 - a list of words reads better so
)
"""What a task may be called."""

_THEIRS = frozenset(
    """
    account activity app application client conversation correlation customer device instance
    invocation message operation org organisation organization parent process project request req
    run secret session span subscription tenant thread trace traceparent transaction user
    """.split()  # noqa: SIM905 - a list of words reads better so
)
"""What else is called by a GUID."""


def is_called_otherwise(before: str) -> bool:
    """Whether the text before a GUID names it as the ID of something that is no task."""
    key = _KEY.search(before[-80:])
    if key is None:
        word = _WORD_BEFORE.search(before[-80:])
        return word is not None and _is_theirs(_words(word[1])[-2:])
    first, _, second = key[1].partition(" ")
    is_one_name = bool(set(_words(first)) & (_OURS | _THEIRS))
    return _is_theirs(_words(key[1] if is_one_name or not second else second))


def names_other(column: str) -> bool:
    """Whether a column with this heading holds IDs of something that is no task."""
    return _is_theirs(_words(column))


def _is_theirs(words: Sequence[str]) -> bool:
    if not words:
        return False
    if words[-1] in ("id", "ids", "guid", "uuid"):
        return bool(set(words[:-1]) - _OURS)
    return bool(_THEIRS & set(words)) and not (set(words) & {"task", "job"})


def _words(name: str) -> list[str]:
    """``x-requestId`` as ``x``, ``request``, ``id``; without prefixes that say nothing."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[\W_]+", apart.lower()) if word and word != "x"]
    if words and words[-1] not in ("id", "uuid", "guid"):
        for end in ("id", "uuid", "guid"):
            if words[-1].endswith(end) and words[-1] != end and words[-1][: -len(end)] in _OURS | _THEIRS:
                words[-1:] = [words[-1][: -len(end)], end]
                break
    return words
