"""Giving memory back to the operating system once it is free.

glibc learns from the first large block that is freed to keep such blocks for the thread that had it: with images that
are sent by many threads a server held 500 MB it did not need. Said once, its own starting value stays what it is.
"""

import ctypes
import sys

_MMAP_THRESHOLD = -3
"""Number of the option in glibc's ``malloc.h``."""

_LARGE = 128 * 1024
"""Bytes from which a block is the system's again when it is freed; what glibc begins with."""


def give_back() -> bool:
    """Have large blocks given back, from now on in this process; False where the C library knows no such option."""
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (OSError, AttributeError):
        return False
