"""What people read in a part: hOCR and other markup by its words, JSON by its values; other text as it is.

Nothing is executed, fetched or trusted: the text is looked through once from beginning to end, so a hostile one costs
no more than its length. One in which nothing is found, or that is too long, stays as it is: nothing is lost by a wrong
guess.
"""

import html
import json
import re

from dashboard.results.sniffing import HTML, JSON, SVG

LONGEST = 5_000_000
"""Characters that are looked through."""

_WORD = re.compile(r"\bocrx?_word\b")
_LINE = re.compile(r"\b(?:ocrx?_line|ocr_header|ocr_caption|ocr_textfloat|ocr_footer)\b")
_BLOCK = re.compile(r"\bocrx?_(?:par|block|carea|page)\b")
_LINE_TAGS = frozenset({"br", "div", "li", "tr", "dt", "dd", "hr", "option", "text"})
_BLOCK_TAGS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "pre", "blockquote", "section"}
)
_CELL_TAGS = frozenset({"td", "th"})
_RAW_TAGS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
"""What is in them is no markup, and nothing to read."""

_UNSEEN_TAGS = frozenset({"title", "desc", "metadata", "template"})
"""Hidden until they end, or until something is meant to be seen."""

_TAG = re.compile(r"/?([A-Za-z][^\s/>]*)")
_STOP = re.compile("[\"'>]")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_GAPS = re.compile(r"[ \n\v]*[\n\v][ \n\v]*| {2,}")
_END_OF_BLOCK = "\v"

# A string that a colon follows is a name. One without an end goes on to the end: what is cut is read as well.
_JSON = re.compile(r'"((?:[^"\\]++|\\(?:.|\Z))*+)(?:"|\Z)(\s*+:)?+|(-?[0-9][0-9.eE+-]*+)', re.DOTALL)


def readable(media_type: str, text: str) -> str:
    """The words of a text part.

    Args:
        media_type: what it was recognised as.
        text: hostile input; also the beginning of one.
    """
    read = _READERS.get(media_type)
    if read is None or len(text) > LONGEST:
        return text
    return read(text) or text


def _values(text: str) -> str:
    """Strings and numbers of JSON, one a line, in order."""
    return "\n".join(
        found[3] if found[1] is None else _unescaped(found[1])
        for found in _JSON.finditer(text)
        if not found[2]
    ).strip()


def _unescaped(inside: str) -> str:
    if "\\" not in inside:
        return inside
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return inside


def _visible(text: str) -> str:
    """The text between tags, with the lines and blocks that they make."""
    markup, pieces, done = _Markup(text), list[str](), 0
    hidden = ""
    while (place := text.find("<", done)) >= 0:
        if not hidden:
            pieces.append(_data(text[done:place]))
        done, tag, name = markup.tag_at(place)
        if not name:
            pieces.append("" if tag or hidden else "<")
            continue
        if hidden == name and tag.startswith("/"):
            hidden = ""
        elif name in _RAW_TAGS and not tag.startswith("/"):
            done = markup.end_of_raw(name, done)
        elif name in _UNSEEN_TAGS:
            hidden = "" if tag.startswith("/") or tag.endswith("/") else name
        else:
            hidden = "" if name not in ("head", "meta", "link") else hidden
            pieces.append(_break_of(name, tag))
    if not hidden:
        pieces.append(_data(text[done:]))
    return _GAPS.sub(_gap, "".join(pieces)).strip()


class _Markup:
    """Finds where tags end; what is missing once is not looked for again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._missing: set[str] = set()

    def tag_at(self, place: int) -> tuple[int, str, str]:
        """Where a tag ends, what is in it, and its name in lower case; no name for comments and for a bare bracket."""
        text = self._text
        if text.startswith("<!--", place):
            return self._after("-->", place + 4), "!", ""
        if text.startswith(("<!", "<?"), place):
            return self._after(">", place), "!", ""
        found = _TAG.match(text, place + 1)
        if found is None:
            return place + 1, "", ""
        end = self._end_of_tag(found.end())
        return end, text[place + 1 : end].removesuffix(">"), found[1].lower()

    def end_of_raw(self, name: str, place: int) -> int:
        """Where a script or style ends; where it begins when it never ends."""
        found = None if name in self._missing else _RAW_TAGS[name].search(self._text, place)
        if found is None:
            self._missing.add(name)
        return place if found is None else found.start()

    def _end_of_tag(self, place: int) -> int:
        while (stop := _STOP.search(self._text, place)) is not None:
            if stop[0] == ">":
                return stop.end()
            place = self._after(stop[0], stop.end(), otherwise=stop.end())
        return len(self._text)

    def _after(self, wanted: str, place: int, *, otherwise: int | None = None) -> int:
        found = -1 if wanted in self._missing else self._text.find(wanted, place)
        if found < 0:
            self._missing.add(wanted)
            return len(self._text) if otherwise is None else otherwise
        return found + len(wanted)


def _data(text: str) -> str:
    plain = html.unescape(text) if "&" in text else text
    return _BLANKS.sub(" ", plain)


def _break_of(name: str, tag: str) -> str:
    """What stands for a tag: the end of a block or a line, or a blank between words."""
    if name in _BLOCK_TAGS or ("ocr" in tag and _BLOCK.search(tag)):
        return _END_OF_BLOCK
    if name in _LINE_TAGS or ("ocr" in tag and _LINE.search(tag)):
        return "\n"
    return " " if name in _CELL_TAGS or ("ocr" in tag and _WORD.search(tag)) else ""


def _gap(found: re.Match[str]) -> str:
    if _END_OF_BLOCK in found[0]:
        return "\n\n"
    return "\n" if "\n" in found[0] else " "


_READERS = {HTML.media_type: _visible, SVG.media_type: _visible, JSON.media_type: _values}
