"""How the tests are spread over processes: file by file, those that need the machine for themselves at the end.

What drives a browser or kills processes starts programs of its own; beside other tests it would be slow and unsteady.
One process runs all of it, one after the other, when the rest is nearly done.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

SLOW = (
    "tests/test_first_visit.py",
    "tests/polling/test_token_keeper.py",
    "tests/test_strangers.py",
    "tests/test_leaks.py",
    "tests/test_forwarding.py",
    "tests/results/test_hostile.py",
    "tests/store/test_editions.py",
    "tests/web/test_sso_routes.py",
    "tests/cloud/test_many_results.py",
    "tests/test_private_files.py",
)
"""Files that take longest, first: whoever began one at the end would keep everybody waiting."""

ALONE = ("tests/chaos/", "tests/browser/")
"""At the end, in this order: Playwright leaves an event loop running in its thread."""

FEW_FILES = 4
"""So many are run sooner than other processes are started."""


def scheduling(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """File after file goes to whoever is free; what needs the machine for itself counts as one file."""
    config.option.loadscopereorder = False  # the order is ours
    made = LoadFileScheduling(config, log)
    file_of = made._split_scope
    made._split_scope = lambda nodeid: "alone" if nodeid.startswith(ALONE) else file_of(nodeid)
    return made


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests in the order in which they are handed out; files stay whole."""
    return sorted(items, key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    for place, start in enumerate(ALONE, len(SLOW) + 1):
        if nodeid.startswith(start):
            return place
    file = nodeid.partition("::")[0]
    return SLOW.index(file) if file in SLOW else len(SLOW)


def processes(arguments: Sequence[str]) -> int:
    """How many run the tests that were asked for; 0 for none beside the one that was started."""
    files = [argument.partition("::")[0] for argument in arguments]
    if len(files) <= FEW_FILES and all(Path(file).suffix == ".py" for file in files):
        return 0
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
