"""What an address of the board means."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest

from dashboard.models import OPEN_STATES, RESULT_STATES, Operation, State
from dashboard.services.tasks.board_address import query_of, read, read_query
from dashboard.store.board_filter import BoardFilter, BoardSort

BERLIN = timezone(timedelta(hours=2))
ENDED = frozenset(State) - OPEN_STATES - RESULT_STATES


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", BoardFilter()),
        ("state=open", BoardFilter(states=OPEN_STATES)),
        ("state=done", BoardFilter(states=RESULT_STATES)),
        ("state=ended", BoardFilter(states=ENDED)),
        ("state=open,ended", BoardFilter(states=OPEN_STATES | ENDED)),
        ("state=failed", BoardFilter(states=frozenset({State.FAILED}))),
        ("state=ended,failed", BoardFilter(states=frozenset({State.FAILED}))),
        ("state=parked", BoardFilter(states=OPEN_STATES, parked=True)),
        ("state=at_risk", BoardFilter(states=OPEN_STATES, at_risk=True, sort=BoardSort.DEADLINE)),
        ("state=at_risk&sort=label", BoardFilter(states=OPEN_STATES, at_risk=True, sort=BoardSort.LABEL)),
        ("state=attention", BoardFilter(attention=True)),
        ("state=nonsense", BoardFilter()),
        (
            "q=+invoice+&token=3&batch=4&tag=paid",
            BoardFilter(query="invoice", credential_id=3, batch_id=4, tag="paid"),
        ),
        ("token=-3&batch=99999999999&token=%D9%A3", BoardFilter()),
        ("operation=RecognizePdf&mode=yes", BoardFilter(operation=Operation.RECOGNIZE_PDF, trial=True)),
        ("operation=RecognizeSoul&mode=perhaps", BoardFilter()),
        ("mode=no", BoardFilter(trial=False)),
        (
            "since=2026-05-01&until=2026-05-01",
            BoardFilter(
                since=datetime(2026, 4, 30, 22, tzinfo=UTC), until=datetime(2026, 5, 1, 22, tzinfo=UTC)
            ),
        ),
        ("since=yesterday&until=9999-12-31", BoardFilter()),
        ("sort=oldest", BoardFilter(sort=BoardSort.OLDEST)),
        ("sort=random", BoardFilter()),
    ],
)
def test_addresses(query: str, expected: BoardFilter) -> None:
    """Read as they are shown; what makes no sense is left out."""
    assert read_query(query, BERLIN) == expected


def test_written_and_read_again() -> None:
    """The page is no part of what is shown."""
    params = {"state": "open", "q": "a&b", "page": "3", "tag": ""}
    assert query_of(params) == "q=a%26b&state=open"
    assert read(dict(parse_qsl(query_of(params))), UTC) == read(params, UTC)
