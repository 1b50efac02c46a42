"""Counts as said: one is one, everywhere."""

import re
from pathlib import Path

import pytest

from dashboard.counts import count_of
from dashboard.results.json_tree import as_html

ROOT = Path(__file__).parents[1]
BY_HAND = re.compile(
    r"""\{(["'])s\1 if | else (["'])s\2\}|\} (?:words|tasks|calls|results|characters|members)\b|(["'])1 \w+\3 if """
)
"""A plural made on the spot, which is forgotten at the next one."""

OTHERWISE = {
    "paste_form.py": "has its own sentences",
    "hocr_view.py": "more than its limit is never one",
    "part_view.py": "its limits are never one",
    "task_actions.py": "of a budget, which is never one",
    "text_view.py": "a limit is never one",
    "token_dialogs.py": "the same",
}


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "task", "0 tasks"),
        (1, "task", "1 task"),
        (1234, "task", "1,234 tasks"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (2, "open task", "2 open tasks"),
        (2, "API key", "2 API keys"),
        (2, "match", "2 matches"),
        (2, "box", "2 boxes"),
    ],
)
def test_counts(number: int, noun: str, said: str) -> None:
    """With the plural of the noun."""
    assert count_of(number, noun) == said


def test_a_tree_of_one() -> None:
    """The size of an object and of a list."""
    shown = as_html({"a": [1], "b": [1, 2]})
    for said in ("2 entries", "1 item", "2 items"):
        assert f'<span class="size">{said}</span>' in shown
    assert "1 entry" in as_html({"a": 1})


@pytest.mark.parametrize(
    "file", sorted((ROOT / "dashboard" / "ui").rglob("*.py")), ids=lambda file: file.name
)
def test_no_plural_is_made_by_hand(file: Path) -> None:
    """Pages count with count_of."""
    found = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if BY_HAND.search(line)]
    assert file.name in OTHERWISE or found == []
