"""A trial text with the words that a regular result tells about, as HTML that shows text and nothing else."""

import html

from dashboard.results.compared import Comparison, Told

_FILLED = '<ins class="filled" title="masked; read from the regular result">'
_UNKNOWN = '<mark class="masked" role="img" aria-label="masked word, not known" title="not certain">'


def with_fillings(text: str, comparison: Comparison) -> str:
    """HTML for the inside of a ``<pre>``: certain words stand in place of their masks, the others stay marked.

    Args:
        text: the trial text of the comparison; hostile, as the regular one is.
        comparison: of this very text.
    """
    pieces, done = ["<span></span>"], 0  # keeps a leading line feed, as in highlighting
    for filling in comparison.fillings:
        end = filling.offset + filling.length
        pieces.append(_escape(text[done : filling.offset]))
        if filling.told is Told.FILLED and filling.hidden is not None:
            pieces.append(f"{_FILLED}{_escape(filling.hidden)}</ins>")
        elif filling.told is Told.OWN:
            pieces.append(_escape(text[filling.offset : end]))
        else:
            pieces.append(f"{_UNKNOWN}{_escape(text[filling.offset : end])}</mark>")
        done = end
    pieces.append(_escape(text[done:]))
    return "".join(pieces)


def _escape(piece: str) -> str:
    return html.escape(piece).replace("\r", "&#13;")
