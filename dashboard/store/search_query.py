"""What people type into the search: words, "phrases", beginn*, -without. Pure; nothing typed is an error."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dashboard.folding import straight_quotes, whole_words
from dashboard.store.search_folding import fold, gap_word

MAX_QUERY = 200
"""Characters that are looked at."""

MAX_TERMS = 20

MAX_PHRASE = 20
"""Words of a phrase that are looked at: each costs another walk through every place of the others."""

_PIECE = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?(?P<star>\*?)|(?P<bare>\S+)')
_SHORTEST_GAP = 2
"""Letters; a gap of one could be anything."""


@dataclass(frozen=True, slots=True)
class Term:
    """Something that must be in a text, or must not.

    Attributes:
        words: next to each other, in this order.
        lengths: characters of each as it was typed; a masked word has as many asterisks.
        prefix: the last word may go on.
    """

    words: tuple[str, ...]
    lengths: tuple[int, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """All of ``wanted`` and none of ``unwanted``."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()

    def with_gaps(self) -> Iterator["Query"]:
        """Every way in which exactly one word may have been masked; nothing when no word can have been."""
        for number, term in enumerate(self.wanted):
            for place, (word, length) in enumerate(zip(term.words, term.lengths, strict=True)):
                goes_on = term.prefix and place == len(term.words) - 1
                if goes_on or length < _SHORTEST_GAP or not word.isalnum():
                    continue
                words = (*term.words[:place], gap_word(length), *term.words[place + 1 :])
                changed = replace(term, words=words)
                yield replace(self, wanted=(*self.wanted[:number], changed, *self.wanted[number + 1 :]))


def parse(typed: str) -> Query:
    """Read what somebody typed; signs that mean nothing here separate words."""
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for found in _PIECE.finditer(straight_quotes(whole_words(typed[:MAX_QUERY]))):
        bare = found["bare"]
        if bare is None:
            minus, text, star = bool(found["minus"]), found["phrase"], bool(found["star"])
        else:
            minus = bare.startswith("-") and len(bare) > 1
            text, star = bare.removeprefix("-") if minus else bare, bare.endswith("*")
        term = _term(text, prefix=star)
        if term is not None and len(wanted) + len(unwanted) < MAX_TERMS:
            (unwanted if minus else wanted).append(term)
    return Query(tuple(wanted), tuple(unwanted))


def _term(text: str, *, prefix: bool) -> Term | None:
    words = fold(text)
    if not words:
        return None
    typed = re.findall(r"[^\W_]+", text)
    same = len(typed) == len(words)
    lengths = tuple(len(typed[place]) if same else len(word) for place, word in enumerate(words))
    return Term(tuple(words[:MAX_PHRASE]), lengths[:MAX_PHRASE], prefix and len(words) <= MAX_PHRASE)
