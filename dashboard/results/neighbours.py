"""What stands beside a place in a text, found without taking the text apart."""

import re

LONGEST_NEIGHBOUR = 200
"""Characters of a word beside asterisks that are looked at; labels and numbers are shorter."""

_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s")


def line_ends(text: str, start: int, end: int) -> int:
    """How many lines end here: with CR LF, CR or LF."""
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def word_start(text: str, place: int, floor: int) -> int:
    """Where the word at a place begins, at the earliest at the floor."""
    while place > floor and not text[place - 1].isspace():
        place -= 1
    return place


def word_end(text: str, place: int) -> int:
    """Where the word at a place ends."""
    found = _SPACE.search(text, place)
    return found.start() if found else len(text)


def word_before(text: str, end: int) -> tuple[str, int]:
    """The last word before a place, of a long one its end, and where it begins."""
    while end and text[end - 1].isspace():
        end -= 1
    start = word_start(text, end, max(0, end - LONGEST_NEIGHBOUR))
    return text[start:end], start


def still_open(text: str, start: int, end: int, already: int) -> int:
    """How many parentheses are open after these words; what a word closes is what was opened up to it."""
    opened, closed = text.count("(", start, end), text.count(")", start, end)
    if not (opened and closed):
        return max(0, already + opened - closed)
    for word in _WORD.finditer(text, start, end):
        already = max(0, already + word[0].count("(") - word[0].count(")"))
    return already
