"""Which characters leave nothing to see, and what is left of a text when they are taken away. Pure."""

import re
import unicodedata

_CATEGORIES = frozenset("ZCM")
"""Blanks; controls, formats and what is unassigned; marks, which need another character to sit on."""

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
"""Letters and symbols that are nothing but blank."""

_IGNORED_MARKS = frozenset(
    map(
        chr,
        (
            0x34F,
            0x17B4,
            0x17B5,
            0x180F,
            *range(0x180B, 0x180E),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
"""Marks that change nothing, or nearly nothing, in what they sit on: joiners and variation selectors."""

_PICTURES = r"\U0001f000-\U0001faff"
"""Set aside for pictures; what this Python has no name for in here is an emoji of a later year."""

_PICTURE = re.compile(f"[{_PICTURES}]")
_JOINERS = r"\u180e\u200c\u200d"
_JOINED = rf"[^\x00-\xa0\xad\u115f\u1160\u2000-\u206f\u2800\u3000\u3164\ufeff{_JOINERS}]"
_MEANT = re.compile(
    rf"""(?P<always>
            (?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}\U000e007f  # whose flag it is
          | (?<={_JOINED})[{_JOINERS}](?![{_JOINERS}]) | [{_JOINERS}](?={_JOINED})  # how letters and emoji join
          | [\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]      # drawn around numbers
          | [{_PICTURES}])
      | (?P<with_directions>[\u061c\u200e\u200f])""",
    re.VERBOSE,
)
"""What is not printable and still means something where it stands."""

_TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))
_TAGS = "".join(map(chr, range(0xE0020, 0xE0080)))
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of them make a flag."""

_LONGEST = 32
"""Characters of one picture or letter that are looked at: a family with tones has eleven."""


def is_unseen(character: str) -> bool:
    """Whether a character by itself leaves nothing to see."""
    if character in _FILLERS:
        return True
    return unicodedata.category(character)[0] in _CATEGORIES and not _PICTURE.match(character)


def is_visible(text: str) -> bool:
    """Whether there is anything to see in a text."""
    return not all(map(is_unseen, text))


def without_unseen(text: str) -> str:
    """A text without what is neither seen nor means anything; controls, line ends and their like become blanks.

    Joiners stay where they shape letters or make one picture of several, the tags of a flag stay behind it, and
    marks of direction in texts that run to the left. Overrides of direction, blanks without width and hidden
    letters go.
    """
    if text.isprintable():
        return text
    runs_left = any(unicodedata.bidirectional(it) in {"R", "AL"} and it.isprintable() for it in text)
    kept: list[str] = []
    done = 0
    for found in _MEANT.finditer(text):
        if found["always"] or runs_left:
            kept += (*map(_printable, text[done : found.start()]), found[0])
            done = found.end()
    return "".join([*kept, *map(_printable, text[done:])])


def cut(text: str, most: int) -> str:
    """The beginning of a text, so many characters at most, that ends before a picture or letter it would break."""
    if len(text) <= most:
        return text
    end = next((end for end in range(most, max(most - _LONGEST, 0), -1) if not _is_inside(text, end)), most)
    return text[:end]


def _is_inside(text: str, end: int) -> bool:
    """Whether what stands at both sides of a place is seen as one."""
    before, after = text[end - 1], text[end]
    if unicodedata.category(after)[0] == "M" or after in _TONES + _TAGS or "\u200d" in (before, after):
        return True
    letters = len(text[:end]) - len(text[:end].rstrip(_FLAG_LETTERS))
    return after in _FLAG_LETTERS and letters % 2 == 1


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "


def as_seen(text: str) -> str:
    """The same for all texts that look the same but for case, blanks, forms and what is not seen.

    Letters of different scripts that look alike stay different.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(map(_seen, folded)).split())


def _seen(character: str) -> str:
    if unicodedata.category(character)[0] == "Z" or character in _FILLERS or character.isspace():
        return " "
    is_dropped = unicodedata.category(character)[0] == "C" or character in _IGNORED_MARKS
    return "" if is_dropped else character
