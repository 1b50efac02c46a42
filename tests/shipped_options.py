"""Streamlit's options as `.streamlit/config.toml` sets them, by dotted name."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / ".streamlit" / "config.toml"


def _flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


OPTIONS = dict(_flat(tomllib.loads(FILE.read_text("utf-8"))))
