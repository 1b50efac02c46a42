"""The one way in which texts and searches are made comparable: library, board, and finding in a text. Pure.

What people see as the same is the same: case, accents, composed and decomposed letters, ligatures, ß and ss, i with
and without a dot, blanks and line ends, quotes, apostrophes and dashes of every shape; and a word that was broken at a
line end is whole.
The browser does the same by the same tables (:func:`javascript`).
"""

import json
import re
import unicodedata
from importlib.resources import files

JOINT = "\x1f"
"""Stands where a word was broken at a line end. A control character: in no text that gets here, and ASCII."""

GAP = "\ue000"
"""Begins words that no text has. A private character: nobody can type or recognise it."""

INVISIBLE = "\u00ad\u061c\u180b-\u180e\u200b-\u200f\u2027\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
"""Nothing to see, soft hyphens among them."""

DROPPED = (
    "\u0300-\u036f"  # accents, after they were taken off their letters
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew vowel points
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"  # Arabic ones, and the stretch
    f"{INVISIBLE}{GAP}"
)
DOUBLE_QUOTES = "“”„‟«»‹›〝〞〟＂״\u02ba\u02ee\u2033「」『』"  # noqa: RUF001 - as typeset
_APOSTROPHES = "‘’‚‛`′‵ꞌ՚׳\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb"  # noqa: RUF001 - as typeset
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7"

# Would otherwise become a blank with an accent, or two apostrophes.
_BEFORE = {"\u00b4": "'", "\u0384": "'", "\u1fbd": "'", "\u1fbf": "'", "\u2033": '"'}
_DIGITS = [code for code in range(0x0660, 0x1AA0) if unicodedata.category(chr(code)) == "Nd"]
_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h",
    "\u0671": "\u0627",  # alef with wasla
    "\u0649": "\u064a", "\u06cc": "\u064a",  # ya without dots, Persian ya
    "\u0629": "\u0647",  # ta marbuta is typed as ha
    "\u06a9": "\u0643",  # Persian kaf
    "\u2044": "/",  # in fractions
    **{chr(code): str(unicodedata.decimal(chr(code))) for code in _DIGITS},
    **dict.fromkeys(DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(_DASHES, "-"),
}  # fmt: skip

_BLANKS = "\t-\r\x1c-\x1e \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_IN_LINE = "\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LINE_ENDS = "\n\r\u000b\u000c\u0085\u2028\u2029"
_HYPHENS = "\u058a\u2010\u2011\ufe63\uff0d-"
_SOFT_HYPHENS = "\u00ac\u00ad\u1806\u2027"
"""Only ever at a break; ¬ is what some recognition writes for one."""

_BREAK = f"[{_SOFT_HYPHENS}{_HYPHENS}][{_IN_LINE}]{{0,8}}(?:\r\n|[{_LINE_ENDS}])[{_IN_LINE}]{{0,64}}(?![{_BLANKS}])"

_dropped = re.compile(f"[{DROPPED}]")
_blanks = re.compile(f"[{_BLANKS}]+")
_break = re.compile(_BREAK)
_quoted = re.compile(r'^ ?"(.+)" ?$')
_letters = str.maketrans(_LETTERS)
_same_quotes = str.maketrans(dict.fromkeys(DOUBLE_QUOTES, '"'))


def letters(text: str) -> str:
    """The text with its letters, digits and signs made comparable; blanks and line ends stay."""
    if text.isascii():
        return text.lower()
    for sign, plain in _BEFORE.items():
        text = text.replace(sign, plain)
    taken_apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _dropped.sub("", taken_apart).translate(_letters))


def joined(text: str) -> str:
    """The text with :data:`JOINT` where a word was broken at a line end.

    A hyphen that belongs to the word stays without the line end: before a capital, and beside digits.
    """
    return _break.sub(_mended, text.replace(JOINT, " "))


def whole_words(text: str) -> str:
    """The text without the line ends at which words are broken."""
    return joined(text).replace(JOINT, "")


def breaks(text: str) -> list[tuple[int, int]]:
    """Where words are broken at line ends: from each hyphen to where the word goes on."""
    return [found.span() for found in _break.finditer(text) if _mended(found) == JOINT]


def folded(text: str) -> str:
    """The text as a piece of it is looked for: comparable, in one line with single blanks."""
    plain = letters(joined(text)).replace("`", "'")
    return _blanks.sub(" ", plain).replace(JOINT, "")


def looked_for(typed: str) -> str:
    """What somebody looks for as a piece of a text, folded; quotes around all of it only say that it is one phrase."""
    piece = folded(typed)
    return _quoted.sub(r"\1", piece)


def folded_label(label: str) -> str:
    """A label as a piece of it is looked for."""
    plain = folded(label)
    if breaks(label):  # of more than one line, which no page makes: whole and with its hyphen
        plain += "\n" + _blanks.sub(" ", letters(joined(label).replace(JOINT, "-")))
    return plain


def straight_quotes(text: str) -> str:
    """The text with straight double quotes for those of every other shape."""
    return text.translate(_same_quotes)


def javascript() -> str:
    """The same for browsers: a constant ``folding`` with ``fold`` and ``find``."""
    tables = {
        "joint": JOINT,
        "before": _BEFORE,
        "letters": _LETTERS,
        "dropped": DROPPED,
        "blanks": _BLANKS,
        "soft": _SOFT_HYPHENS,
        "break": _BREAK,
    }
    code = (files("dashboard") / "folding.js").read_text(encoding="utf-8")
    return f"const FOLDING = {json.dumps(tables)};\n{code}"


def _mended(found: re.Match[str]) -> str:
    """What stands for a hyphen at a line end: the joint of one word, a hyphen, or what was there."""
    text, place = found.string, found.start()
    before, after = text[place - 1 : place], text[found.end() : found.end() + 1]
    if before.isalpha() and after.isalpha() and after.islower():
        return JOINT  # as nearly always
    while place and unicodedata.category(text[place - 1])[0] == "M":
        place -= 1
    before = text[place - 1 : place]
    if not (_is(before, "LN") and _is(after, "LN")):
        return found[0]
    if found[0][0] in _SOFT_HYPHENS:
        return JOINT
    goes_on = not _is_capital(after) or _is_capital(before)
    return JOINT if goes_on and _is(before, "L") and _is(after, "L") else "-"


def _is(character: str, kinds: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] in kinds


def _is_capital(character: str) -> bool:
    return unicodedata.category(character) in ("Lu", "Lt")
