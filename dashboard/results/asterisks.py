"""Every asterisk of a trial text, judged by its surroundings: a masked word, or an asterisk of its own.

Observed (fact sheet 6): one asterisk per letter, punctuation stays (``vis,`` -> ``***,``), single letters
included. Everything else is inferred from how people use asterisks:

=========================  ========  ======================================================================
seen in a trial text       mask?     because
=========================  ========  ======================================================================
``to ****** at``           yes       stands where a word stands
``***,`` ``(***)``         yes       punctuation, emoji and invisible marks around a word are never masked
``***'*`` ``**-***``       yes       one word with inner punctuation, one mask
``Sit,***`` ``****'s``     yes       a missing space after a comma is common in recognised text
``is * good``              yes       a masked one-letter word
``* item`` ``price *)``    no        a bullet, a footnote
``5 * 3`` ``a = b * c``    no        a formula
``a*b`` ``**bold**``       no        whole words are masked, never parts of them; scripts without spaces too
``***-**-1234``            no        digits: a number somebody else has hidden
``/*`` ``*.*`` ``char *``  no        code, file patterns
``* * *``                  no        an ornament; and so is every run longer than :data:`LONGEST_WORD`
``Password: ****``         no        what stands behind such a label; stars behind ``Rating:`` likewise
``*****`` alone on a line  doubtful  a word or a rule
``*** Notice ***``         doubtful  two words or a banner
``** item``                doubtful  where other lines have bullets or footnotes
=========================  ========  ======================================================================

Doubtful ones count as masks only while all masks together stay within the documented tenth. What cannot be
told (``Hotel Adler ****``, a password without its label) is judged by its place: a person may flip it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Self

from dashboard.models.limits import MOST_ASTERISKS, MOST_JUDGED
from dashboard.results.asterisk_words import LONGEST_WORD, TooManyAsterisks, runs_in_word, visible
from dashboard.results.neighbours import (
    LONGEST_NEIGHBOUR,
    line_ends,
    still_open,
    word_before,
    word_end,
    word_start,
)
from dashboard.results.word_counts import count_words

_WORD = re.compile(r"\S+")
_STARS = re.compile(r"[\s*]*")
_LINE_END = re.compile(r"[\r\n]")

_LISTED = re.compile(r"(?:\A|[\r\n])[^\S\r\n]*\*\)?(?=[^\S\r\n])")
_OPERAND = re.compile(r"[^\W_]|[-+]?[$€£¥]?(?:\d[\d.,]*|[\d.,]*\d)(?:%|[a-z]{1,2})?")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")
_GRADE = re.compile(r"\(?([0-9])(?:[.,]\d)?/(?:5|6|10)\)?|\(([0-9])\)")
_POINTED_AT = frozenset({"char", "const", "float", "int", "size_t", "unsigned", "void"})
_SECRETS = frozenset(
    {"password", "passwort", "passcode", "passphrase", "kennwort", "pwd", "pin", "cvv", "cvc", "puk", "passe"}
    | {"contraseña", "senha", "parola", "hasło", "wachtwoord", "lösenord", "пароль", "סיסמה"}
    | {"密码", "密碼", "パスワード", "비밀번호"}
)
_RATINGS = frozenset(
    {"rating", "ratings", "stars", "score", "bewertung", "sterne", "note"}
    | {"puntuación", "valoración", "оценка", "评分"}
)
_MOST_STARS = 10


class Verdict(Enum):
    """What a stretch of asterisks is taken for."""

    MASK = "mask"
    DOUBTFUL = "doubtful"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Place:
    """Where asterisks are, within one word and joined by nothing but punctuation.

    Attributes:
        start: offset of the first asterisk in the text.
        end: offset after the last one.
        line: 1-based; lines end with CR LF, CR or LF.
        word_index: 0-based place among the words of the whole text (split at white space).
    """

    start: int
    end: int
    line: int
    word_index: int

    def moved(self, by: int) -> Self:
        """The same in a piece of the text that begins elsewhere."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True, slots=True)
class Stretch(Place):
    """Asterisks, judged by their surroundings alone."""

    verdict: Verdict


def judged_stretches(text: str) -> tuple[list[Stretch], int]:
    """All stretches of asterisks of a trial text in reading order, and the number of its words.

    Only the lines with asterisks are looked at, and in them only the words with asterisks and their neighbours.

    Raises:
        TooManyAsterisks: the text is longer than :data:`~dashboard.models.limits.MOST_JUDGED`, or there are more
            stretches than :data:`~dashboard.models.limits.MOST_ASTERISKS`.
    """
    if len(text) > MOST_JUDGED:
        raise TooManyAsterisks
    stretches: list[Stretch] = []
    has_list = _LISTED.search(text) is not None
    words_before = done = 0
    number = 1
    place = text.find("*")
    while place >= 0:
        start = max(done, text.rfind("\n", done, place) + 1, text.rfind("\r", done, place) + 1)
        ended = _LINE_END.search(text, place)
        end = ended.start() if ended else len(text)
        number += line_ends(text, done, start)
        words_before += count_words(text, done, start)
        line = _Line(text[start:end], has_list=has_list)
        for word_index, first, last, verdict in line.stretches():
            if len(stretches) == MOST_ASTERISKS:
                raise TooManyAsterisks
            stretches.append(Stretch(start + first, start + last, number, words_before + word_index, verdict))
        words_before += line.words
        done = end
        place = text.find("*", end)
    return stretches, words_before + count_words(text, done)


class _Line:
    """One line with asterisks."""

    def __init__(self, text: str, *, has_list: bool) -> None:
        self._text = text
        self._has_list = has_list
        self.words = count_words(text)

    def stretches(self) -> Iterator[tuple[int, int, int, Verdict]]:
        """Place of the word in the line, where in the line the stretch begins and ends, and what it is."""
        return self._all_stars() if self._is_all_stars() else self._judged()

    def _is_all_stars(self) -> bool:
        text = self._text
        if text.isascii():
            return _STARS.fullmatch(text) is not None
        return all(set(visible(word[0])) == {"*"} for word in _WORD.finditer(text))

    def _all_stars(self) -> Iterator[tuple[int, int, int, Verdict]]:
        if self.words > MOST_ASTERISKS:
            raise TooManyAsterisks
        longest = max(len(visible(word[0])) for word in _WORD.finditer(self._text))
        verdict = Verdict.DOUBTFUL if 1 < longest <= LONGEST_WORD else Verdict.OWN
        for place, word in enumerate(_WORD.finditer(self._text)):
            start = word.start()
            yield place, start + word[0].index("*"), start + word[0].rindex("*") + 1, verdict

    def _judged(self) -> Iterator[tuple[int, int, int, Verdict]]:
        text = self._text
        around = _Surroundings(has_list=self._has_list, has_equation="=" in text, is_banner=self._is_banner())
        open_parentheses = words = done = 0
        star = text.find("*")
        while star >= 0:
            start = word_start(text, star, done)
            end = word_end(text, star)
            words += count_words(text, done, start)
            open_parentheses = still_open(text, done, start, open_parentheses)
            word = text[start:end]
            seen = visible(word)
            open_parentheses += seen.count("(")
            following = _WORD.search(text, end)
            after = visible(following[0][:LONGEST_NEIGHBOUR]) if following else ""
            ends = words == 0, following is None
            verdict = _Context(around, seen, before=self._before(start), after=after, ends=ends).verdict()
            runs = runs_in_word(word, in_parenthesis=open_parentheses > 0)
            for first, last, stands_for_word in runs:
                yield words, start + first, start + last, verdict if stands_for_word else Verdict.OWN
            open_parentheses = max(0, open_parentheses - seen.count(")"))
            words += 1
            done = end
            star = text.find("*", end)

    def _is_banner(self) -> bool:
        """Whether the line begins and ends with the same asterisks."""
        first = _WORD.search(self._text)
        if first is None or self.words < 3:  # noqa: PLR2004 - two ends, and something between
            return False
        stars = visible(first[0])
        return set(stars) == {"*"} and visible(word_before(self._text, len(self._text))[0]) == stars

    def _before(self, start: int) -> tuple[str, str]:
        """The word before a place and the one before that, as they are seen; empty where there is none."""
        word, begins = word_before(self._text, start)
        return visible(word), visible(word_before(self._text, begins)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What a line says about each of its words."""

    has_list: bool
    has_equation: bool
    is_banner: bool


class _Context:
    """What the other words of a line say about a word of asterisks."""

    def __init__(
        self,
        line: _Surroundings,
        word: str,
        *,
        before: tuple[str, str],
        after: str,
        ends: tuple[bool, bool],
    ) -> None:
        """Take the two words before, the one after, and whether it is the first and the last of its line."""
        self._has_list = line.has_list
        self._has_equation = line.has_equation
        self._is_banner = line.is_banner
        self._word = word
        self._before, self._before_that = before
        self._after = after
        self._is_first, self._is_last = ends

    def verdict(self) -> Verdict:
        """What the word would be if it is spelled like a mask."""
        word = self._word
        length = word.count("*")
        if self._follows_label() or self._is_graded(length):
            return Verdict.OWN
        if set(word.strip("().,;")) != {"*"}:
            return Verdict.MASK
        if word == "*" * length and self._is_sign(length):
            return Verdict.OWN
        if length <= 2 and self._before.lstrip("(") in _POINTED_AT:  # noqa: PLR2004 - a pointer to a pointer
            return Verdict.OWN
        is_list_mark = self._has_list and (
            (self._is_first and length <= 3) or (self._is_last and word == "*")  # noqa: PLR2004 - footnotes go to three
        )
        is_banner = self._is_banner and (self._is_first or self._is_last)
        return Verdict.DOUBTFUL if is_banner or is_list_mark else Verdict.MASK

    def _is_sign(self, length: int) -> bool:
        """Whether ``*`` or ``**`` alone is a bullet, an operator, or speaks of itself."""
        before, after = self._before, self._after
        if length == 1:
            return (
                not before
                or (self._is_banner and not after)
                or "*" in (before, after)
                or (before.casefold() == "select" and after.casefold() == "from")
                or (before == "import" and not after)
                or before in ("an", "marked")
                or _between(_OPERAND, before.strip("()[]"), after.strip("()[];,"))
                or self._between_named(before, after)
            )
        return length == 2 and (  # noqa: PLR2004 - the sign of powers
            _between(_NUMBER, before, after) or self._between_named(before, after)
        )

    def _between_named(self, before: str, after: str) -> bool:
        return self._has_equation and bool(before and after)

    def _follows_label(self) -> bool:
        """Whether it is the value of a password or rating: the label ends with a colon or an equals sign."""
        label = self._word[: self._word.index("*")]
        if not label:
            label = self._before
            if label in (":", "="):
                label = self._before_that + label
        if not label.endswith((":", "：", "=")):  # noqa: RUF001 - as in Chinese
            return False
        name = label[:-1].casefold()
        return name in _SECRETS or (name in _RATINGS and self._word.count("*") <= _MOST_STARS)

    def _is_graded(self, length: int) -> bool:
        """Whether the next word tells the number of stars: ``*** 3/5``, ``*** (3)``."""
        grade = _GRADE.fullmatch(self._after)
        return grade is not None and str(length) in grade.groups()


def _between(pattern: re.Pattern[str], before: str, after: str) -> bool:
    return pattern.fullmatch(before) is not None and pattern.fullmatch(after) is not None
