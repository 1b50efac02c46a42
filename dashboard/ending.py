"""Ending this process when it is told to: within seconds, whatever others are doing, and at once when told twice.

A signal is passed on to whoever handled it before. If the process is still there when the time is over, because a
thread waits for somebody, it is ended all the same: what is stored is stored, and leases have been given back.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Protocol

STREAMS_SECONDS = 2.5
"""Time that answers under way still have."""

STOP_SECONDS = 3.0
"""After which everything else is stopped, also when answers are still under way."""

MOST_SECONDS = 4.4
"""After which the process ends."""

SAME_SECONDS = 0.3
"""In which another signal is no second word: terminals and programs around us often say the same both."""

LOOK_SECONDS = 0.25
"""How soon a signal is noticed that woke nobody."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


PARTS_SECONDS = 2.0
"""For all parts together to end what they are doing."""


class Part(Protocol):
    """Something with a thread of its own."""

    def stop(self, *, timeout_seconds: float) -> None:
        """Stop it; returns within the time."""


class WorkingPart(Part, Protocol):
    """One that can be told beforehand."""

    def begin_to_stop(self) -> None:
        """Have it begin nothing new; returns at once."""


def stop_all(*parts: Part) -> None:
    """Stop parts one after the other; what does not end in time is left to the end of the process."""
    ends_at = time.monotonic() + PARTS_SECONDS
    for part in parts:
        part.stop(timeout_seconds=max(0.0, ends_at - time.monotonic()))


class Work(Protocol):
    """What goes on in the process."""

    def begin_to_stop(self) -> None:
        """Have it begin nothing new; returns at once."""

    def stop(self) -> None:
        """Stop it within a second or so; may be called by several threads, and again."""


class Ending:
    """Listens for signals; there is one for a process.

    Args:
        leave: ends the process with an exit code.
    """

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self._leave = leave
        # A queue of this kind is the one thing that the handler of a signal may safely fill.
        self._told: SimpleQueue[int] = SimpleQueue()
        self._heard: SimpleQueue[int] = SimpleQueue()
        self._number, self._told_at = 0, 0.0
        self._was_raised_again = False
        self._work: Callable[[], Work | None] = lambda: None
        self._before: dict[int, Any] = {}
        self._thread: threading.Thread | None = None

    def at_once(self) -> None:
        """From now on a signal ends the process without a word.

        Nothing is lost with that: whatever is written is there as a whole or not at all.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def under_uvicorn(self) -> None:
        """The same for what comes next, which is uvicorn, and a return to here when it has stopped.

        By itself it raises the signal that stopped it once more at its end.
        """
        for number in SIGNALS:
            signal.signal(number, self._on_signal_outside)

    def within_seconds(self, work: Callable[[], Work | None]) -> None:
        """From now on the first signal stops this work, and whoever handles signals now hears of it as well.

        Does nothing on other threads than the main one: there the process is somebody else's.

        Args:
            work: gives what is to be stopped; None while there is nothing yet.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        self._work = work
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="ending", daemon=True)
            self._thread.start()
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._on_signal)

    def wait(self) -> None:
        """Return when the first signal has come; on the main thread."""
        # Python runs handlers between two steps of the main thread. A signal that comes just before this one falls
        # asleep, or to another thread, does not wake it: it has to look by itself.
        while True:
            with contextlib.suppress(Empty):
                self._heard.get(timeout=LOOK_SECONDS)
                return

    def leave(self) -> None:
        """End now, well; what Python does at its end takes a while, and waits for whatever threads wait for."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        self._leave(0)

    def _on_signal_outside(self, number: int, _: FrameType | None) -> None:
        if self._number and not self._was_raised_again:
            self._was_raised_again = True
            return
        self._leave(128 + number)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._number:
            if time.monotonic() - self._told_at > SAME_SECONDS:
                self._leave(128 + number)
            return
        self._number, self._told_at = number, time.monotonic()
        self._told.put(number)
        self._heard.put(number)
        before = self._before[number]
        if callable(before):
            before(number, frame)

    def _watch(self) -> None:
        number = self._told.get()
        work = self._work()
        if work is not None:
            _beside("begin-to-stop", work.begin_to_stop)
        time.sleep(STOP_SECONDS)
        work = self._work() or work
        if work is not None:
            _beside("stopping", work.stop)
        time.sleep(MOST_SECONDS - STOP_SECONDS)
        self._leave(0 if work is not None else 128 + number)


def _beside(name: str, do: Callable[[], object]) -> None:
    """Do something that may take for ever, or go wrong: the process ends in time all the same."""
    threading.Thread(target=do, name=name, daemon=True).start()


ENDING = Ending()
"""That of this process."""
