"""A trial text with words of the regular one: exactly text, whatever either holds."""

import html
import re

import pytest

from dashboard.results.comparison import Reading, compare
from dashboard.results.filled import with_fillings

REGULAR = "Invoice <b>number</b> 4711 was paid on Monday by the old customer from Berlin & Köln"


@pytest.mark.parametrize(
    ("trial", "regular", "shown", "filled", "left"),
    [
        pytest.param(
            REGULAR.replace("Monday", "******"), REGULAR, REGULAR, ["Monday"], 0, id="a word in its place"
        ),
        pytest.param(REGULAR.replace("paid", "****"), REGULAR, REGULAR, ["paid"], 0, id="another"),
        pytest.param(
            "\n" + REGULAR.replace("Monday", "******"),
            "\n" + REGULAR,
            "\n" + REGULAR,
            ["Monday"],
            0,
            id="a leading line feed stays",
        ),
        pytest.param(
            REGULAR.replace("Monday", "******"),
            "Something else entirely without any of these words at all in here anywhere",
            REGULAR.replace("Monday", "******"),
            [],
            1,
            id="another image fills nothing",
        ),
    ],
)
def test_certain_words_stand_in_place(
    trial: str, regular: str, shown: str, filled: list[str], left: int
) -> None:
    """What is not certain stays marked; nothing is added or lost."""
    found = compare(Reading(text=trial, trial=True), Reading(text=regular, trial=False))
    written = with_fillings(trial, found)

    assert html.unescape(re.sub(r"<[^>]+>", "", written)) == shown
    assert [html.unescape(word) for word in re.findall(r"<ins [^>]+>(.*?)</ins>", written)] == filled
    assert written.count("<mark ") == left
    assert "<b>" not in written
