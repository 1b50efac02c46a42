"""Which tests run where, and in which order."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.spreading import ALONE, FEW_FILES, SLOW, in_order, processes

ROOT = Path(__file__).parents[1]


def test_what_is_named_exists() -> None:
    """A file that was renamed is named anew."""
    assert [name for name in (*SLOW, *ALONE) if not (ROOT / name).exists()] == []


def test_browsers_come_last_and_slow_files_first() -> None:
    """Everything else stays as it was collected."""
    names = [
        "tests/browser/test_a.py::a",
        "tests/b.py::1",
        "tests/chaos/test_c.py::c",
        "tests/b.py::2",
        f"{SLOW[1]}::x",
    ]
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in names]
    assert [item.nodeid for item in in_order(items)] == [names[4], names[1], names[3], names[2], names[0]]


@pytest.mark.parametrize(
    "arguments",
    [["tests/test_cli.py"], ["tests/test_cli.py::test_it[a::b]"] * FEW_FILES],
    ids=["a file", "a few tests"],
)
def test_few_files_run_where_they_were_asked_for(arguments: list[str]) -> None:
    """No other process is started for them."""
    assert processes(arguments) == 0


@pytest.mark.parametrize(
    "arguments",
    [["tests"], ["tests/store", "tests/test_cli.py"], ["tests/test_cli.py"] * (FEW_FILES + 1)],
    ids=["everything", "a folder", "many files"],
)
def test_the_rest_is_spread(arguments: list[str]) -> None:
    """Over the cores."""
    assert processes(arguments) > 0
