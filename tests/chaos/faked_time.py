"""Another time for a process and its libraries, changed while it runs; its monotonic clock stays what it is."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PROGRAM = "faketime"


class FakedTime:
    """The clock of one process.

    Args:
        folder: for the file that says what time it is.
        offset: to begin with, as libfaketime reads it: ``+25h``, ``-2d``.
    """

    def __init__(self, folder: Path, offset: str = "+0") -> None:
        self._file = folder / "time"
        self.set(offset)

    def set(self, offset: str) -> None:
        """Make it that much later or earlier than it is."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset}\n")
        fresh.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs that goes by it; skips the test where that cannot be, and fails it in CI."""
        program = shutil.which(PROGRAM)
        if program is None:
            reason = f"no faked time: {PROGRAM} is not installed"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        asked = [program, "-f", "+0", "printenv", "LD_PRELOAD"]
        library = subprocess.run(asked, check=True, capture_output=True, text=True)  # noqa: S603 - found above
        return {
            "LD_PRELOAD": library.stdout.strip(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
