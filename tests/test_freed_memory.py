"""Memory that is free is the system's again, also after many threads have held large blocks."""

import ctypes
import platform
import subprocess
import sys

import pytest

from dashboard import freed_memory

_PEAKS = """
import sys, threading
from dashboard import freed_memory
if sys.argv[1] == "give back":
    assert freed_memory.give_back()

kept = []

def held(at_once=threading.Barrier(8)):
    for size in (1, 4, 8, 12, 16):
        at_once.wait()
        block = b"x" * (size * 1024 * 1024)
        kept.append(b"x" * 5000)  # lies behind it, and is still needed
        del block

for _ in range(3):
    threads = [threading.Thread(target=held) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20)
"""

needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere the system decides")


def left(how: str) -> int:
    """MiB that a process still holds after its threads have freed everything."""
    said = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", _PEAKS, how], check=True, capture_output=True, text=True
    )
    return int(said.stdout)


@needs_glibc
def test_nothing_large_is_left() -> None:
    """Whatever eight threads held; without saying so most of it would stay."""
    assert 3 * left("give back") < left("keep")


def test_where_the_library_has_no_such_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and all goes on."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not freed_memory.give_back()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not freed_memory.give_back()
