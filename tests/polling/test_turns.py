"""Large answers take turns, and none waits for ever."""

import threading
from contextlib import ExitStack

import pytest

from dashboard.polling.turns import LARGE, Turns

PATIENCE = 20.0
"""Seconds until a test gives up."""


def waits(turns: Turns, size: int) -> tuple[threading.Thread, threading.Event]:
    """A thread that wants its turn, and whether it had it."""
    had = threading.Event()

    def want() -> None:
        with turns.of(size):
            had.set()

    thread = threading.Thread(target=want, daemon=True)
    thread.start()
    return thread, had


def test_one_large_answer_at_a_time() -> None:
    """Small ones go past it."""
    turns = Turns(longest_wait_seconds=PATIENCE)
    with ExitStack() as first:
        first.enter_context(turns.of(LARGE + 1))
        large, had = waits(turns, LARGE + 1)
        small, small_had = waits(turns, LARGE)
        assert small_had.wait(PATIENCE)
        assert not had.is_set()
    assert had.wait(PATIENCE)
    large.join(PATIENCE)
    small.join(PATIENCE)


def test_nobody_waits_longer_than_the_lease_allows() -> None:
    """After that it goes on beside the other, and gives no turn back that it never had."""
    turns = Turns(longest_wait_seconds=0.01)
    with turns.of(LARGE + 1):
        for _ in range(3):
            thread, had = waits(turns, LARGE + 1)
            assert had.wait(PATIENCE)
            thread.join(PATIENCE)
    with turns.of(LARGE + 1):
        assert not turns._free.acquire(blocking=False)


def test_a_turn_is_given_back_after_trouble() -> None:
    """Whatever happened in it."""
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.of(LARGE + 1):
        _ = 1 / 0
    assert turns._free.acquire(blocking=False)
