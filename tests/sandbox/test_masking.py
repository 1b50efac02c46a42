"""The masking rule of evaluation mode."""

import re

import pytest

from dashboard.sandbox.masking import choose_words, mask, mask_words
from dashboard.sandbox.samples import latin

MEASURED = frozenset({3, 5, 11, 22, 33, 56, 57, 74, 87, 88, 100, 122})


def test_the_published_pair_follows_from_the_measured_positions() -> None:
    """Masking the twelve measured words of the regular text gives the published trial text exactly."""
    assert mask_words(latin().text, MEASURED) == latin().trial_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("vis,", "***,", id="punctuation stays"),
        pytest.param("(don't)", "(***'*)", id="inner punctuation stays"),
        pytest.param("A4-Blatt", "*4-*****", id="digits stay"),
        pytest.param("Größe", "*****", id="letters beyond ASCII"),
        pytest.param("слово", "*****", id="another script"),
        pytest.param("43550.00", "43550.00", id="nothing to mask"),
    ],
)
def test_a_masked_word_keeps_everything_but_its_letters(text: str, masked: str) -> None:
    """One asterisk stands for each letter; nothing else changes."""
    assert mask_words(text, frozenset({0})) == masked


@pytest.mark.parametrize(
    ("words", "masked"), [(0, 0), (1, 0), (9, 0), (10, 1), (19, 1), (20, 2), (123, 12), (1000, 100)]
)
def test_ten_percent_of_the_words_are_masked_rounded_down(words: int, masked: int) -> None:
    """The count is the floor of a tenth."""
    assert len(choose_words(" ".join(["word"] * words), "seed")) == masked


def test_layout_and_length_are_kept() -> None:
    """Line breaks, runs of blanks and the length of the text stay as they are."""
    text = "one  two\r\n\tthree four five six seven eight nine ten\n\neleven"
    hidden = mask(text, "any")
    assert len(hidden) == len(text)
    assert re.split(r"\S+", hidden) == re.split(r"\S+", text)


def test_the_same_image_loses_the_same_words_and_another_image_others() -> None:
    """The choice follows from the image's digest alone."""
    text = " ".join(f"word{n}" for n in range(200))
    assert mask(text, "a" * 64) == mask(text, "a" * 64)
    assert mask(text, "a" * 64) != mask(text, "b" * 64)


def test_words_without_letters_are_never_chosen() -> None:
    """Numbers count as words, and cannot be masked."""
    assert choose_words("1 2 3 4 5 6 7 8 9 only", "seed") == {9}
    assert choose_words("1 2 3 4 5 6 7 8 9 10", "seed") == frozenset()
