"""Text with its masked words marked, as HTML that shows exactly the text and nothing else."""

import html
from collections.abc import Iterable

from dashboard.results.masks import Mask

# A label instead of hidden words: what is copied from the page is the text itself. The role makes
# screen readers say the label; they would ignore it on a bare <mark>.
_OPEN = '<mark class="masked" role="img" aria-label="masked word" title="masked by evaluation mode">'
_CLOSE = "</mark>"

_SHIELD = "<span></span>"
"""HTML drops a line feed that directly follows ``<pre>``; anything before it keeps it."""


def highlight(text: str, masks: Iterable[Mask]) -> str:
    """HTML to be put inside a ``<pre>``, with a ``<mark>`` around each mask.

    Its text content is exactly ``text``: line ends of every kind, leading ones too, survive.

    Args:
        text: hostile input; every piece is escaped.
        masks: found in this very text, in reading order.
    """
    pieces = [_SHIELD] if text.startswith("\n") else []
    done = 0
    for mask in masks:
        pieces += (_escape(text[done : mask.start]), _OPEN, _escape(text[mask.start : mask.end]), _CLOSE)
        done = mask.end
    pieces.append(_escape(text[done:]))
    return "".join(pieces)


def _escape(piece: str) -> str:
    # A bare carriage return would be read as a line feed.
    return html.escape(piece).replace("\r", "&#13;")
