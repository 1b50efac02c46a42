"""How much text there is, in what people count: words, or characters where words are not set apart by blanks."""

import re

from dashboard.counts import count_of

WITHOUT_BLANKS = frozenset({"zh", "ja", "th", "lo", "km", "my", "bo"})
"""Languages that write words without blanks between them; Korean has them."""

_LOOKED_AT = 5_000
_AT_ONCE = 1 << 18
_LETTER = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Of Chinese, Japanese, Thai, Lao, Tibetan, Burmese and Khmer."""


def amount_of(text: str, words: int) -> str:
    """``1,204 words``, or ``1,204 characters``.

    Args:
        text: what is counted.
        words: how many there are between blanks.
    """
    if not is_without_blanks(text):
        return count_of(words, "word")
    pieces = (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
    characters = sum(sum(map(len, piece.split())) for piece in pieces)
    return count_of(characters, "character")


def is_without_blanks(text: str) -> bool:
    """Whether most letters in the beginning of a text are of scripts that set no words apart."""
    beginning = text[:_LOOKED_AT]
    return 2 * len(_LETTER.findall(beginning)) > sum(map(str.isalnum, beginning))
