"""What a task's page says of how much text there is: none, much, or of a script without words."""

import base64

import pytest

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from dashboard.store.board_filter import BoardFilter
from dashboard.ui.result.text_view import PAGE_CHARACTERS
from dashboard.ui.task_table import word_counts
from tests.pages.conftest import Finish
from tests.pages.test_many_parts import drawn, html_of


def encoded(kind: str, text: str) -> RawPart:
    """A part as the service sends it."""
    return RawPart(kind, base64.b64encode(text.encode()).decode())


@pytest.mark.parametrize(
    ("entries", "tabs"),
    [
        pytest.param([encoded("Text", "")], [], id="empty text"),
        pytest.param([encoded("Text", " \n\t")], [], id="blanks"),
        pytest.param([RawPart("Text", None)], [], id="no data"),
        pytest.param([encoded("Text", "")] * 3, [], id="empty regions"),
        pytest.param([encoded("Text", "\n"), encoded("Text", " ")], [], id="blank regions"),
        pytest.param([encoded("Hocr", "")], [], id="empty hOCR"),
        pytest.param(
            [encoded("Text", ""), encoded("Png", "\x89PNG")], ["Text · 0 words", "Image"], id="and a picture"
        ),
    ],
)
def test_an_empty_result_says_why(finish: Finish, entries: list[RawPart], tabs: list[str]) -> None:
    """Why it may be empty; a tab of its own is drawn only where there are others."""
    entries = [RawPart(one.type, "iVBORw0KGgo=") if one.type == "Png" else one for one in entries]
    page = drawn(finish(*entries))
    assert [tab.label for tab in page.tabs] == tabs
    assert "The image may be blank" in html_of(page)


def test_a_text_says_nothing_of_the_kind(finish: Finish) -> None:
    """Neither that it may be empty nor that there is more; regions without text beside others keep their tabs."""
    page = drawn(finish(encoded("Text", "to be read"), encoded("Text", "")))
    assert [tab.label for tab in page.tabs] == ["Text · 3 words", "Region 2"]
    assert "may be blank" not in html_of(page)
    assert "of a long text" not in html_of(page)


def test_a_second_piece_is_announced_before_the_text(finish: Finish) -> None:
    """Nobody scrolls through 200,000 characters to find out."""
    said = html_of(drawn(finish(encoded("Text", "word " * (PAGE_CHARACTERS // 4)))))
    assert said.index("there is a second piece") < said.index('<pre class="ocr-text"')


def test_characters_where_there_are_no_words(finish: Finish) -> None:
    """In the tabs and in the line below the title."""
    page = drawn(finish(encoded("Text", "发票号码二零二六年"), encoded("Text", "请 付款")))
    assert [tab.label for tab in page.tabs] == [
        "Text · 12 characters",
        "Region 1 · 9 characters",
        "Region 2 · 3 characters",
    ]
    assert "<span>12 characters.</span>" in html_of(page)


@pytest.mark.parametrize(("text", "told"), [("发票号码 二零二六年 ", []), ("two words ", ["40 words"])])
def test_lists_count_words_where_there_are_some(
    dashboard: Dashboard, finish: Finish, text: str, told: list[str]
) -> None:
    """The board and the library say the same as the page of the task."""
    finish(encoded("Text", text * 20))
    dashboard.indexing.catch_up()
    (row,) = dashboard.team.board.look(BoardFilter(), per_page=10).rows
    assert word_counts(row) == told
