"""Addresses of the pages and of what is beside them, for who draws them and for who stands at the door."""

import re

BOARD = ""
ADD = "add"
LIBRARY = "library"
TOKENS = "tokens"
TEAM = "team"
TASK = "task"
BATCH = "batch"

DROP_IN = "/in"
"""What stands before the secret of a drop-in address for tools that can send no header."""

_BASE_PATH = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*")


def paths(*, with_team: bool) -> frozenset[str]:
    """The path of every page, below the base path.

    Args:
        with_team: whether there is access control, and so a team to look after.
    """
    team = [TEAM] if with_team else []
    return frozenset(f"/{name}" for name in (BOARD, ADD, LIBRARY, TOKENS, TASK, BATCH, *team))


def normal_base_path(written: str) -> str:
    """A path the dashboard is reached under, with a slash before it and none behind; empty for none.

    Raises:
        ValueError: where it is no such path.
    """
    path = written.strip().strip("/")
    if path and (not _BASE_PATH.fullmatch(path) or {".", ".."} & set(path.split("/"))):
        msg = "write a path such as /ocr"
        raise ValueError(msg)
    return f"/{path}" if path else ""
