"""What tasks are called."""

from datetime import UTC, datetime

import pytest

from dashboard.ui.task_title import LONGEST, first_words, title_of

ADDED = datetime(2026, 5, 1, 14, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("label", "text", "title"),
    [
        ("Annual letter", "Dear Sir", "Annual letter"),
        ("", "Dear Sir\n\n  or Madam", "Dear Sir or Madam"),
        ("", None, "Image, added 2026-05-01 16:02"),
        ("", " \n ", "Image, added 2026-05-01 16:02"),
        ("", "**** *** *", "Image, added 2026-05-01 16:02"),
        ("", "=====\nInvoice\n-----", "Invoice"),
        ("", "*** Invoice 7", "*** Invoice 7"),
    ],
)
def test_titles(label: str, text: str | None, title: str) -> None:
    """A label wins, then words; asterisks alone are none."""
    assert title_of(label, text, "RecognizeImage", added=ADDED, zone="Europe/Berlin") == title


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("word " * 40, "word word word word word word word word word word word word…"),
        ("x" * 200, "x" * LONGEST + "…"),
        ("語" * 200, "語" * LONGEST + "…"),
        ("a" * LONGEST, "a" * LONGEST),
    ],
)
def test_long_beginnings_end_with_a_whole_word(text: str, words: str) -> None:
    """Where there are words; a text without blanks is cut."""
    assert first_words(text) == words
