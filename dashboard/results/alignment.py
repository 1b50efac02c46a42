"""Two sequences of words (or lines) laid beside each other: which stretches are equal.

Words that are there exactly once on both sides are anchors ("patience"); what lies between two anchors is
searched in the same way, with its own single words. Where no word is single, a few words in a row may be
(:data:`WIDTHS`). A stretch without any anchor is given to :mod:`difflib`, which weighs pairs of words, but only
up to :data:`DIFFLIB_PAIRS`; a longer one counts as replaced, for example a page of zeros with another page of
zeros inserted. So the work stays within about ``length * DEEPEST * sum(WIDTHS)`` steps for anchors and
``length * sqrt(DIFFLIB_PAIRS)`` pairs for difflib.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

DIFFLIB_PAIRS = 10_000
"""The largest stretch without anchors that is aligned: a hundred words against a hundred."""

WIDTHS = (1, 3, 8, 24)
"""Words in a row that make an anchor; wider ones are tried only where no narrower one is single."""

DEEPEST = 8
"""How often anchors are searched between anchors."""


@dataclass(frozen=True, slots=True)
class Run:
    """``length`` words that are equal on both sides, from these places on."""

    first: int
    second: int
    length: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words ``first`` to ``first_end`` beside words ``second`` to ``second_end``, ends not included."""

    first: int
    first_end: int
    second: int
    second_end: int

    @property
    def is_even(self) -> bool:
        """Whether there are as many words on both sides."""
        return self.first_end - self.first == self.second_end - self.second


def matching_runs(first: Sequence[str], second: Sequence[str]) -> list[Run]:
    """The equal stretches of two sequences, in order, each as long as can be; all else differs."""
    runs: list[Run] = []
    level = [Stretch(0, len(first), 0, len(second))]
    for depth in range(DEEPEST + 1):
        deeper: list[Stretch] = []
        for whole in level:
            stretch = _without_equal_ends(first, second, whole, runs)
            if stretch.first == stretch.first_end or stretch.second == stretch.second_end:
                continue
            anchors = _anchors(first, second, stretch) if depth < DEEPEST else []
            if anchors:
                runs.extend(Run(place, other, 1) for place, other in anchors)
                deeper.extend(_between(anchors, stretch))
            elif (stretch.first_end - stretch.first) * (stretch.second_end - stretch.second) <= DIFFLIB_PAIRS:
                runs.extend(_weighed(first, second, stretch))
        level = deeper
    return _joined(runs)


def _without_equal_ends(
    first: Sequence[str], second: Sequence[str], stretch: Stretch, runs: list[Run]
) -> Stretch:
    """Cut off what is equal at the beginning and at the end, and add it to the runs."""
    start, other = stretch.first, stretch.second
    end, other_end = stretch.first_end, stretch.second_end
    while start < end and other < other_end and first[start] == second[other]:
        start, other = start + 1, other + 1
    while start < end and other < other_end and first[end - 1] == second[other_end - 1]:
        end, other_end = end - 1, other_end - 1
    if start > stretch.first:
        runs.append(Run(stretch.first, stretch.second, start - stretch.first))
    if end < stretch.first_end:
        runs.append(Run(end, other_end, stretch.first_end - end))
    return Stretch(start, end, other, other_end)


def _anchors(first: Sequence[str], second: Sequence[str], stretch: Stretch) -> list[tuple[int, int]]:
    """Places of words that are there once on both sides, as many as keep their order on both."""
    for width in WIDTHS:
        others = _single(second, stretch.second, stretch.second_end, width)
        pairs = [
            (place, others[key])
            for key, place in _single(first, stretch.first, stretch.first_end, width).items()
            # Keys are hashes; a wrong anchor would say that different words are equal.
            if key in others and first[place] == second[others[key]]
        ]
        if pairs:
            return _longest_rising(pairs)
    return []


def _single(words: Sequence[str], start: int, end: int, width: int) -> dict[int, int]:
    """Hashes of words (in a row) that are there once, in order, with their places."""
    places: dict[int, int] = {}
    repeated: set[int] = set()
    for place in range(start, end - width + 1):
        key = hash(tuple(words[place : place + width]))
        if key in places:
            repeated.add(key)
        else:
            places[key] = place
    return {key: place for key, place in places.items() if key not in repeated}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most pairs whose second places rise as their first places do (patience sorting)."""
    lowest: list[int] = []
    last: list[int] = []
    came_from: list[int] = []
    for index, (_, other) in enumerate(pairs):
        pile = bisect_left(lowest, other)
        came_from.append(last[pile - 1] if pile else -1)
        lowest[pile : pile + 1] = [other]
        last[pile : pile + 1] = [index]
    chain = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(pairs[index])
        index = came_from[index]
    return chain[::-1]


def _between(anchors: Sequence[tuple[int, int]], stretch: Stretch) -> list[Stretch]:
    edges = [(stretch.first - 1, stretch.second - 1), *anchors, (stretch.first_end, stretch.second_end)]
    return [
        Stretch(place + 1, next_place, other + 1, next_other)
        for (place, other), (next_place, next_other) in pairwise(edges)
        if next_place > place + 1 and next_other > other + 1
    ]


def _weighed(first: Sequence[str], second: Sequence[str], stretch: Stretch) -> list[Run]:
    matcher = SequenceMatcher(
        None,
        first[stretch.first : stretch.first_end],
        second[stretch.second : stretch.second_end],
        autojunk=False,
    )
    return [
        Run(stretch.first + block.a, stretch.second + block.b, block.size)
        for block in matcher.get_matching_blocks()
        if block.size
    ]


def _joined(runs: list[Run]) -> list[Run]:
    """In order, those that touch on both sides made one."""
    joined: list[Run] = []
    for run in sorted(runs, key=lambda run: run.first):
        last = joined[-1] if joined else None
        if last and (last.first + last.length, last.second + last.length) == (run.first, run.second):
            joined[-1] = Run(last.first, last.second, last.length + run.length)
        else:
            joined.append(run)
    return joined
