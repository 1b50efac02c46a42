"""Words that evaluation mode replaced by asterisks (fact sheet 6), counted; a person may correct each of them.

Which asterisks are masks is judged in :mod:`dashboard.results.asterisks`. Where the judgement errs, somebody
*flips* a stretch: its offset joins a set that is kept beside the text. Offsets count characters of the text, so
the set stays true for as long as the text does. A flip turns one stretch around and never moves another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dashboard.models.limits import MOST_JUDGED, NOT_JUDGED
from dashboard.results.asterisk_words import TooManyAsterisks
from dashboard.results.asterisks import Place, Stretch, Verdict, judged_stretches
from dashboard.results.word_counts import count_words

NONE_FLIPPED: frozenset[int] = frozenset()

_REMEMBERED = 2
"""Texts whose judgement is kept: a page asks several times about the same one, and long ones take seconds."""


@dataclass(frozen=True, slots=True)
class Mask(Place):
    """One masked word."""


@dataclass(frozen=True, slots=True)
class Asterisks(Place):
    """Asterisks of a trial text, mask or not, that a person may flip; flips are kept by their start.

    Attributes:
        masked: whether they count as a mask, flips included.
        flipped: whether a person has turned the judgement around.
    """

    masked: bool
    flipped: bool


@dataclass(frozen=True, slots=True)
class MaskReport:
    """How much of a text is masked: all words (split at white space) and masked words."""

    words: int
    masks: int

    @property
    def share(self) -> float:
        """Of masked words, from 0 to 1."""
        return self.masks / self.words if self.words else 0.0

    @property
    def documented(self) -> int:
        """How many words evaluation mode masks: one in ten, rounded down (12 of 123 observed)."""
        return self.words // 10

    @property
    def beyond(self) -> int:
        """Masked words above the documented tenth: so many asterisks may be the text's own."""
        return max(0, self.masks - self.documented)


def mask_report(text: str, *, trial: bool, flipped: frozenset[int] = NONE_FLIPPED) -> MaskReport:
    """Count words and masks; in the text of a regular task nothing is ever a mask, flipped or not."""
    return report_of(text, find_masks(text, flipped=flipped) if trial else ())


def report_of(text: str, masks: Iterable[Mask]) -> MaskReport:
    """Count the words of a text and those of its masks; two stretches in one word are one masked word."""
    return MaskReport(words=count_words(text), masks=len({mask.word_index for mask in masks}))


def too_many_asterisks(text: str) -> bool:
    """Whether the asterisks of a *trial* task's text are too many to be judged; no word counts as masked then."""
    return _judged(text) is None


def find_masks(text: str, *, flipped: frozenset[int] = NONE_FLIPPED) -> tuple[Mask, ...]:
    """Find the masked words of a *trial* task's text, in reading order; none where there is too much to judge.

    Not to be asked about regular tasks: their asterisks are all their own.

    Args:
        text: of a trial task.
        flipped: offsets of stretches whose judgement a person has turned around; others are passed over.
    """
    return tuple(
        Mask(start=found.start, end=found.end, line=found.line, word_index=found.word_index)
        for found in find_asterisks(text, flipped=flipped)
        if found.masked
    )


def find_asterisks(text: str, *, flipped: frozenset[int] = NONE_FLIPPED) -> tuple[Asterisks, ...]:
    """Every stretch of asterisks of a *trial* task's text in reading order, masks and others.

    None where there is too much to judge (:func:`too_many_asterisks`).
    """
    stretches, words = _judged(text) or ((), 0)
    candidates = sum(stretch.verdict is not Verdict.OWN for stretch in stretches)
    doubtful_too = not MaskReport(words=words, masks=candidates).beyond
    believed = {Verdict.MASK, Verdict.DOUBTFUL} if doubtful_too else {Verdict.MASK}
    return tuple(
        Asterisks(
            start=stretch.start,
            end=stretch.end,
            line=stretch.line,
            word_index=stretch.word_index,
            masked=(stretch.verdict in believed) is not (stretch.start in flipped),
            flipped=stretch.start in flipped,
        )
        for stretch in stretches
    )


def masks_within(masks: Iterable[Mask], start: int, end: int) -> list[Mask]:
    """The masks that lie wholly in a piece of their text, with the places they have in the piece."""
    return [mask.moved(-start) for mask in masks if start <= mask.start and mask.end <= end]


def _judged(text: str) -> tuple[tuple[Stretch, ...], int] | None:
    """All stretches and the number of words; None where there is too much to judge."""
    # Texts without asterisks are not worth remembering, and those that are too long must not be kept alive.
    if "*" not in text:
        return (), 0
    return None if len(text) > MOST_JUDGED else _remembered(text)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str) -> tuple[tuple[Stretch, ...], int] | None:
    try:
        stretches, words = judged_stretches(text)
    except TooManyAsterisks:
        return None
    return tuple(stretches), words


def flip(text: str, flipped: frozenset[int], offset: int) -> frozenset[int]:
    """The flipped offsets after a person turned around the stretch at an offset; twice is as before.

    Args:
        text: of a trial task.
        flipped: what was turned around before.
        offset: of any character of the stretch.

    Raises:
        ValueError: there is no asterisk there, or there are too many to judge.
    """
    if too_many_asterisks(text):
        raise ValueError(NOT_JUDGED)
    for found in find_asterisks(text):
        if found.start <= offset < found.end:
            return flipped ^ {found.start}
    raise ValueError(f"There is no asterisk at character {offset} of this text.")
