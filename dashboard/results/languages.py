"""In which language a text seems to be; a filter of the library, never a fact."""

from functools import cache
from itertools import islice
from threading import Lock
from typing import Any

from dashboard.logs import get_logger

log = get_logger(__name__)

LOOKED_AT = 5_000
"""Characters of a text that are looked at; more does not change the answer."""

_PIECES, _PIECE = 3, 128
"""First some short pieces of a long text are looked at, from its beginning to its end: usually they tell."""

_SURE = 0.99
_FEWEST_LETTERS = 20
_SURE_ENOUGH = 0.8
_LETTERS = 2

_reading = Lock()
"""Whoever polls has many threads, which all meet their first text at once: one of them reads the model."""


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language most of the text seems to be in; empty when that cannot be told.

    Masked words take part as what they are: no letters.
    """
    looked_at = text[:LOOKED_AT]
    if _has_few_letters(looked_at) or (identifier := _identifier()) is None:
        return ""
    if len(looked_at) > 2 * _PIECES * _PIECE:
        code, share = identifier.classify(_pieces_of(looked_at))
        if share >= _SURE:
            return str(code)
    code, share = identifier.classify(looked_at)
    return str(code) if share >= _SURE_ENOUGH else ""


def _pieces_of(text: str) -> str:
    apart = (len(text) - _PIECE) // (_PIECES - 1)
    return " ".join(text[place * apart : place * apart + _PIECE] for place in range(_PIECES))


def _has_few_letters(text: str) -> bool:
    letters = filter(str.isalpha, text)
    return sum(1 for _ in islice(letters, _FEWEST_LETTERS)) < _FEWEST_LETTERS


def load() -> None:
    """Read the model now, so that the first text need not wait for it."""
    _identifier()


def _identifier() -> Any | None:  # noqa: ANN401 - the library is not typed
    """The model; None while it cannot be read: a result is kept all the same, and found, whatever its language."""
    with _reading:
        try:
            return _read()
        except OSError as error:  # it is unpacked into a file, for which a full disk has no room
            log.warning("language.not_told", reason=type(error).__name__)
            return None


@cache
def _read() -> Any:  # noqa: ANN401 - the same
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second with its model

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Two letters are languages of their own; the others are dialects, which would share their votes.
    identifier.set_languages([code for code in identifier.labels if len(code) == _LETTERS])
    # As chosen, the columns lie far apart; side by side a text takes half the time.
    identifier.nb_ptc = identifier.nb_ptc.copy(order="C")
    identifier._full_model = ()  # noqa: SLF001 - the other languages: 28 MB that nobody asks for any more
    return identifier
