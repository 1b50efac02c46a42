"""Where files can be kept that need not outlive the machine, without waiting for a disk."""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ROOM = 2 * 1024**3
"""Bytes that must be free there; containers often have 64 MiB."""


def can_hold_files(folder: Path) -> bool:
    """Whether there is such a place on this machine, large enough for what all tests write."""
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
