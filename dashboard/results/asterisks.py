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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from dashboard.results.asterisk_words import LONGEST_WORD, runs_in_word, visible

_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\r\n]+|\r\n|\r|\n")
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
class Stretch:
    """Asterisks within one word, joined by nothing but punctuation.

    Attributes:
        start: offset of the first asterisk in the text.
        end: offset after the last one.
        line: 1-based; lines end with CR LF, CR or LF.
        word_index: 0-based place among the words of the whole text (split at white space).
        verdict: judged by the surroundings alone.
    """

    start: int
    end: int
    line: int
    word_index: int
    verdict: Verdict


def judged_stretches(text: str) -> tuple[list[Stretch], int]:
    """All stretches of asterisks of a trial text in reading order, and the number of its words."""
    stretches: list[Stretch] = []
    has_list = _LISTED.search(text) is not None
    words_before = 0
    for number, start, line in _lines(text):
        if "*" not in line:
            words_before += len(line.split())
            continue
        words = list(_WORD.finditer(line))
        for place, first, end, verdict in _judge_line([word[0] for word in words], has_list=has_list):
            offset = start + words[place].start()
            stretches.append(Stretch(offset + first, offset + end, number, words_before + place, verdict))
        words_before += len(words)
    return stretches, words_before


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """All lines that are not empty: 1-based number, offset, content without its end."""
    number = 1
    for found in _LINE.finditer(text):
        if found[0][0] in "\r\n":
            number += 1
        else:
            yield number, found.start(), found[0]


def _judge_line(words: Sequence[str], *, has_list: bool) -> Iterator[tuple[int, int, int, Verdict]]:
    """Place of the word in its line, where in the word the stretch begins and ends, and what it is."""
    seen = [visible(word) for word in words]
    if all(set(spelling) == {"*"} for spelling in seen):
        verdict = Verdict.DOUBTFUL if 1 < max(map(len, seen)) <= LONGEST_WORD else Verdict.OWN
        yield from (
            (place, word.index("*"), word.rindex("*") + 1, verdict) for place, word in enumerate(words)
        )
        return
    context = _Context(seen, has_list=has_list)
    open_parentheses = 0
    for place, spelling in enumerate(seen):
        open_parentheses += spelling.count("(")
        if "*" in spelling:
            verdict = context.verdict(place)
            for first, end, stands_for_word in runs_in_word(
                words[place], in_parenthesis=open_parentheses > 0
            ):
                yield place, first, end, verdict if stands_for_word else Verdict.OWN
        open_parentheses = max(0, open_parentheses - spelling.count(")"))


class _Context:
    """What the other words of a line say about a word of asterisks."""

    def __init__(self, seen: Sequence[str], *, has_list: bool) -> None:
        self._seen = seen
        self._has_list = has_list
        self._has_equation = any("=" in word for word in seen)
        self._is_banner = len(seen) > 2 and seen[0] == seen[-1] and set(seen[0]) == {"*"}  # noqa: PLR2004 - two ends

    def verdict(self, place: int) -> Verdict:
        """What the word would be if it is spelled like a mask."""
        word = self._seen[place]
        length = word.count("*")
        if self._follows_label(place) or self._is_graded(place, length):
            return Verdict.OWN
        if set(word.strip("().,;")) != {"*"}:
            return Verdict.MASK
        if word == "*" * length and self._is_sign(place, length):
            return Verdict.OWN
        before = self._before(place)
        if length <= 2 and before.lstrip("(") in _POINTED_AT:  # noqa: PLR2004 - a pointer to a pointer
            return Verdict.OWN
        at_end = place == len(self._seen) - 1
        is_list_mark = self._has_list and ((place == 0 and length <= 3) or (at_end and word == "*"))  # noqa: PLR2004 - footnotes go to three
        is_banner = self._is_banner and (place == 0 or at_end)
        return Verdict.DOUBTFUL if is_banner or is_list_mark else Verdict.MASK

    def _before(self, place: int) -> str:
        return self._seen[place - 1] if place else ""

    def _after(self, place: int) -> str:
        return self._seen[place + 1] if place + 1 < len(self._seen) else ""

    def _is_sign(self, place: int, length: int) -> bool:
        """Whether ``*`` or ``**`` alone is a bullet, an operator, or speaks of itself."""
        before, after = self._before(place), self._after(place)
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

    def _follows_label(self, place: int) -> bool:
        """Whether it is the value of a password or rating: the label ends with a colon or an equals sign."""
        word = self._seen[place]
        label = word[: word.index("*")]
        if not label:
            label = self._before(place)
            if label in (":", "=") and place > 1:
                label = self._seen[place - 2] + label
        if not label.endswith((":", "：", "=")):  # noqa: RUF001 - as in Chinese
            return False
        name = label[:-1].casefold()
        return name in _SECRETS or (name in _RATINGS and word.count("*") <= _MOST_STARS)

    def _is_graded(self, place: int, length: int) -> bool:
        """Whether the next word tells the number of stars: ``*** 3/5``, ``*** (3)``."""
        grade = _GRADE.fullmatch(self._after(place))
        return grade is not None and str(length) in grade.groups()


def _between(pattern: re.Pattern[str], before: str, after: str) -> bool:
    return pattern.fullmatch(before) is not None and pattern.fullmatch(after) is not None
