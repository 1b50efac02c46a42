"""Where a text is made ready for the index: long ones by themselves, short ones in a row."""

from base64 import b64encode
from collections.abc import Sequence

import pytest

from dashboard.models import Change, DecodedPart, RawPart, Searchable
from dashboard.polling.preparing import LONG, Preparation
from dashboard.polling.turns import Turns
from dashboard.results.decoding import decode_parts
from tests.polling.claims import claims


def prepare(parts: Sequence[DecodedPart], _trial: bool) -> Searchable | None:  # noqa: FBT001 - the Protocol
    """Count its letters."""
    return Searchable(folded="", language="", words=sum(len(it.text or "") for it in parts), masked_words=0)


def outcome(*texts: str) -> Change:
    """One with these texts, or with none."""
    raw = [RawPart("Text", b64encode(text.encode()).decode()) for text in texts]
    parts = decode_parts(raw, trial=False) if raw else None
    return Change(claim=claims(1)[0], values={}, next_delay_seconds=None, attempt=None, parts=parts)


@pytest.mark.parametrize(
    ("texts", "is_long"),
    [
        ((), False),
        (("short",), False),
        (("a" * (LONG - 1),), False),
        (("a" * LONG,), True),
        (("a" * (LONG // 2), "b" * (LONG // 2)), True),
    ],
)
def test_who_waits_for_whom(texts: tuple[str, ...], *, is_long: bool) -> None:
    """A long text holds up no row; nothing is made ready twice, and what has no text not at all."""
    preparation = Preparation(prepare, Turns())
    asked = preparation.if_long(outcome(*texts))
    assert (asked.searchable is not None) == is_long
    written = preparation.in_a_row([asked])[0]
    assert (written.searchable is not None) == bool(texts)
    if is_long:
        assert written is asked
