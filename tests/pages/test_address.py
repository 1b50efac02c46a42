"""The address, the boxes and the rows of a page say the same, whoever has changed one of them."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Action, RawPart, Role
from dashboard.services.tasks.intake import NewTask
from dashboard.ui import board_filter, library_filter, routes
from tests.pages.conftest import ENTRY, Finish, join_as
from tests.pages.test_pages import everything, html_of

LONG = "x" * 10_000


@pytest.fixture
def crowd(dashboard: Dashboard) -> Dashboard:
    """120 tasks, three pages of the board."""
    dashboard.team.intake.register(
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
    assert crowd.team.board is not None
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
    assert app.button_group(key="board_filter_states").value == ["open", "pending"]
    assert "11 tasks" in everything(app)


def test_a_late_answer_is_no_way_back(crowd: Dashboard) -> None:
    """A refresh that was asked for before the address had changed does not undo what was chosen; a way back does."""
    assert crowd.team.board is not None
    app = opened(routes.BOARD)
    before = app.text_input(key="address_turn_board").value
    app.text_input(key="board_filter_query").set_value("line 7").run()
    app.text_input(key="address_turn_board").set_value(before)
    go(app)
    assert app.text_input(key="board_filter_query").value == "line 7"
    assert address(app) == {"q": "line 7"}
    go(app)
    assert not app.text_input(key="board_filter_query").value


@pytest.mark.parametrize(
    ("place", "box", "word"),
    [(routes.BOARD, "board_filter_query", "q"), (routes.LIBRARY, "library_find", "find")],
    ids=["board", "library"],
)
def test_what_was_on_its_way_undoes_nothing(
    place: Path, box: str, word: str, crowd: Dashboard, finish: Finish
) -> None:
    """A refresh that was sent before Back was answered still has the words; a click that was counts all the same."""
    assert crowd.team.board is not None
    finish(RawPart("Text", "some text"))
    turn = f"address_turn_{'board' if place == routes.BOARD else 'library'}"
    app = opened(place)
    app.text_input(key=box).set_value("line").run()
    before = app.text_input(key=turn).value
    app.run()
    go(app)
    assert not app.text_input(key=box).value
    app.text_input(key=box).set_value("line")
    app.text_input(key=turn).set_value(before).run()
    assert not app.text_input(key=box).value
    assert not address(app)
    app.text_input(key=box).set_value("other")
    app.text_input(key=turn).set_value(before).run()
    assert app.text_input(key=box).value == "other"
    assert address(app) == {word: "other"}
    app.text_input(key=turn).set_value("nobody's").run()
    assert not app.exception
    assert app.text_input(key=box).value == "other"


def test_all_is_not_undone_by_what_was_on_its_way(crowd: Dashboard) -> None:
    """The pill that a click on *All* lets go of is pressed in a message that was sent before the answer."""
    assert crowd.team.board is not None
    app = opened(routes.BOARD, state="open")
    before = app.text_input(key="address_turn_board").value
    app.button(key="board_filter_all").click().run()
    assert not app.button_group(key="board_filter_states").value
    app.button_group(key="board_filter_states").set_value(["open"])
    app.text_input(key="address_turn_board").set_value(before).run()
    assert not app.button_group(key="board_filter_states").value
    app.button_group(key="board_filter_states").set_value(["open"]).run()
    assert address(app) == {"state": "open"}


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
    assert crowd.team.board is not None
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
    assert dashboard.team.board is not None
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


def test_a_task_keeps_its_tab_and_page(finish: Finish) -> None:
    """Which file is shown, and where in it, is in the address; what is not there any more is the first one."""
    long = "word " * 100_000
    task_ref = finish(RawPart("Text", long), RawPart("Json", '{"a": 1}'), trial=True)
    app = opened(routes.TASK, id=str(task_ref), page="2")
    assert "Characters 2" in everything(app) + html_of(app)
    assert address(app) == {"id": str(task_ref), "page": "2"}
    tabs = f"result_tabs_{task_ref}"
    assert app.session_state[tabs].startswith("Text")
    go(app, id=str(task_ref), tab="2")
    assert app.session_state[tabs].startswith("JSON")
    app.run()
    go(
        app,
        id=str(task_ref),
        tab="99",
        page="99",
        version=LONG,
        gaps="-3",
        compare="7",
        parts="50",
        sheet="x",
    )
    assert not app.exception
    app.run()
    assert address(app) == {"id": str(task_ref), "page": "3"}


def test_the_team_page_keeps_its_tab(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tab and filter of the audit log are read from the address and written into it."""
    join_as(team, Role.OWNER, monkeypatch, name="Olga")
    app = opened(routes.TEAM_PAGE, tab="audit", what="signed in", who="Olga")
    assert app.session_state["team_tabs"] == "Audit log"
    assert app.selectbox(key="team_audit_what").value is Action.SIGNED_IN
    app.text_input(key="team_audit_who").set_value("Ada").run()
    assert address(app) == {"tab": "audit", "what": "signed in", "who": "Ada"}
    app.run()
    go(app, tab="nonsense", what=LONG, who=LONG)
    assert not app.exception
    assert app.session_state["team_tabs"] == "Members"
    app.run()
    assert address(app) == {"who": LONG[:200]}


def test_a_selection_in_the_library_covers_other_pages(dashboard: Dashboard, finish: Finish) -> None:
    """Boxes that are not on the page stay ticked; what is gone is not selected any more."""
    refs = [finish(RawPart("Text", "text"), task_id=f"found-{number:04d}") for number in range(25)]
    app = opened(routes.LIBRARY)
    app.checkbox(key=f"library_pick_{refs[-1]}").check().run()
    go(app, page="2")
    app.checkbox(key=f"library_pick_{refs[0]}").check().run()
    assert "**2 selected**, 1 not on this page" in everything(app)
    app.text_input(key="library_find").set_value("nowhere").run()
    assert "**2 selected**, 2 not on this page" in everything(app)
    dashboard.team.tasks.delete([refs[-1]])
    app.run()
    assert "**1 selected**, 1 not on this page" in everything(app)
    go(app)
    app.run()
    go(app, page="2")
    assert app.checkbox(key=f"library_pick_{refs[0]}").value
    app.button(key="library_unselect").click().run()
    assert not app.checkbox(key=f"library_pick_{refs[0]}").value
    assert "**Everything found**" in everything(app)
