"""Work that goes on beside everything else, in a thread of its own, until the process ends."""

import threading
from abc import ABC, abstractmethod


class Background(ABC):
    """One thread; what it does is :meth:`_run`, which ends soon after ``_stopping`` is set.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def begin_to_stop(self) -> None:
        """End after the piece that is under way; returns at once."""
        self._stopping.set()

    def stop(self, *, timeout_seconds: float = 1.0) -> None:
        """The same, and wait for it."""
        self.begin_to_stop()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    @abstractmethod
    def _run(self) -> None:
        """Go on until it is to stop."""
