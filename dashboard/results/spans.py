"""A text taken apart at places in it, such as masked words; whoever writes it anew puts the pieces together."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class Span(Protocol):
    """Characters of a text."""

    @property
    def start(self) -> int:
        """Offset of the first."""

    @property
    def end(self) -> int:
        """Offset after the last."""


_Span = TypeVar("_Span", bound=Span)


def split(
    text: str, spans: Iterable[_Span], start: int = 0, end: int | None = None
) -> Iterator[tuple[str, _Span | None]]:
    """The pieces of a text, none of them empty, each with its span or with None; together they are the text.

    Args:
        text: anything.
        spans: in reading order. One that begins in front of the text or within another is passed over, of one
            that goes on beyond the end there is the beginning.
        start: where to begin.
        end: where to stop; None for the end of the text.
    """
    done, stop = start, len(text) if end is None else min(end, len(text))
    for span in spans:
        if done <= span.start < min(span.end, stop):
            if done < span.start:
                yield text[done : span.start], None
            done = min(span.end, stop)
            yield text[span.start : done], span
    if done < stop:
        yield text[done:stop], None
