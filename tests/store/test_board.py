from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models import OPEN_STATES, Operation, ParkReason, Part, State, TaskKind
from dashboard.polling.history import Seen
from dashboard.store import board, histories
from dashboard.store.board import BoardRow
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database
from dashboard.store.trouble import trouble
from tests.conftest import API_URL

PAST = datetime(2001, 1, 1, tzinfo=UTC)
LATER = datetime(2900, 1, 1, tzinfo=UTC)

AddTask = Callable[..., int]
AddCredential = Callable[..., int]


@pytest.fixture
def show(database: Database, team_id: int, now: datetime) -> Callable[..., tuple[list[BoardRow], int]]:
    """Read one page of the board."""

    def read(
        wanted: BoardFilter | None = None, *, page: int = 1, per_page: int = 50
    ) -> tuple[list[BoardRow], int]:
        with database.reading() as session:
            return board.page(
                session=session,
                team_id=team_id,
                wanted=wanted or BoardFilter(),
                page=page,
                per_page=per_page,
                now=now,
            )

    return read


Show = Callable[..., tuple[list[BoardRow], int]]


def test_an_empty_board(database: Database, team_id: int, show: Show, now: datetime) -> None:
    """A team without tasks sees nothing, and no error."""
    assert show() == ([], 0)
    with database.reading() as session:
        counts = board.counts(session=session, team_id=team_id, now=now)
        assert trouble(session=session, team_id=team_id, now=now) == []
    assert (counts.by_state, counts.parked, counts.attention, counts.total) == ({}, 0, 0, 0)


def test_a_row(
    database: Database, show: Show, add_task: AddTask, add_credential: AddCredential, now: datetime
) -> None:
    """A row tells what the board shows, with the words of all parts."""
    task = add_task(
        credential_id=add_credential(label="Archive"),
        label="Invoice",
        trial=True,
        state="completed",
        next_poll_at=None,
        completed_at=now,
        polls=3,
    )
    with database.writing() as session:
        for position, words in enumerate((5, 7)):
            session.add(
                Part(
                    task_ref=task,
                    position=position,
                    media_type="text/plain",
                    extension=".txt",
                    data=b"",
                    size=0,
                    sha256="",
                    words=words,
                    masked_words=1,
                )
            )
    [row], total = show()
    assert (row.id, total, row.label, row.credential) == (task, 1, "Invoice", "Archive")
    assert (row.state, row.trial, row.polls, row.completed_at) == (State.COMPLETED, True, 3, now)
    assert (row.words, row.masked_words, row.parked) == (12, 2, None)


def test_pages_are_newest_first(show: Show, add_task: AddTask) -> None:
    """Pages follow each other from the newest to the oldest; beyond the last there is nothing."""
    ids = [add_task() for _ in range(5)][::-1]
    pages = [show(page=number, per_page=2) for number in (1, 2, 3, 4)]
    assert [[row.id for row in rows] for rows, _ in pages] == [ids[:2], ids[2:4], ids[4:], []]
    assert {total for _, total in pages} == {5}
    assert show(page=10**30) == ([], 5)
    assert [row.id for row in show(page=-1, per_page=2)[0]] == ids[:2]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("invoice", True),
        ("VOICE ÄÖ", True),
        ("счёт", True),
        ("7AC9", True),
        ("  invoice ", True),
        ("50%", True),
        ("5%0", False),
        ("a_b", True),
        ("a_B/", True),
        ("axb", False),
        ("back\\slash", True),
        ("'; DROP TABLE task; --", False),
        ("\x00", False),
        ("x" * 100_000, False),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_searching(show: Show, add_task: AddTask, query: str, found: bool) -> None:  # noqa: FBT001 - a table column
    """A piece of the label or ID is found in any case and alphabet; nothing in it is a wildcard."""
    add_task(label="Invoice äö СЧЁТ 50% A_b/ back\\slash", task_id="7ac9b7f0")
    add_task(label="something else", task_id="00000000")
    rows, total = show(BoardFilter(query=query))
    assert (len(rows), total) == ((1, 1) if found else (0, 0))


@pytest.fixture
def crowd(add_task: AddTask, add_credential: AddCredential, now: datetime) -> dict[str, int]:
    """One task of each kind, by name."""
    rejected = add_credential(paused_until=LATER, pause_reason="token_rejected")
    limited = add_credential(paused_until=LATER, pause_reason="rate_limited")
    over = add_credential(paused_until=PAST, pause_reason="token_rejected")
    return {
        "open": add_task(),
        "unreachable": add_task(parked="unreachable", credential_id=over),
        "no token": add_task(parked="token_missing"),
        "rejected": add_task(parked="unreachable", credential_id=rejected),
        "limited": add_task(state="processing", credential_id=limited),
        "done": add_task(state="completed", next_poll_at=None, credential_id=rejected, parked="unreachable"),
        "partial": add_task(state="partial", next_poll_at=None),
        "lost": add_task(state="data_lost", next_poll_at=None, expires_at=PAST),
        "soon": add_task(expires_at=now + timedelta(minutes=119)),
        "over": add_task(state="processing", expires_at=now - timedelta(minutes=1)),
    }


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (BoardFilter(states=frozenset({State.COMPLETED, State.PARTIAL})), ["done", "partial"]),
        (
            BoardFilter(states=OPEN_STATES),
            ["open", "unreachable", "no token", "rejected", "limited", "soon", "over"],
        ),
        (BoardFilter(at_risk=True), ["soon", "over"]),
        (BoardFilter(at_risk=True, states=frozenset({State.PENDING})), ["soon"]),
        (BoardFilter(at_risk=True, parked=True), []),
        (BoardFilter(parked=True), ["unreachable", "no token", "rejected", "limited"]),
        (BoardFilter(attention=True), ["no token", "rejected", "partial", "lost"]),
        (BoardFilter(attention=True, states=frozenset({State.PENDING})), ["no token", "rejected"]),
        (BoardFilter(attention=True, query="nothing"), []),
    ],
    ids=[
        "states",
        "open",
        "at risk",
        "at risk and state",
        "at risk and parked",
        "parked",
        "attention",
        "attention and state",
        "attention and query",
    ],
)
def test_filters(show: Show, crowd: dict[str, int], wanted: BoardFilter, names: list[str]) -> None:
    """Filters hold together, and a token's pause counts as the reason of its open tasks."""
    rows, total = show(wanted)
    assert {row.id for row in rows} == {crowd[name] for name in names}
    assert total == len(names)


def test_reasons_for_being_parked(show: Show, crowd: dict[str, int]) -> None:
    """The token's running pause wins over the task's own reason; ended tasks are not parked."""
    rows, _ = show()
    parked = {row.id: row.parked for row in rows}
    assert {name: parked[row_id] for name, row_id in crowd.items()} == {
        "open": None,
        "unreachable": ParkReason.UNREACHABLE,
        "no token": ParkReason.TOKEN_MISSING,
        "rejected": ParkReason.TOKEN_REJECTED,
        "limited": ParkReason.RATE_LIMITED,
        "done": None,
        "partial": None,
        "lost": None,
        "soon": None,
        "over": None,
    }


def test_slow_ones_need_attention(
    database: Database,
    team_id: int,
    show: Show,
    add_task: AddTask,
    add_credential: AddCredential,
    now: datetime,
) -> None:
    """Open ones that take longer than 99 in a hundred of their kind; each is counted once, and told when."""
    kind = TaskKind(API_URL, Operation.RECOGNIZE_IMAGE, trial=False)
    with database.writing() as session:
        histories.add(session, {kind: [Seen(1.9, 2.1)] * 150})
        slowest = histories.slowest(session)[kind]
    rejected = add_credential(paused_until=LATER, pause_reason="token_rejected")
    slow = add_task(submitted_at=now - slowest - timedelta(seconds=1))
    twice = add_task(submitted_at=now - slowest - timedelta(seconds=1), credential_id=rejected)
    soon = add_task(submitted_at=now - slowest + timedelta(seconds=5))
    add_task(submitted_at=now - slowest - timedelta(seconds=1), state="completed", next_poll_at=None)
    add_task(submitted_at=now - slowest - timedelta(seconds=1), trial=True)
    add_task()
    rows, total = show(BoardFilter(attention=True))
    assert ({row.id for row in rows}, total) == ({slow, twice}, 2)
    for moment, number in ((now, 2), (now + timedelta(seconds=6), 3)):
        with database.reading() as session:
            assert board.counts(session=session, team_id=team_id, now=moment).attention == number
    with database.reading() as session:
        turn = board.next_turn(session=session, team_id=team_id, now=now)
    assert turn == now + timedelta(seconds=5)
    assert soon not in {row.id for row in rows}


@pytest.mark.usefixtures("crowd")
def test_counts_match_the_filters(database: Database, team_id: int, show: Show, now: datetime) -> None:
    """Each count is the number of rows its filter shows."""
    with database.reading() as session:
        counts = board.counts(session=session, team_id=team_id, now=now)
        elsewhere = board.counts(session=session, team_id=team_id + 1, now=now)
    assert counts.parked == show(BoardFilter(parked=True))[1]
    assert counts.attention == show(BoardFilter(attention=True))[1]
    assert counts.total == show()[1]
    assert counts.by_state[State.PENDING] == show(BoardFilter(states=frozenset({State.PENDING})))[1]
    assert elsewhere.total == 0


def test_trouble(database: Database, team_id: int, add_task: AddTask, now: datetime) -> None:
    """An unreachable service is told once: how many wait, since when, until when, and the last words."""
    for minutes in (3, 1, 2):
        add_task(
            parked="unreachable",
            parked_since=now - timedelta(minutes=minutes),
            last_polled_at=now - timedelta(minutes=minutes),
            parked_detail=f"{minutes} minutes ago",
            next_poll_at=now + timedelta(minutes=minutes),
        )
    add_task(api_url="https://other.example", parked="rate_limited", claim="x", next_poll_at=LATER)
    add_task(state="failed", parked="unreachable", next_poll_at=None)
    with database.reading() as session:
        first, second = trouble(session=session, team_id=team_id, now=now)
    assert (first.api_url, first.reason, first.tasks) == ("https://ocr.example", ParkReason.UNREACHABLE, 3)
    assert (first.since, first.next_attempt_at) == (now - timedelta(minutes=3), now + timedelta(minutes=1))
    assert first.words == "1 minutes ago"
    assert (second.reason, second.next_attempt_at, second.words) == (ParkReason.RATE_LIMITED, now, "")
