"""Text with its masked words marked or filled in, as HTML that shows exactly the text and nothing else."""

import html
from collections.abc import Iterable

from dashboard.results.comparison_values import Comparison, Filling, Told
from dashboard.results.masks import Mask
from dashboard.results.spans import split

# A label instead of hidden words: what is copied from the page is the text itself. The role makes
# screen readers say the label; they would ignore it on a bare <mark>.
_MASKED = (
    '<mark class="masked" role="img" aria-label="masked word" title="masked by evaluation mode">{}</mark>'
)
_UNKNOWN = '<mark class="masked" role="img" aria-label="masked word, not known" title="not certain">{}</mark>'
_FILLED = '<ins class="filled" title="masked; read from the regular result">{}</ins>'

_SHIELD = "<span></span>"
"""HTML drops a line feed that directly follows ``<pre>``; anything before it keeps it."""


def highlight(text: str, masks: Iterable[Mask]) -> str:
    """HTML to be put inside a ``<pre>``, with a ``<mark>`` around each mask.

    Its text content is exactly ``text``: line ends of every kind, leading ones too, survive.

    Args:
        text: hostile input; every piece is escaped.
        masks: found in this very text, in reading order.
    """
    return _shielded(
        escaped(piece) if mask is None else _MASKED.format(escaped(piece))
        for piece, mask in split(text, masks)
    )


def with_fillings(text: str, comparison: Comparison) -> str:
    """HTML for the inside of a ``<pre>``: certain words stand in place of their masks, the others stay marked.

    Args:
        text: the trial text of the comparison; hostile, as the regular one is.
        comparison: of this very text.
    """
    return _shielded(_filled(piece, filling) for piece, filling in split(text, comparison.fillings))


def _filled(piece: str, filling: Filling | None) -> str:
    if filling is None or filling.told is Told.OWN:
        return escaped(piece)
    return (
        _UNKNOWN.format(escaped(piece)) if filling.hidden is None else _FILLED.format(escaped(filling.hidden))
    )


def _shielded(pieces: Iterable[str]) -> str:
    written = "".join(pieces)
    return _SHIELD + written if written.startswith("\n") else written


def escaped(piece: str) -> str:
    """A piece of text for the inside of a ``<pre>``; a bare carriage return would be read as a line feed."""
    return html.escape(piece).replace("\r", "&#13;")
