"""What a comparison of a trial text with a regular text takes and tells."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One recognised text and how it was made.

    Attributes:
        text: as recognised.
        trial: whether evaluation mode made it.
        flipped: offsets at which a person turned the judgement of asterisks around; only for trial texts.
    """

    text: str
    trial: bool
    flipped: frozenset[int] = frozenset()


class Told(Enum):
    """What the regular text tells about a mask."""

    FILLED = "filled"
    OWN = "own"  # the same asterisks are there: nothing is hidden
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One mask and what it hides.

    Attributes:
        start: offset of its first asterisk in the trial text.
        end: offset after its last asterisk.
        told: whether the regular text has the answer.
        hidden: the word, or words with a space between; None unless filled.
    """

    start: int
    end: int
    told: Told
    hidden: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Neighbouring words that differ and are not explained by masks; one side may be empty.

    Attributes:
        trial: the words as the trial text has them.
        trial_start: where they begin in the trial text.
        trial_end: where they end; for no words, both lie between the neighbours.
        regular: the words as the regular text has them.
        only_masks: whether the trial has nothing there but masks; already counted as unknown.
    """

    trial: str
    trial_start: int
    trial_end: int
    regular: str
    only_masks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All masks, all differences, and how much is alike: readable words in place, from 0 to 1."""

    fillings: tuple[Filling, ...]
    differences: tuple[Difference, ...]
    alike: float

    @property
    def masks(self) -> int:
        """All masks of the trial text."""
        return len(self.fillings)

    @property
    def filled(self) -> int:
        """Masks whose word is known now."""
        return self._told(Told.FILLED)

    @property
    def own(self) -> int:
        """Masks that are asterisks in the regular text too."""
        return self._told(Told.OWN)

    @property
    def unknown(self) -> int:
        """Masks whose word is not certain."""
        return self._told(Told.UNKNOWN)

    @property
    def other_differences(self) -> int:
        """Differences that are not about masks alone."""
        return sum(not difference.only_masks for difference in self.differences)

    def _told(self, told: Told) -> int:
        return sum(filling.told is told for filling in self.fillings)
