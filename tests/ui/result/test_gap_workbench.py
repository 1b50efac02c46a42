"""What the workbench is given to walk through."""

from dashboard.results.masks import find_masks
from dashboard.ui.result.gap_workbench import walker_data

LINE = "nine words and then the one that is ****** here\n"


def test_lines_are_those_of_the_document() -> None:
    """Also on a later page, where only a piece of the text is shown."""
    text = LINE * 50
    start = len(LINE) * 30
    piece, masks = text[start:], [mask.moved(-start) for mask in find_masks(text) if mask.start >= start]
    gaps = walker_data(piece, masks, selector="mark")["gaps"]
    assert isinstance(gaps, list)
    assert [gap["line"] for gap in gaps] == list(range(31, 51))
    assert {gap["hidden"] for gap in gaps} == {"******"}
    assert gaps[0]["before"].endswith("the one that is ")
