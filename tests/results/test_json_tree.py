"""JSON as a tree: complete, escaped, bounded."""

import re

import pytest

from dashboard.results.json_tree import DEEPEST, LONGEST, MOST_NODES, as_html, read_json
from dashboard.results.sheets import Unreadable


def test_every_kind_of_value() -> None:
    """Numbers stay as they were written."""
    tree = as_html(
        read_json('{"a": 1.10, "b": [true, null, "x"], "c": 12345678901234567890, "d": {}, "e": NaN}')
    )
    for piece in ("1.10", "true", "null", "x", "12345678901234567890", "{}", "NaN", "5 entries", "3 items"):
        assert piece in tree


def test_everything_is_escaped() -> None:
    """Keys and values alike."""
    tree = as_html(read_json('{"<img src=x onerror=1>": "</span><script>alert(1)</script>"}'))
    assert re.findall(r"<(?!/?(?:div|span|details|summary)\b)", tree) == []


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[" * 100_000, "x" * (LONGEST + 1), '"\ud800'])
def test_what_is_no_json(text: str) -> None:
    """Says so, and does not fall over."""
    with pytest.raises(Unreadable):
        read_json(text)


def test_large_and_deep_values_are_cut() -> None:
    """And say that there is more."""
    tree = as_html(read_json("[" + ",".join(["0"] * (3 * MOST_NODES)) + "]"))
    assert "There is more" in tree
    assert tree.count("number") <= MOST_NODES
    deep = as_html(read_json("[" * (DEEPEST + 50) + "]" * (DEEPEST + 50)))
    assert "Nested too deeply" in deep
    assert "2,000,000 characters" in as_html(read_json('"' + "x" * 2_000_000 + '"'))
