"""A trial text beside the regular text of the same image: which words the masks hide, and what else differs.

Words (split at white space) are laid beside each other by :func:`dashboard.results.alignment.matching_runs`.
A mask is filled only where that is certain: the regular text has as many letters there as the mask has
asterisks, with the same punctuation, and what stands next to it on both sides is the same or nearly so. All else
stays unknown, and so does everything when less than half of the readable words are alike.

Two trial texts are refused: laying several of them over each other would defeat the masks. Whoever wants the
words orders the regular result.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from dashboard.results.alignment import Stretch, matching_runs
from dashboard.results.comparison_values import Comparison, Difference, Filling, Reading, Told
from dashboard.results.comparison_words import Word, hidden_in, words_of
from dashboard.results.masks import Mask, find_masks

LEAST_ALIKE = 0.5
"""With fewer readable words in common, the texts are not taken for readings of one image."""

_NEARLY = 0.5
_LONGEST_WEIGHED = 50
_MOST_PIECES = 4
_MASKED = " "  # no word is spelled like this, so masks match nothing


def compare(trial: Reading, regular: Reading) -> Comparison:
    """Read the masked words of a trial text from the regular text of the same image.

    Raises:
        ValueError: not exactly the first text is from evaluation mode, or the second only claims to be regular.
    """
    if not trial.trial:
        raise ValueError("The first text is not from evaluation mode, so no word of it is masked.")
    if regular.trial:
        raise ValueError(
            "Both texts are from evaluation mode. Masked words are read from a regular result only; "
            "trial results are never combined."
        )
    return _Comparing(trial, regular).result()


class _Comparing:
    """One comparison under way: the words of both sides, and what has been found out."""

    def __init__(self, trial: Reading, regular: Reading) -> None:
        self._texts = trial.text, regular.text
        self._masks = find_masks(trial.text, flipped=trial.flipped)
        self._ours, self._theirs = words_of(trial.text, self._masks), words_of(regular.text, ())
        self._hidden: dict[Mask, str] = {}
        self._own: set[Mask] = set()
        self._differences: list[Difference] = []

    def result(self) -> Comparison:
        blocks = self._blocks()
        self._refuse_another_trial(blocks)
        readable = sum(not word.masks for word in self._ours)
        differing = sum(sum(self._differs(block)) for block in blocks)
        alike = (readable - differing) / readable if readable else 0.0
        for block in blocks:
            self._look_at(block, may_fill=alike >= LEAST_ALIKE)
        return Comparison(
            fillings=tuple(map(self._filling, self._masks)),
            differences=tuple(self._differences),
            alike=alike,
        )

    def _filling(self, mask: Mask) -> Filling:
        hidden = self._hidden.get(mask)
        told = Told.OWN if mask in self._own else Told.UNKNOWN if hidden is None else Told.FILLED
        return Filling(start=mask.start, end=mask.end, told=told, hidden=hidden)

    def _blocks(self) -> list[Stretch]:
        """What lies between equal stretches; the whole, when nothing differs but masks."""
        ours, theirs = self._ours, self._theirs
        if len(ours) == len(theirs) and all(
            word.masks or word.text == other.text for word, other in zip(ours, theirs, strict=True)
        ):
            return [Stretch(0, len(ours), 0, len(theirs))]
        runs = matching_runs(
            [_MASKED if word.masks else word.text for word in ours], [word.text for word in theirs]
        )
        blocks, done, other_done = [], 0, 0
        for run in runs:
            blocks.append(Stretch(done, run.first, other_done, run.second))
            done, other_done = run.first + run.length, run.second + run.length
        blocks.append(Stretch(done, len(ours), other_done, len(theirs)))
        return [
            block for block in blocks if (block.first, block.second) != (block.first_end, block.second_end)
        ]

    def _refuse_another_trial(self, blocks: Sequence[Stretch]) -> None:
        masks = find_masks(self._texts[1])
        masked = {mask.word_index for mask in masks}
        shown = words_of(self._texts[1], masks)
        for block in blocks:
            for place, other in self._pairs(block):
                if (
                    other in masked
                    and not self._ours[place].masks
                    and hidden_in(shown[other], self._ours[place])
                ):
                    raise ValueError(
                        "The second text hides words that the first one shows, so it is no regular result. "
                        "Trial results are never combined."
                    )

    def _pairs(self, block: Stretch) -> Iterator[tuple[int, int]]:
        """Words at the same place, where both sides have as many."""
        if block.is_even:
            yield from zip(
                range(block.first, block.first_end), range(block.second, block.second_end), strict=True
            )

    def _differs(self, block: Stretch) -> Iterator[bool]:
        """For each readable trial word of a block, whether it is not the regular word at its place."""
        for place in range(block.first, block.first_end):
            if not self._ours[place].masks:
                other = self._theirs[block.second + place - block.first].text if block.is_even else None
                yield self._ours[place].text != other

    def _look_at(self, block: Stretch, *, may_fill: bool) -> None:
        if not block.is_even:
            if not (may_fill and self._filled_with_several(block)):
                self._differ(block)
            return
        explained = [
            self._ours[place].text == self._theirs[other].text for place, other in self._pairs(block)
        ]
        for place, is_same in enumerate(explained, start=block.first):
            if is_same:
                self._own.update(self._ours[place].masks)
        if may_fill:
            self._fill(block, explained)
        for is_explained, steps in groupby(range(len(explained)), key=explained.__getitem__):
            if not is_explained:
                places = list(steps)
                first, last = places[0], places[-1] + 1
                self._differ(
                    Stretch(
                        block.first + first, block.first + last, block.second + first, block.second + last
                    )
                )

    def _fill(self, block: Stretch, explained: list[bool]) -> None:
        """Fill each row of masked words that fits as a whole and has sure neighbours; they are explained then."""
        pairs = [(self._ours[place], self._theirs[other]) for place, other in self._pairs(block)]
        is_gap = [bool(word.masks) and not known for (word, _), known in zip(pairs, explained, strict=True)]
        for gap, steps in groupby(range(len(pairs)), key=is_gap.__getitem__):
            row = list(steps)
            beside = [pairs[step] for step in (row[0] - 1, row[-1] + 1) if 0 <= step < len(pairs)]
            if gap and all(_nearly(word.text, other.text) for word, other in beside):
                found = [hidden_in(*pairs[step]) for step in row]
                if all(found):
                    for step, hidden in zip(row, found, strict=True):
                        self._hidden.update(zip(pairs[step][0].masks, hidden, strict=True))
                        explained[step] = True

    def _filled_with_several(self, block: Stretch) -> bool:
        """One masked word that the regular text has in pieces, between words that are the same."""
        ours, theirs = (
            self._ours[block.first : block.first_end],
            self._theirs[block.second : block.second_end],
        )
        if len(ours) != 1 or len(ours[0].masks) != 1 or not 1 < len(theirs) <= _MOST_PIECES:
            return False
        word = ours[0]
        if not hidden_in(word, Word("".join(piece.text for piece in theirs), 0, ())):
            return False
        (mask,) = word.masks
        spaced = " ".join(piece.text for piece in theirs)
        self._hidden[mask] = spaced[mask.start - word.start : len(spaced) - (word.end - mask.end)]
        return True

    def _differ(self, block: Stretch) -> None:
        ours = self._ours[block.first : block.first_end]
        start, end = _span(self._ours, block.first, block.first_end)
        other_start, other_end = _span(self._theirs, block.second, block.second_end)
        self._differences.append(
            Difference(
                trial=self._texts[0][start:end],
                trial_start=start,
                trial_end=end,
                regular=self._texts[1][other_start:other_end],
                only_masks=bool(ours) and all(word.masks for word in ours),
            )
        )


def _span(words: Sequence[Word], first: int, end: int) -> tuple[int, int]:
    """Where words begin and end in their text; no words lie behind the word before."""
    if first < end:
        return words[first].start, words[end - 1].end
    place = words[first - 1].end if first else 0
    return place, place


def _nearly(word: str, other: str) -> bool:
    """Whether two words are the same, or one is the other with a letter or two read otherwise."""
    if word == other:
        return True
    if max(len(word), len(other)) > _LONGEST_WEIGHED:
        return False
    return SequenceMatcher(None, word, other, autojunk=False).ratio() > _NEARLY
