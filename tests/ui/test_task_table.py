"""Which lines of the board a person should look at."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models import Operation, State
from dashboard.polling.history import Estimate
from dashboard.store.board import BoardRow
from dashboard.ui.task_table import needs_attention

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "age", "slowest", "expected"),
    [
        (State.PROCESSING, 100.0, 9.0, True),
        (State.PROCESSING, 5.0, 9.0, False),
        (State.PROCESSING, 100.0, None, False),
        (State.PROCESSING, None, 9.0, False),
        (State.COMPLETED, 100.0, 9.0, False),
        (State.FAILED, 5.0, 9.0, True),
    ],
)
def test_slow_ones_need_attention(
    state: State, age: float | None, slowest: float | None, *, expected: bool
) -> None:
    """Once they take longer than 99 in a hundred, where so many are known."""
    row = BoardRow(
        id=1,
        task_id="a",
        api_url="https://ocr.example",
        operation=Operation.RECOGNIZE_IMAGE,
        trial=False,
        label="",
        state=state,
        parked=None,
        credential=None,
        registered_at=NOW,
        submitted_at=None if age is None else NOW - timedelta(seconds=age),
        expires_at=NOW,
        expiry_exact=True,
        completed_at=None,
        attended_at=None,
        last_polled_at=None,
        next_poll_at=None,
        polls=1,
        words=None,
        masked_words=0,
        language="",
        estimate=Estimate(2, 3, 4, slowest),
    )
    assert needs_attention(row, NOW) is expected
