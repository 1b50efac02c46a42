"""A text taken apart at places in it."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.spans import split


class _Span(NamedTuple):
    start: int
    end: int


TEXT = "to *** it"


@pytest.mark.parametrize(
    ("spans", "bounds", "pieces"),
    [
        pytest.param([], (0, None), [("to *** it", None)], id="no spans"),
        pytest.param([(3, 6)], (0, None), [("to ", None), ("***", 0), (" it", None)], id="in the middle"),
        pytest.param([(0, 2)], (0, None), [("to", 0), (" *** it", None)], id="at the beginning"),
        pytest.param([(7, 9)], (0, None), [("to *** ", None), ("it", 0)], id="at the end"),
        pytest.param([(0, 9)], (0, None), [("to *** it", 0)], id="all of it"),
        pytest.param([(0, 2), (2, 9)], (0, None), [("to", 0), (" *** it", 1)], id="touching"),
        pytest.param([(0, 4), (3, 6)], (0, None), [("to *", 0), ("** it", None)], id="within another"),
        pytest.param(
            [(3, 6), (0, 2)], (0, None), [("to ", None), ("***", 0), (" it", None)], id="out of order"
        ),
        pytest.param([(-2, 2)], (0, None), [("to *** it", None)], id="begins in front of the text"),
        pytest.param([(7, 12)], (0, None), [("to *** ", None), ("it", 0)], id="goes on beyond the end"),
        pytest.param([(9, 12)], (0, None), [("to *** it", None)], id="beyond the end"),
        pytest.param([(3, 3)], (0, None), [("to *** it", None)], id="of no characters"),
        pytest.param([(3, 6)], (1, 8), [("o ", None), ("***", 0), (" i", None)], id="of a part of the text"),
        pytest.param([(3, 6), (7, 9)], (4, 8), [("** ", None), ("i", 1)], id="cut by the part"),
        pytest.param([(3, 6)], (0, 3), [("to ", None)], id="behind the part"),
        pytest.param(
            [(3, 6)], (0, 99), [("to ", None), ("***", 0), (" it", None)], id="a part that is too long"
        ),
        pytest.param([(3, 6)], (4, 4), [], id="an empty part"),
    ],
)
def test_pieces(
    spans: list[tuple[int, int]], bounds: tuple[int, int | None], pieces: list[tuple[str, int | None]]
) -> None:
    """Each piece comes with the span it is, or with none."""
    places = [_Span(*span) for span in spans]

    found = [
        (piece, None if span is None else places.index(span)) for piece, span in split(TEXT, places, *bounds)
    ]

    assert found == pieces


@given(st.text(max_size=30), st.lists(st.builds(_Span, st.integers(-5, 35), st.integers(-5, 35)), max_size=8))
def test_the_pieces_are_the_text(text: str, spans: list[_Span]) -> None:
    """Whatever the spans: nothing is lost, doubled or empty, and a span's piece stands at its place."""
    done = 0
    for piece, span in split(text, spans):
        assert piece
        assert text.startswith(piece, done)
        assert span is None or (span.start == done and len(piece) == min(span.end, len(text)) - done)
        done += len(piece)
    assert done == len(text)
