"""In which order pieces of a page are read."""

import pytest

from dashboard.sandbox.reading.order import in_reading_order
from dashboard.sandbox.reading.pages import Page, Piece, Reading, Word, lines_of, table_of, within


def piece(text: str, left: int, top: int, width: int = 0) -> Piece:
    """Words of 10 by 20 pixels a letter, beginning here."""
    words, x = [], left
    for word in text.split():
        words.append(Word(word, (x, top, x + 10 * len(word), top + 20), 0.9))
        x += 10 * len(word) + 10
    return Piece(
        (*words[:-1], Word(words[-1].text, (words[-1].box[0], top, max(x - 10, left + width), top + 20), 0.9))
    )


COLUMNS = [
    piece("A heading over everything on this page", 0, 0, 900),
    *(piece(f"left row number {n} of it", 0, 40 + 30 * n) for n in range(4)),
    *(piece(f"right row number {n} of it", 600, 44 + 30 * n) for n in range(4)),
    piece("And a foot under both of the columns", 0, 200, 900),
]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [piece("below", 0, 50), piece("above", 0, 0)], ["above", "below"], id="from top to bottom"
        ),
        pytest.param([piece("two", 100, 3), piece("one", 0, 0)], ["one two"], id="one row, not quite level"),
        pytest.param(
            [piece(str(10 * r + c), 200 * c, 30 * r) for r in range(4) for c in range(3)],
            ["0 1 2", "10 11 12", "20 21 22", "30 31 32"],
            id="a table stays in rows",
        ),
        pytest.param(
            COLUMNS,
            [
                "A heading over everything on this page",
                *(f"left row number {n} of it" for n in range(4)),
                *(f"right row number {n} of it" for n in range(4)),
                "And a foot under both of the columns",
            ],
            id="columns one after the other",
        ),
    ],
)
def test_rows_are_in_the_order_of_people(pieces: list[Piece], lines: list[str]) -> None:
    """Columns of running text one after the other, everything else row by row."""
    assert lines_of(in_reading_order(pieces)) == lines


def test_a_table_has_a_cell_for_each_piece() -> None:
    """Short rows are filled up."""
    rows = in_reading_order([piece("a", 0, 0), piece("b", 100, 0), piece("c", 0, 40)])
    assert table_of(rows) == [["a", "b"], ["c", ""]]
    assert table_of([]) == [[""]]


def test_a_rectangle_has_the_words_whose_middle_is_in_it() -> None:
    """Of a row, only those."""
    page = Page(500, 100, in_reading_order([piece("one two three", 0, 0), piece("four", 0, 40)]))
    assert within(page, (35, 0, 75, 100)) == "two"
    assert within(page, (0, 0, 45, 100)) == "one\nfour"
    assert within(page, (300, 0, 400, 100)) == ""


def test_a_reading_comes_back_from_its_file() -> None:
    """Everything in it, and words can be exchanged for others."""
    reading = Reading(
        pages=(Page(500, 100, in_reading_order([piece("one two", 0, 0)]), "aGk="),), notices=("so",)
    )
    assert Reading.from_json(reading.to_json()) == reading
    assert reading.with_words(["***", "two"]).text == "*** two"
