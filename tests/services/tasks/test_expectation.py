"""When a result is to be expected: rules as tables."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dashboard.models import Operation, Task, TaskKind
from dashboard.polling.history import Estimate, Seen
from dashboard.services.tasks.expectation import about, expectation, is_slow, usually
from dashboard.services.tasks.intake import NewTask
from dashboard.store import histories
from dashboard.store.board_filter import BoardFilter
from tests.conftest import NOW
from tests.services.conftest import SERVICE, Desk

USUAL = Estimate(2.1, 3.0, 4.8, 9.0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "less than 1 s"),
        (1.0, "1 s"),
        (3.4, "3 s"),
        (89.0, "89 s"),
        (95.0, "2 min"),
        (600.0, "10 min"),
        (5_400.0, "2 h"),
        (50_000.0, "14 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    """As one says them."""
    assert about(seconds) == said


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (USUAL, "2 to 5 s"),
        (Estimate(2.0, 2.1, 2.2, None), "about 2 s"),
        (Estimate(0.3, 0.4, 0.5, None), "less than 1 s"),
        (Estimate(0.3, 2.0, 4.0, None), "up to 4 s"),
        (Estimate(40.0, 60.0, 130.0, None), "40 s to 2 min"),
    ],
)
def test_usually(estimate: Estimate, said: str) -> None:
    """Eight in ten are within."""
    assert usually(estimate) == said


@pytest.mark.parametrize(
    ("estimate", "age", "due", "claim", "said"),
    [
        (USUAL, 1.0, 3.0, None, "Usually done in 2 to 5 s, next look in 3 s."),
        (USUAL, 1.0, -1.0, None, "Usually done in 2 to 5 s, looking now."),
        (USUAL, 1.0, 900.0, "fence", "Usually done in 2 to 5 s, looking now."),
        (USUAL, 10.0, 3.0, None, "Usually done in 2 to 5 s, next look in 3 s. Slower than 99 % of its kind."),
        (USUAL, None, 3.0, None, "Usually done in 2 to 5 s, next look in 3 s."),
        (None, 1.0, 3.0, None, "Next look in 3 s."),
        (None, 1.0, None, None, ""),
    ],
)
def test_expectation(
    make_task: Callable[..., Task],
    estimate: Estimate | None,
    age: float | None,
    due: float | None,
    claim: str | None,
    said: str,
) -> None:
    """What is usual, when somebody looks next, and whether this one is slow."""
    task = make_task(
        submitted_at=None if age is None else NOW - timedelta(seconds=age),
        next_poll_at=None if due is None else NOW + timedelta(seconds=due),
        claim=claim,
    )
    assert expectation(task, estimate, NOW) == said


def test_slow_is_said_from_a_hundred_results_on() -> None:
    """Not before."""
    sent = NOW - timedelta(seconds=100)
    assert is_slow(sent, USUAL, NOW)
    assert not is_slow(sent, Estimate(2, 3, 4, None), NOW)
    assert not is_slow(None, USUAL, NOW)


def test_on_the_task_page(desk: Desk) -> None:
    """From what is kept of its kind."""
    with desk.database.writing() as session:
        kind = TaskKind(SERVICE, Operation.RECOGNIZE_IMAGE, trial=True)
        histories.add(session, {kind: [Seen(1.9, 2.1)] * 100})
    desk.intake.register([NewTask(task_id="7ac9b7f0-0001-4000-8000-000000000000", trial=True)])
    detail = desk.tasks.detail("7ac9b7f0-0001-4000-8000-000000000000")
    assert detail.expected == "Usually done in about 2 s, looking now."
    [row] = desk.board.look(BoardFilter()).rows
    assert row.estimate is not None
    assert usually(row.estimate) == "about 2 s"
