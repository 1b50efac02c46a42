"""JSON as a tree to open and close, in HTML without any script."""

import html
import json
from collections.abc import Iterator, Mapping

from dashboard.counts import count_of
from dashboard.results.sheets import Unreadable

LONGEST = 5_000_000
"""Characters that are read."""

MOST_NODES = 5_000
DEEPEST = 100
_OPEN_LEVELS = 2
_LONGEST_TEXT = 2_000


def read_json(text: str) -> object:
    """Read JSON; raises Unreadable for what is none, too long or nested too deeply."""
    if len(text) > LONGEST:
        raise Unreadable(f"This is longer than {LONGEST:,} characters and is not shown as a tree.")
    try:
        # Numbers stay as they are written: large ones and NaN would not survive otherwise.
        return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
    except (ValueError, RecursionError):
        raise Unreadable("This is not valid JSON and is shown as text.") from None


def as_html(value: object) -> str:
    """The tree of what :func:`read_json` gives; every piece is escaped."""
    return f'<div class="ocr-json">{"".join(_node(None, value, _Nodes(), 0))}</div>'


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Nodes:
    """How many are left to draw."""

    def __init__(self) -> None:
        self.left = MOST_NODES

    def take(self) -> bool:
        """Whether one more may be drawn."""
        self.left -= 1
        return self.left >= 0


def _node(name: str | None, value: object, nodes: _Nodes, depth: int) -> Iterator[str]:
    label = f'<span class="key">{html.escape(name)}</span> ' if name is not None else ""
    if not isinstance(value, Mapping | list) or not value:
        yield f"<div>{label}{_leaf(value)}</div>"
        return
    size = count_of(len(value), "entry" if isinstance(value, Mapping) else "item")
    opened = " open" if depth < _OPEN_LEVELS else ""
    yield f'<details{opened}><summary>{label}<span class="size">{size}</span></summary>'
    if depth >= DEEPEST:
        yield '<div class="size">Nested too deeply to be shown; download it instead.</div></details>'
        return
    items = (
        value.items()
        if isinstance(value, Mapping)
        else ((str(place), one) for place, one in enumerate(value))
    )
    for key, one in items:
        if not nodes.take():
            yield '<div class="size">There is more; download it to see everything.</div>'
            break
        yield from _node(key, one, nodes, depth + 1)
    yield "</details>"


def _leaf(value: object) -> str:
    if isinstance(value, _Number):
        return f'<span class="number">{html.escape(value)}</span>'
    if isinstance(value, str):
        more = f" … ({len(value):,} characters)" if len(value) > _LONGEST_TEXT else ""
        return f'<span class="string" dir="auto">{html.escape(value[:_LONGEST_TEXT])}</span>{more}'
    word = (
        {True: "true", False: "false", None: "null"}.get(value)
        if value is None or isinstance(value, bool)
        else None
    )
    return f'<span class="word">{word or ("{}" if isinstance(value, Mapping) else "[]")}</span>'
