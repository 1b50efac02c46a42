"""The address, the boxes and the rows of a page say the same, whoever has changed one of them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from dashboard.services.intake import NewTask
from dashboard.ui import board_filter, library_filter, routes
from tests.pages.conftest import ENTRY, Finish
from tests.pages.test_pages import everything

LONG = "x" * 10_000


@pytest.fixture
def crowd(dashboard: Dashboard) -> Dashboard:
    """120 tasks, three pages of the board."""
    dashboard.intake.register(
        [
            NewTask(task_id=f"crowd-{number:08d}", trial=True, label=f"In line {number}")
            for number in range(120)
        ]
    )
    return dashboard


def opened(place: Path, /, **query: str) -> AppTest:
    """A page as its address names it."""
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page(str(place)).run()


def go(app: AppTest, **query: str) -> AppTest:
    """The same tab at another address, as Back leads to it."""
    app.query_params.clear()
    app.query_params.update(query)
    return app.run()


def address(app: AppTest) -> dict[str, str]:
    """What stands in the address."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def test_the_board_writes_what_is_chosen_and_reads_what_is_gone_back_to(crowd: Dashboard) -> None:
    """Another search begins at the first page; the address before it brings search and page back."""
    assert crowd.board is not None
    app = opened(routes.BOARD, page="3")
    assert app.session_state["board_page"] == 3
    app.text_input(key="board_filter_query").set_value("line").run()
    assert address(app) == {"q": "line"}
    assert app.session_state["board_page"] == 1
    app.run()
    go(app, page="3")
    assert app.text_input(key="board_filter_query").value == ""
    assert app.session_state["board_page"] == 3
    assert address(app) == {"page": "3"}
    go(app, q="line 11", state="pending", page="1")
    assert app.text_input(key="board_filter_query").value == "line 11"
    assert app.button_group(key="board_filter_states").value == ["pending"]
    assert "11 tasks" in everything(app)


def test_a_late_answer_is_no_way_back(crowd: Dashboard) -> None:
    """A refresh that was asked for before the address had changed does not undo what was chosen."""
    assert crowd.board is not None
    app = opened(routes.BOARD)
    app.text_input(key="board_filter_query").set_value("line 7").run()
    go(app)
    assert app.text_input(key="board_filter_query").value == "line 7"
    assert address(app) == {"q": "line 7"}


@pytest.mark.parametrize("place", [routes.BOARD, routes.LIBRARY], ids=["board", "library"])
@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1"},
        {"page": "999999"},
        {"page": "9" * 40},
        {"page": "²"},
        {"page": "1e3"},
        {"q": LONG, "find": LONG, "label": LONG, "tag": LONG, "language": LONG},
        {"state": LONG, "token": LONG, "sort": LONG, "operation": LONG, "trial": LONG, "archived": LONG},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "1850-01-01", "until": "yesterday", "gaps": "maybe"},
        {"token": "99999999999", "state": ",,,pending,pending"},
    ],
)
def test_odd_addresses_are_calm(place: Path, query: dict[str, str], crowd: Dashboard, finish: Finish) -> None:
    """What makes no sense is left out, of the boxes and of the address."""
    assert crowd.board is not None
    finish(RawPart("Text", "some text"))
    app = opened(place, **query)
    assert not app.exception
    app.run()
    assert not app.exception
    ours = {
        one.name for one in (board_filter if place == routes.BOARD else library_filter).in_address().fields
    }
    left = {name: value for name, value in address(app).items() if name in ours}
    assert all(len(value) <= 2_000 for value in left.values())
    assert left.get("page", "3") == "3"


def test_the_library_writes_what_is_chosen_and_reads_what_is_gone_back_to(
    dashboard: Dashboard, finish: Finish
) -> None:
    """Words and filters follow the address, and the address follows them."""
    assert dashboard.board is not None
    finish(RawPart("Text", "some text"))
    app = opened(routes.LIBRARY)
    app.text_input(key="library_find").set_value("text").run()
    app.selectbox(key="library_sort").set_value("oldest").run()
    assert address(app) == {"find": "text", "sort": "oldest"}
    go(app, find="text")
    go(app, find="nowhere", archived="also", since="2026-01-02")
    assert app.text_input(key="library_find").value == "nowhere"
    assert app.selectbox(key="library_sort").value == "newest"
    assert app.selectbox(key="library_archived").value == "also"
    assert "Nothing is found." in everything(app)
    app.button(key="library_clear").click().run()
    assert address(app) == {"find": "nowhere"}
