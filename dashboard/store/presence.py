"""Whether other processes have the same database open, told by a lock that ends with the process, however it ends."""

import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nobody can rename or replace a file that is open
    fcntl = None  # type: ignore[assignment]

_PATIENCE_SECONDS = 5.0
"""How long to wait for somebody who is just opening the database alone."""


class Presence:
    """The presence of this process at one database.

    Args:
        path: of a file that is made for the lock alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._is_unable = False

    def enter(self) -> bool:
        """Be there; returns whether nobody else is. Whoever comes meanwhile waits until :meth:`settle`."""
        if fcntl is None:
            return True
        if self._handle is None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return False
        if self._is_locked(fcntl.LOCK_EX):
            return True
        self._wait()
        return False

    def is_alone(self) -> bool:
        """Whether nobody else is there now; whoever comes then waits until :meth:`settle`."""
        if fcntl is None or self._is_locked(fcntl.LOCK_EX):
            return True
        self._wait()  # a failed attempt has ended the lock there was
        return False

    def settle(self) -> None:
        """Let others in."""
        if fcntl is not None:
            self._is_locked(fcntl.LOCK_SH)

    def leave(self) -> None:
        """Be gone."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_locked(fcntl.LOCK_SH) and not self._is_unable and time.monotonic() < deadline:
            time.sleep(0.02)

    def _is_locked(self, kind: int) -> bool:
        if self._handle is None:
            return False
        try:
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            self._is_unable = True
            return False
        return True
