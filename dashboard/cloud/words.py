"""The service's own words, made fit to be shown: no secrets, no tags, no control characters, short."""

import html
import re
from collections.abc import Iterator

from dashboard.cloud.lenient import folded, parse, text_of
from dashboard.redaction import redacted

WORDS_LIMIT = 500
"""Characters of foreign words that may be shown or stored as one message (fact sheet 7)."""

_READ_LIMIT = 8_192  # bytes of a body that are searched for words
_MOST_SENTENCES = 100
_DEEPEST = 5

# Where error bodies keep their words, the most telling first (fact sheet 7).
_TELLING = ("title", "detail", "errors", "errordescription", "error", "messages", "message", "warnings")
# Keys whose name adds nothing to what they hold.
_SILENT = frozenset(_TELLING)

_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PAGE = re.compile(r"\s*<(?:!|\?|html|head|body|title|h1|center)", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?(?:</\1[^>]*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*(?:>|$)")


def storable(text: str) -> str:
    """Replace what databases and encoders refuse: NUL and other controls, lone surrogates."""
    return _UNSHOWABLE.sub("\ufffd", text)


def short(text: str, limit: int = WORDS_LIMIT) -> str:
    """One line of at most ``limit`` characters, without secrets."""
    line = " ".join(storable(redacted(text[: limit * 8])).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def as_sentence(text: str) -> str:
    """One line of at most :data:`WORDS_LIMIT` characters that ends like a sentence."""
    line = short(text, WORDS_LIMIT - 1)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def is_page(body: bytes) -> bool:
    """Whether a body is a web page, whatever its label says."""
    return _PAGE.match(text_of(body[:_READ_LIMIT])) is not None


def service_words(body: bytes) -> str:
    """What an answer says in the service's own words: text first, then JSON, then HTML without tags.

    Returns:
        At most :data:`WORDS_LIMIT` characters without secrets; empty when the body says nothing.
    """
    text = text_of(body[:_READ_LIMIT])
    if _PAGE.match(text):
        return short(html.unescape(_TAG.sub(" ", _SCRIPT.sub(" ", text))))
    try:
        value = parse(text)
    except ValueError:
        return short(text)
    if isinstance(value, dict):
        found = folded(value)
        telling = [found[key] for key in _TELLING if found.get(key) is not None]
        said = sentences(telling)
        return "; ".join(said)[:WORDS_LIMIT] if said else short(text)
    return "; ".join(sentences(value))[:WORDS_LIMIT]


def sentences(value: object) -> tuple[str, ...]:
    """Flatten messages of any shape (string, list, object of lists) into distinct single lines.

    Field names of validation errors stay in front: ``image: bad Base64``.
    """
    found: dict[str, None] = {}
    for said in _spoken(value, _DEEPEST):
        found[said] = None
        if len(found) >= _MOST_SENTENCES:
            break
    return tuple(found)


def _spoken(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if said := short(value):
            yield said
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _spoken(item, depth - 1)
    elif isinstance(value, dict) and depth:
        for key, item in value.items():
            silent = str(key).replace("_", "").casefold() in _SILENT
            for said in _spoken(item, depth - 1):
                yield said if silent else short(f"{key}: {said}")
