"""Addresses of the pages, for who draws them and for who stands at the door."""

BOARD = ""
ADD = "add"
LIBRARY = "library"
TOKENS = "tokens"
TEAM = "team"
TASK = "task"


def paths(*, with_team: bool) -> frozenset[str]:
    """The path of every page, below the base path.

    Args:
        with_team: whether there is access control, and so a team to look after.
    """
    team = [TEAM] if with_team else []
    return frozenset(f"/{name}" for name in (BOARD, ADD, LIBRARY, TOKENS, TASK, *team))
