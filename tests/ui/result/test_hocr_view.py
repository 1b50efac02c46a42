"""Words on a page as HTML, and what is said of those that are on none."""

import pytest

from dashboard.results.hocr import Hocr, read_hocr
from dashboard.ui.result.hocr_view import not_shown, page_html

PAGE = (
    "<div class='ocr_page' title='bbox 0 0 200.5 100.25'>"
    "<span class='ocrx_word' title='bbox 50.125 20 100.25 40; x_wconf 0.95'>a</span> below</div>"
)


def test_decimals_on_the_page() -> None:
    """Places and size are written as CSS takes them, and how sure the service is in per cent."""
    drawn = page_html(read_hocr(PAGE).pages[0], "")
    assert "aspect-ratio: 200.5 / 100.25" in drawn
    assert "left: 25.000%" in drawn
    assert "a (95 % sure)" in drawn


@pytest.mark.parametrize(
    ("unplaced", "beyond", "said"),
    [
        (0, 0, []),
        (1, 0, ["1 word of this file has no place on a page."]),
        (1_200, 0, ["1,200 words of this file have no place on a page."]),
        (0, 2, ["2 more words cannot be shown, because there are so many."]),
    ],
)
def test_what_is_on_no_page_is_said(unplaced: int, beyond: int, said: list[str]) -> None:
    """With how many words there are."""
    assert not_shown(Hocr(pages=[], unplaced=unplaced, beyond=beyond)) == said
