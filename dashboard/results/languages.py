"""In which language a text seems to be; a filter of the library, never a fact."""

from functools import cache
from threading import Lock
from typing import Any

LOOKED_AT = 5_000
"""Characters of a text that are looked at; more does not change the answer."""

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
    if sum(map(str.isalpha, looked_at)) < _FEWEST_LETTERS:
        return ""
    code, share = _identifier().classify(looked_at)
    return str(code) if share >= _SURE_ENOUGH else ""


def load() -> None:
    """Read the model now, so that the first text need not wait for it."""
    _identifier()


def _identifier() -> Any:  # noqa: ANN401 - the library is not typed
    with _reading:
        return _read()


@cache
def _read() -> Any:  # noqa: ANN401 - the same
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second with its model

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Two letters are languages of their own; the others are dialects, which would share their votes.
    identifier.set_languages([code for code in identifier.labels if len(code) == _LETTERS])
    return identifier
