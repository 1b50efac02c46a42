"""What a person changed in a text."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.edits import Change, diff

REGULAR = (Path(__file__).parent / "samples" / "latin.regular.txt").read_bytes().decode()


def _spelled(original: str, edited: str) -> str:
    marks = {Change.EQUAL: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "[+{}+]"}
    return "".join(marks[segment.change].format(segment.text) for segment in diff(original, edited))


@pytest.mark.parametrize(
    ("original", "edited", "expected"),
    [
        pytest.param("", "", "", id="empty"),
        pytest.param("same text", "same text", "same text", id="the same"),
        pytest.param("", "new", "[+new+]", id="all new"),
        pytest.param("old", "", "[-old-]", id="all gone"),
        pytest.param("the cat sat", "the dog sat", "the [-cat-][+dog+] sat", id="a word"),
        pytest.param("the cat, sat", "the cat. sat", "the cat[-,-][+.+] sat", id="punctuation"),
        pytest.param("the sat", "the cat sat", "the [+cat +]sat", id="added"),
        pytest.param("the cat sat", "the sat", "the [-cat -]sat", id="removed"),
        pytest.param("the  cat", "the cat", "the [- -]cat", id="a space too many"),
        pytest.param("the\ncat", "the cat", "the[-\n-][+ +]cat", id="a line end"),
        pytest.param("l1\r\nl2", "l1\nl2", "l1[-\r-]\nl2", id="another kind of line end"),
        pytest.param("a sum of 1O euro", "a sum of 10 euro", "a sum of [-1O-][+10+] euro", id="a digit"),
        pytest.param("今天天汽很好", "今天天气很好", "今天天[-汽-][+气+]很好", id="one Chinese character"),
        pytest.param(
            "cafe is", "cafe\u0301 is", "[-cafe-][+cafe\u0301+] is", id="an accent belongs to its word"
        ),
        pytest.param("か\u3099き", "かき", "[-か\u3099-][+か+]き", id="a sound mark belongs to its sign"),
        pytest.param("שלום לך", "שלום לכם", "שלום [-לך-][+לכם+]", id="Hebrew"),
        pytest.param("so 😀 it", "so 🎉 it", "so [-😀-][+🎉+] it", id="emoji"),
    ],
)
def test_words_are_told_apart(original: str, edited: str, expected: str) -> None:
    """Removed before added, white space with the word it came with, signs of scripts without spaces one by one."""
    assert _spelled(original, edited) == expected


def test_a_correction_in_the_published_text_is_one_word() -> None:
    """One changed word of 123 is one removed and one added segment."""
    segments = diff(REGULAR, REGULAR.replace("Singulis", "Singulos"))

    assert [(segment.change, segment.text) for segment in segments if segment.change is not Change.EQUAL] == [
        (Change.REMOVED, "Singulis"),
        (Change.ADDED, "Singulos"),
    ]


TEXTS = st.text(alphabet=st.sampled_from("ab ,'*\r\n\u2028今か\u3099\u0301😀\u200d"), max_size=60)


@given(TEXTS, TEXTS)
def test_segments_rejoin_to_the_exact_texts(original: str, edited: str) -> None:
    """Nothing is lost or invented on either side; no two neighbours could be one."""
    segments = diff(original, edited)

    assert "".join(segment.text for segment in segments if segment.change is not Change.ADDED) == original
    assert "".join(segment.text for segment in segments if segment.change is not Change.REMOVED) == edited
    assert all(segment.text for segment in segments)
    changes = [segment.change for segment in segments]
    assert all(change is not following for change, following in pairwise(changes))
    assert not any(pair == (Change.ADDED, Change.REMOVED) for pair in pairwise(changes))
    if original == edited:
        assert set(changes) <= {Change.EQUAL}


def test_a_hundred_thousand_words_are_compared() -> None:
    """A long text with a correction on every page, and a page inserted."""
    pages = [REGULAR.replace("lorem", f"lorem{number}") + "\n" for number in range(800)]
    edited = [page.replace("detracto", "detractum") for page in pages]
    edited.insert(400, "A page of its own.\n")

    segments = diff("".join(pages), "".join(edited))

    assert sum(segment.change is Change.REMOVED for segment in segments) == 800
    assert sum(segment.change is Change.ADDED for segment in segments) == 801
