"""Files that are opened in a process of their own: a few at a time, and costly ones not again and again."""

import hashlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from cachetools import TTLCache

AT_ONCE = 2
"""Processes of this kind that run at the same time, for everybody together; for one document there is one."""

MOST_WAITING = 8
PATIENCE_SECONDS = 10.0
"""How long somebody waits for their turn; what they wait with is a thread of the server."""

REMEMBERED_SECONDS = 300.0
"""How long a document that could not be opened is not tried again."""

SLOW_SECONDS = 5.0
"""A failure after this time is the whole document's, not only that of the page that was asked for."""

_MOST_REMEMBERED = 1_000
_ENDED_FROM_OUTSIDE = frozenset({-signal.SIGINT, -signal.SIGTERM})
BUSY = "Other files are being opened just now. Look again in a moment, or download this one."


class Trouble(StrEnum):
    """Why there is nothing to show."""

    FAILED = "failed"
    TOO_SLOW = "too slow"
    BUSY = "busy"


class WorkerFailed(Exception):
    """A worker has brought nothing, now or a short while ago."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class Workers:
    """Starts the processes of one server.

    Args:
        patience_seconds: how long somebody waits for their turn.
        monotonic: seconds that only grow.
    """

    def __init__(
        self, *, patience_seconds: float = PATIENCE_SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._busy: set[str] = set()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._waiting = 0
        self._failed = TTLCache[tuple[str, str], Trouble](
            _MOST_REMEMBERED, REMEMBERED_SECONDS, timer=monotonic
        )

    def run(
        self,
        worker: Path,
        data: bytes,
        *,
        seconds: float,
        arguments: Sequence[str] = (),
        says_all: bool = True,
    ) -> bytes:
        """What a worker makes of a document.

        Args:
            worker: the script; reads the document from its standard input and writes to its standard output.
            data: the document.
            seconds: when it is given up.
            arguments: what of the document is wanted.
            says_all: a costly failure is the whole document's, whatever else is wanted of it.

        Raises:
            WorkerFailed: when it fails, takes too long, did so a short while ago, or too many others are at work.
        """
        document, wanted = hashlib.sha256(data).hexdigest(), " ".join(arguments)
        self._refuse_known(document, wanted)
        with self._turn(document):
            self._refuse_known(document, wanted)  # whoever was before may have learned it
            began = self._monotonic()
            trouble = Trouble.FAILED
            try:
                code, made = self._outcome([sys.executable, "-I", str(worker), *arguments], data, seconds)
                if not code and made:
                    return made
            except subprocess.TimeoutExpired:
                trouble = Trouble.TOO_SLOW
            is_costly = trouble is Trouble.TOO_SLOW or self._monotonic() - began >= SLOW_SECONDS
            with self._changed:
                self._failed[document, "" if is_costly and says_all else wanted] = trouble
            raise WorkerFailed(trouble)

    def end_all(self) -> None:
        """End what is running, because the server ends; nothing is learned about its documents."""
        with self._changed:
            while self._running:
                self._running.pop().kill()

    def _outcome(self, command: Sequence[str], data: bytes, seconds: float) -> tuple[int, bytes]:
        """Exit code and output of a process; raises TimeoutExpired when it was ended for taking too long."""
        with self._changed:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # a terminal tells all its processes of Ctrl+C, and these have no part in it
            )
            self._running.add(process)
        with process:
            try:
                made, _ = process.communicate(data, timeout=seconds)
            except BaseException:
                process.kill()
                raise
            finally:
                with self._changed:
                    was_ended = process not in self._running
                    self._running.discard(process)
        if was_ended or process.returncode in _ENDED_FROM_OUTSIDE:
            raise WorkerFailed(Trouble.BUSY)  # which says nothing about the document
        return process.returncode, made

    @contextmanager
    def _turn(self, document: str) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            try:
                free = self._waiting <= MOST_WAITING and self._changed.wait_for(
                    lambda: document not in self._busy and len(self._busy) < AT_ONCE, self._patience_seconds
                )
            finally:
                self._waiting -= 1
            if not free:
                raise WorkerFailed(Trouble.BUSY)
            self._busy.add(document)
        try:
            yield
        finally:
            with self._changed:
                self._busy.remove(document)
                self._changed.notify_all()

    def _refuse_known(self, document: str, wanted: str) -> None:
        """Say again what is known; of the whole document, or of what is wanted of it."""
        with self._changed:
            for key in ((document, ""), (document, wanted)):
                if trouble := self._failed.get(key):
                    raise WorkerFailed(trouble)


WORKERS = Workers()
"""Those of this process."""
