"""A process that is spawned is what was asked for, whatever ran before."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import requests
from streamlit.testing.v1 import AppTest

from tests.quick_service import quick_service


def test_one_runs_a_page_that_cannot_run_again() -> None:
    """What comes first for the next one; each test of this file runs in the same process."""

    def page(name: str) -> None:
        import streamlit as st

        st.write(name)

    assert not AppTest.from_function(page, args=("Ada",)).run().exception


def test_the_next_one_spawns() -> None:
    """It is the main module of the tests that a spawned process begins with, not the page."""
    with quick_service(latency=0) as url:
        assert requests.get(f"{url}/heard?id=1", timeout=10).json() == {"at": None}


def test_what_cannot_start_is_no_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits for who has ended before a word was said."""
    main = ModuleType("__main__")
    main.__file__ = str(tmp_path / "main.py")
    Path(main.__file__).write_text("raise SystemExit(1)")
    monkeypatch.setitem(sys.modules, "__main__", main)
    with pytest.raises(EOFError), quick_service(latency=0):
        pass
