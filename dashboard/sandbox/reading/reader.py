"""Who reads for the sandbox: one image after the other, on a thread that is there only while it is needed."""

import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from dashboard.sandbox.reading.pages import Reading
from dashboard.sandbox.reading.process import NotRead, ReaderProcess, is_installed

IDLE_SECONDS = 60.0
"""After so long without an image the process is ended, and half a gigabyte of memory is free again."""

Done = Callable[[str, Reading | str], None]
"""Is told what came of an image: its digest, and what stands on it or why it was not read."""

_log = logging.getLogger(__name__)


class Reader:
    """Takes images in, tells what stands on them.

    Args:
        process: what reads; the models are loaded with its first image.
        idle_seconds: how long it stays when nothing is to be read.
    """

    def __init__(self, process: ReaderProcess, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._process = process
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._waiting = queue.SimpleQueue[tuple[str, Path, Done]]()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def read(self, digest: str, path: Path, done: Done) -> None:
        """Have an image read in its turn; whoever asks goes on at once."""
        with self._lock:
            self._waiting.put((digest, path, done))
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._work, name="sandbox-reader", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Read nothing more; what waits is not told anything."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        self._process.end()
        if thread is not None and thread is not threading.current_thread():
            thread.join(3.0)

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process.is_running

    def _work(self) -> None:
        while True:
            try:
                digest, path, done = self._waiting.get(timeout=self._idle_seconds)
            except queue.Empty:
                with self._lock:
                    if self._waiting.empty() or self._stopped:
                        self._thread = None
                        self._process.rest()
                        return
                continue
            if not path.exists():
                continue  # the same image was before it in the row
            try:
                came: Reading | str = self._process.read(path)
            except NotRead as refused:
                came = str(refused)
            if self._stopped:
                return
            try:
                done(digest, came)
            except Exception:  # noqa: BLE001 - whatever befalls one image, the next one is read
                _log.exception("what was read could not be kept")


def reader_here() -> Reader | None:
    """What reads on this machine; None without the extra ``local``."""
    return Reader(ReaderProcess()) if is_installed() else None
