"""Signals end the process: in steps after the first one, at once after the second one."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from dashboard import ending
from dashboard.ending import Ending, stop_all

PATIENCE = 20.0


class Work:
    """What goes on, and what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begin_to_stop(self) -> None:
        """Note it."""
        self.told.append("begin")

    def stop(self) -> None:
        """Note it."""
        self.told.append("stop")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Soon over, and with the signals as they were afterwards."""
    monkeypatch.setattr(ending, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(ending, "MOST_SECONDS", 0.4)
    before = {number: signal.getsignal(number) for number in ending.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def left() -> list[int]:
    """The exit codes with which a process would have ended."""
    return []


@pytest.fixture
def made(left: list[int]) -> tuple[Ending, threading.Event]:
    """An ending, and whether it has come."""
    over = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        over.set()

    it = Ending(leave)
    it.at_once()  # Python's own handler would raise KeyboardInterrupt in the middle of a test
    return it, over


def tell(number: signal.Signals) -> None:
    """Send ourselves a signal."""
    os.kill(os.getpid(), number)


Made = tuple[Ending, threading.Event]


def test_the_first_signal_stops_in_steps(made: Made, left: list[int]) -> None:
    """The work hears of it at once, whoever handled signals before too, and in the end the process is ended."""
    it, over = made
    work, heard = Work(), []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    it.within_seconds(lambda: work)
    tell(signal.SIGTERM)
    it.wait()
    assert heard == [signal.SIGTERM]
    assert left == []
    assert over.wait(PATIENCE)
    assert work.told == ["begin", "stop"]
    assert left == [0]


def test_a_signal_that_wakes_nobody(made: Made, left: list[int]) -> None:
    """One that another thread gets, or that comes just before the main thread falls asleep, is noticed all the same."""
    it, over = made
    it.within_seconds(Work)
    asleep = threading.Event()
    other = threading.Thread(target=asleep.wait, args=(PATIENCE,))
    other.start()  # it takes signals, from now on alone
    signal.pthread_sigmask(signal.SIG_BLOCK, ending.SIGNALS)
    rescue = threading.Timer(PATIENCE / 2, it._heard.put, [0])
    rescue.start()
    try:
        threading.Timer(0.1, tell, [signal.SIGTERM]).start()
        began = time.monotonic()
        it.wait()
        assert time.monotonic() - began < PATIENCE / 4
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ending.SIGNALS)
        rescue.cancel()
        asleep.set()
        other.join()
    assert over.wait(PATIENCE)
    assert left == [0]


def test_what_is_opened_meanwhile_is_stopped_too(made: Made, left: list[int]) -> None:
    """A signal while the dashboard is being opened."""
    it, over = made
    answers = iter([None, Work()])
    it.within_seconds(lambda: next(answers))
    tell(signal.SIGINT)
    assert over.wait(PATIENCE)
    assert left == [0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("what", ["waits", "fails"])
def test_it_ends_whatever_the_work_does(
    made: Made, left: list[int], what: str, request: pytest.FixtureRequest
) -> None:
    """A part that waits for a lock when it is told, or a bug in one, keeps no process alive."""
    it, over = made
    go = threading.Event()
    request.addfinalizer(go.set)

    class Stuck(Work):
        def begin_to_stop(self) -> None:
            if what == "fails":
                raise RuntimeError("a bug")
            go.wait(PATIENCE)

    work = Stuck()
    it.within_seconds(lambda: work)
    tell(signal.SIGTERM)
    assert over.wait(PATIENCE / 2)
    assert work.told == ["stop"]
    assert left == [0]


def test_with_nothing_to_stop(made: Made, left: list[int]) -> None:
    """The exit code says that it was ended from outside."""
    it, over = made
    it.within_seconds(lambda: None)
    tell(signal.SIGINT)
    assert over.wait(PATIENCE)
    assert left == [128 + signal.SIGINT]


def test_the_same_word_twice(made: Made, left: list[int]) -> None:
    """A terminal tells us, and so does a program that started us: that is one signal, and things are stopped well."""
    it, over = made
    work = Work()
    it.within_seconds(lambda: work)
    tell(signal.SIGINT)
    tell(signal.SIGTERM)
    assert left == []
    assert over.wait(PATIENCE)
    assert work.told == ["begin", "stop"]


@pytest.mark.parametrize("second", ending.SIGNALS)
def test_the_second_signal_ends_at_once(
    made: Made, left: list[int], second: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever it is."""
    monkeypatch.setattr(ending, "SAME_SECONDS", -1.0)
    it, _ = made
    it.within_seconds(Work)
    tell(signal.SIGINT)
    tell(second)
    assert left == [128 + second]


def test_uvicorn_raises_the_signal_once_more(made: Made, left: list[int]) -> None:
    """That is not a second one; what comes after it is."""
    it, _ = made
    it.under_uvicorn()
    outside = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn's own handler
    it.within_seconds(Work)
    tell(signal.SIGTERM)
    signal.signal(signal.SIGTERM, outside)
    tell(signal.SIGTERM)
    assert left == []
    tell(signal.SIGTERM)
    assert left == [128 + signal.SIGTERM]


def test_other_threads_change_nothing(made: Made) -> None:
    """There the process is somebody else's, and Python refuses."""
    it, _ = made
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=it.within_seconds, args=(Work,), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert signal.getsignal(signal.SIGTERM) is before


def test_parts_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes it all leaves none to the others."""
    monkeypatch.setattr(ending, "PARTS_SECONDS", 0.1)
    given: list[float] = []

    class Slow:
        def stop(self, *, timeout_seconds: float) -> None:
            given.append(timeout_seconds)
            threading.Event().wait(timeout_seconds)

    stop_all(Slow(), Slow())
    assert given[0] > given[1]
    assert given[1] == pytest.approx(0, abs=0.05)
