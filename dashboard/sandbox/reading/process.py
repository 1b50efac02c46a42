"""The reader's process as the server sees it: started when something is to be read, ended when it fails or rests."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from dashboard.sandbox.reading.pages import Reading

INSTALL = "pip install 'ocr-dashboard[local]'"
"""The command that brings what reads."""

SECONDS = 180.0
"""For one image or document, the loading of the models included."""

_ROOT = Path(__file__).parents[3]
_MODULE = "dashboard.sandbox.reading.child"
_TAKEN_ALONG = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "HOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
)
"""Of our own environment, in which keys and addresses are, the process gets only these."""


_SMALL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}
"""Libraries take addresses for each core there is; on large machines that alone would be more than it may have."""


class NotRead(Exception):
    """An image was not read; the message is a sentence for people."""


def is_installed() -> bool:
    """Whether what reads is there; it is not imported by that."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


class ReaderProcess:
    """At most one process; for one thread at a time, but for :meth:`end`.

    Args:
        seconds: when an image is given up.
        module: what is run; tests have worse ones.
    """

    def __init__(self, *, seconds: float = SECONDS, module: str = _MODULE) -> None:
        self._seconds = seconds
        self._module = module
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def read(self, path: Path) -> Reading:
        """What stands on the image at a path.

        Raises:
            NotRead: with a sentence; the next image has a fresh process if this one broke it.
        """
        process = self._running()
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise NotRead(_BROKEN)
            process.stdin.write(json.dumps(str(path)).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            if "missing" in answer:
                raise NotRead(f"The reader on this machine is not whole. Install it again: {INSTALL}")
            if "refused" in answer:
                raise NotRead(str(answer["refused"]))
            return Reading.from_json(answer["reading"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.rest()
            if late.is_set():
                raise NotRead(
                    f"The reader on this machine took longer than {self._seconds:.0f} seconds and was ended. "
                    "Send a smaller image, or fewer pages."
                ) from error
            raise NotRead(_BROKEN) from error
        finally:
            timer.cancel()

    def rest(self) -> None:
        """End the process and give its memory back; the next image starts another one."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def end(self) -> None:
        """End it for good, whatever it is doing; from any thread."""
        self._ended = True
        self.rest()

    @property
    def is_running(self) -> bool:
        """Whether there is a process just now."""
        return self._process is not None

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise NotRead(_BROKEN)
            if self._process is None or self._process.poll() is not None:
                if self._process is not None:
                    _end(self._process)
                self._process = subprocess.Popen(  # noqa: S603 - ourselves
                    [sys.executable, "-P", "-m", self._module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                    start_new_session=True,  # a terminal tells all its processes of Ctrl+C; this one has us
                )
            return self._process


_BROKEN = (
    "The reader on this machine broke down over this image. Others are not affected; send a smaller one, or in "
    "another format."
)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()  # closes the pipes, and takes the exit code


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _TAKEN_ALONG if name in os.environ}
    places = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return kept | _SMALL | {"PYTHONPATH": os.pathsep.join(filter(None, places)), "PYTHONUTF8": "1"}
