"""Where the pages are, and links between them."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import addresses
from dashboard.ui import address

_HERE = Path(__file__).resolve().parent.parent
PAGES = _HERE / "screens" if (_HERE / "screens").is_dir() else _HERE.parent / "pages"
"""Inside an installed package the pages are shipped with it; in a checkout they are beside it.

Shipped, they have another name: Streamlit takes a folder ``pages`` beside the app for a menu of its own.
"""

BOARD = PAGES / "board.py"
ADD = PAGES / "add.py"
TASK = PAGES / "task.py"
LIBRARY = PAGES / "library.py"
TOKENS = PAGES / "tokens.py"
TEAM_PAGE = PAGES / "team.py"
BATCH = PAGES / "batch.py"

TEAM = "team"
"""Query parameter that names the team."""

_REMEMBERED = "routes_team"


def pages(*, with_team: bool) -> list[StreamlitPage]:
    """Every page; those of a task and of a batch are reached through links, not through the menu.

    Args:
        with_team: whether there is access control, and so a team to look after.
    """
    team = st.Page(TEAM_PAGE, title="Team", icon=":material/group:", url_path=addresses.TEAM)
    return [
        st.Page(BOARD, title="Board", icon=":material/table_rows:", default=True),
        st.Page(ADD, title="Add", icon=":material/add:", url_path=addresses.ADD),
        st.Page(LIBRARY, title="Library", icon=":material/manage_search:", url_path=addresses.LIBRARY),
        st.Page(TOKENS, title="Tokens", icon=":material/key:", url_path=addresses.TOKENS),
        *([team] if with_team else []),
        st.Page(TASK, title="Task", url_path=addresses.TASK, visibility="hidden"),
        st.Page(BATCH, title="Batch", url_path=addresses.BATCH, visibility="hidden"),
    ]


def with_team(params: dict[str, str]) -> dict[str, str]:
    """Query parameters for a link that stays in the team this page shows."""
    team = st.query_params.get(TEAM) or remembered_team()
    return params | ({TEAM: team} if team else {})


def remember_team(slug: str, *, in_address: bool) -> None:
    """Stay in a team from page to page; the menu's links carry no parameters.

    Args:
        slug: the team.
        in_address: also name it there, so that the address can be sent to somebody.
    """
    st.session_state[_REMEMBERED] = slug
    if in_address:
        address.mend(TEAM, slug)


def remember_named_team() -> None:
    """Stay in the team of the address before its page is drawn: somebody may click on the menu earlier than that."""
    if named := st.query_params.get(TEAM):
        st.session_state[_REMEMBERED] = named


def switch_to(slug: str) -> None:
    """Leave for the board of another team."""
    st.session_state[_REMEMBERED] = slug  # already, or a click on the menu that comes sooner leads back
    st.switch_page(BOARD, query_params={TEAM: slug})


def remembered_team() -> str | None:
    """The team of the page before; None on the first page."""
    team: str | None = st.session_state.get(_REMEMBERED)
    return team


def api_href(path: str, **params: str) -> str:
    """A link to a route of our API, relative to any of our pages, in the team this page shows."""
    query = urlencode(with_team(params))
    return f"api/v1/{path}" + (f"?{query}" if query else "")


def for_palette() -> dict[str, str]:
    """Where tasks are asked for, and the pages of one task and of the library, in the team this page shows."""
    query = urlencode(with_team({}))
    pages = {"task": addresses.TASK, "library": addresses.LIBRARY}
    return {"tasks": api_href("tasks")} | {
        name: f"{page}?{query}" if query else page for name, page in pages.items()
    }


def task_href(task_ref: int, team: str | None = None) -> str:
    """A link to a task page, relative to any of our pages, so that it works below a base path too.

    Args:
        task_ref: our ID.
        team: the team it is in, empty where none is named; None for the one that this page shows.
    """
    named = {"id": str(task_ref)}
    return f"task?{urlencode(with_team(named) if team is None else named | ({TEAM: team} if team else {}))}"


def batch_href(batch_id: int) -> str:
    """The same to the page of a batch."""
    return f"batch?{urlencode(with_team({'id': str(batch_id)}))}"


def board_href() -> str:
    """A link to the board, relative to any of our pages."""
    query = urlencode(with_team({}))
    return "./" + (f"?{query}" if query else "")
