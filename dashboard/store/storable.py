"""Makes every text storable, whatever a stranger wrote into it.

PostgreSQL refuses NUL characters and neither database takes lone surrogates, so one odd character in a
recognised text would make the whole write fail, again and again. The raw bytes of a result are kept beside
its text, so replacing such a character loses nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

_HARMLESS = frozenset({int, float, bool, bytes, type(None)})

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:  # noqa: ANN401 - statement parameters are anything
    """Replace what no database takes by U+FFFD; anything but text is given back as it is."""
    if not isinstance(value, str) or (value.isascii() and "\x00" not in value):
        return value
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def clean_parameters(
    _connection: Any,  # noqa: ANN401 - this and the rest: SQLAlchemy's event signature
    _cursor: Any,  # noqa: ANN401
    statement: str,
    parameters: Any,  # noqa: ANN401
    _context: Any,  # noqa: ANN401
    _executemany: bool,  # noqa: FBT001
) -> tuple[str, Any]:
    """Apply :func:`storable` to everything a statement carries (``before_cursor_execute``)."""
    return statement, _clean(parameters)


def _clean(parameters: Any) -> Any:  # noqa: ANN401 - one row or many, by name or by position
    kind = type(parameters)
    if kind in _HARMLESS:  # most of them, so they are asked about first
        return parameters
    if kind is str:
        return storable(parameters)
    if kind is tuple:
        return tuple([_clean(value) for value in parameters])
    if kind is list:
        return [_clean(value) for value in parameters]
    if isinstance(parameters, Mapping):
        return {name: _clean(value) for name, value in parameters.items()}
    return storable(parameters)
