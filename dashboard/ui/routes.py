"""Where the pages are, and links between them."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_HERE = Path(__file__).resolve().parent.parent
PAGES = _HERE / "pages" if (_HERE / "pages").is_dir() else _HERE.parent / "pages"
"""Inside an installed package the pages are shipped with it; in a checkout they are beside it."""

BOARD = PAGES / "board.py"
ADD = PAGES / "add.py"
TASK = PAGES / "task.py"
TOKENS = PAGES / "tokens.py"
TEAM = PAGES / "team.py"


def pages(*, with_team: bool) -> list[StreamlitPage]:
    """Every page; the task page is reached through links, not through the menu.

    Args:
        with_team: whether there is access control, and so a team to look after.
    """
    team = st.Page(TEAM, title="Team", icon=":material/group:", url_path="team")
    return [
        st.Page(BOARD, title="Board", icon=":material/table_rows:", default=True),
        st.Page(ADD, title="Add", icon=":material/add:", url_path="add"),
        st.Page(TOKENS, title="Tokens", icon=":material/key:", url_path="tokens"),
        *([team] if with_team else []),
        st.Page(TASK, title="Task", url_path="task", visibility="hidden"),
    ]


def with_team(params: dict[str, str]) -> dict[str, str]:
    """Query parameters for a link that stays in the team this page shows."""
    team = st.query_params.get("team")
    return params | ({"team": team} if team else {})


def api_href(path: str) -> str:
    """A link to a route of our API, relative to any of our pages, in the team this page shows."""
    team = with_team({})
    return f"api/v1/{path}" + (f"?{urlencode(team)}" if team else "")


def task_href(task_ref: int) -> str:
    """A link to a task page, relative to any of our pages, so that it works below a base path too."""
    return f"task?{urlencode(with_team({'id': str(task_ref)}))}"
