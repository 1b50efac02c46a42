"""The alarm wakes one sleeper, and many rings are one waking."""

import threading
import time

import pytest

from dashboard.polling.alarm import Alarm


@pytest.fixture
def alarm() -> Alarm:
    """Not rung yet."""
    return Alarm()


def slept(alarm: Alarm, *, least: float = 0.0) -> float:
    """Sleep, and say how long."""
    began = time.monotonic()
    alarm.sleep(least=least)
    return time.monotonic() - began


def test_it_wakes_at_the_first_moment_that_was_set(alarm: Alarm) -> None:
    """A later one changes nothing."""
    alarm.within(0.05)
    alarm.within(60)
    assert 0.04 < slept(alarm) < 10


def test_a_ring_before_the_sleep_is_not_lost(alarm: Alarm) -> None:
    """It came while the sleeper was awake."""
    alarm.ring()
    assert slept(alarm) < 5
    alarm.within(0.05)
    assert slept(alarm) > 0.04  # it has been heard


def test_rings_are_heard_while_it_sleeps(alarm: Alarm) -> None:
    """From any thread."""
    threading.Timer(0.02, alarm.ring).start()
    alarm.within(60)
    assert slept(alarm) < 10


def test_a_storm_of_rings_is_one_waking(alarm: Alarm) -> None:
    """However many come, it sleeps as long as it is to sleep at least."""
    for _ in range(1000):
        alarm.ring()
    assert slept(alarm, least=0.05) > 0.04
    alarm.within(0.05)
    assert slept(alarm) > 0.04


def test_its_end_wakes_at_once_and_for_good(alarm: Alarm) -> None:
    """Whatever it is to sleep at least, until it begins again."""
    threading.Timer(0.02, alarm.end).start()
    assert slept(alarm, least=60) < 10
    assert slept(alarm, least=60) < 10
    alarm.begin()
    alarm.within(0.05)
    assert slept(alarm) > 0.04
