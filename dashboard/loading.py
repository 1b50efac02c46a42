"""Loading programs quickly, and not more of them than is used."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import without the garbage collector, which leaves alone for ever what is there at the end.

    Nothing of what is loaded is garbage, and looking for some takes a sixth of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def without(package: str) -> Iterator[None]:
    """Import something as if a package it can do without were not installed, unless that is loaded anyway."""
    hidden = package not in sys.modules
    if hidden:
        sys.modules[package] = None  # type: ignore[assignment] # how one tells ``import`` that there is none
    try:
        yield
    finally:
        if hidden:
            del sys.modules[package]
