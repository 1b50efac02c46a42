"""The service's own words, made fit to be shown: known forms only, no secrets, no control characters, short."""

import re
from collections.abc import Iterator

from dashboard.cloud.lenient import folded, parse, text_of
from dashboard.redaction import redacted

WORDS_LIMIT = 500
"""Characters of foreign words that may be shown or stored as one message (fact sheet 7)."""

_READ_LIMIT = 65_536  # bytes of a body that are read for words; all that is kept of a failure's
_LOOKED_AT = 8_192
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
    return _PAGE.match(text_of(body[:_LOOKED_AT])) is not None


def service_words(body: bytes) -> str:
    """What an answer says in the service's own words, where it has the form the service's failures have.

    That is a JSON object with a title, a detail, errors, messages. Anything else, be it a web page, a text or
    somebody else's JSON, is not repeated at all: what stands at the address of a service may be another program,
    and its content is nobody's business here.

    Returns:
        At most :data:`WORDS_LIMIT` characters without secrets; empty when the body says nothing in that form.
    """
    try:
        value = parse(text_of(body[:_READ_LIMIT]))
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    found = folded(value)
    return "; ".join(sentences([found.get(key) for key in _TELLING]))[:WORDS_LIMIT]


def mentions(body: bytes, pattern: re.Pattern[str]) -> bool:
    """Whether a body of any form says something that has to be told apart; it is looked at and not repeated."""
    text = text_of(body[:_LOOKED_AT])
    return pattern.search(_TAG.sub(" ", _SCRIPT.sub(" ", text))) is not None


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
