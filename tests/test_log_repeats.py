"""Repeated lines are counted instead of written."""

import logging

import pytest

from dashboard.log_repeats import ALLOWED, NOT_WRITTEN, WINDOW_SECONDS, Repeats


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        """How many there are."""
        return self.now


def record_of(
    msg: object, *args: object, level: int = logging.WARNING, name: str = "asyncio"
) -> logging.LogRecord:
    """What a library logs."""
    return logging.LogRecord(name, level, "file.py", 1, msg, args, None)


@pytest.fixture
def clock() -> Clock:
    """At zero."""
    return Clock()


@pytest.fixture
def repeats(clock: Clock) -> Repeats:
    """Nothing has been said yet."""
    return Repeats(monotonic=clock)


def written(repeats: Repeats, *records: logging.LogRecord) -> list[logging.LogRecord]:
    """Those that a handler writes."""
    for record in records:
        repeats.thin_out(record)
    return [record for record in records if record.levelno >= 0]


def test_a_flood_is_counted(repeats: Repeats, clock: Clock) -> None:
    """17,000 lines of a library become a few and a number, whatever each of them names."""
    flood = [record_of("socket.accept() out of system resource: %s", number) for number in range(17_000)]
    assert len(written(repeats, *flood)) == ALLOWED
    assert {record.levelno for record in flood[ALLOWED:]} == {NOT_WRITTEN}
    clock.now = WINDOW_SECONDS
    (after,) = written(repeats, record_of("socket.accept() out of system resource: %s", 1))
    assert after.getMessage() == (
        "socket.accept() out of system resource: 1 (16,995 more like this were not written)"
    )


def test_different_lines_are_all_written(repeats: Repeats) -> None:
    """Of other loggers, levels, wordings; and our own about different things."""
    ours = [record_of({"event": "poll.failed", "task": number}, name="dashboard") for number in range(50)]
    others = [record_of("a"), record_of("b"), record_of("a", level=logging.ERROR), record_of("a", name="x")]
    assert len(written(repeats, *ours, *others)) == 54


def test_our_own_repetition(repeats: Repeats, clock: Clock) -> None:
    """The same of the same thing, at another moment."""
    same = [record_of({"event": "store.away", "timestamp": str(n)}, name="dashboard") for n in range(20)]
    assert len(written(repeats, *same)) == ALLOWED
    clock.now = WINDOW_SECONDS
    (after,) = written(repeats, record_of({"event": "store.away", "timestamp": "x"}, name="dashboard"))
    assert isinstance(after.msg, dict)
    assert after.msg["not_written"] == 15


def test_information_is_never_left_out(repeats: Repeats) -> None:
    """A thousand registered tasks are a thousand lines."""
    same = [record_of("registered", level=logging.INFO) for _ in range(1_000)]
    assert len(written(repeats, *same)) == 1_000


def test_odd_records_harm_nobody(repeats: Repeats, clock: Clock) -> None:
    """Arguments that do not fit the wording, and wordings without end."""
    written(repeats, *(record_of("%s %s", 1) for _ in range(9)))
    clock.now = WINDOW_SECONDS
    assert len(written(repeats, record_of("%s %s", 1))) == 1
    assert len(written(repeats, *(record_of(f"wording {n}") for n in range(5_000)))) == 5_000
