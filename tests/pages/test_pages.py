import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import CredentialKind
from dashboard.services.tasks.intake import NewTask
from dashboard.store.board_filter import BoardFilter
from dashboard.ui import routes
from dashboard.ui.paste_form import TEXT_KEY

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
OTHER = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
TOKEN = "an-opaque-access-token-XYZ9"
NO_FILTER = BoardFilter()


def everything(app: AppTest) -> str:
    """All words on the screen that AppTest can see."""
    assert not app.exception
    worded = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.success]
    labelled = [*app.button, *app.checkbox]
    return "\n".join([*(str(one.value) for one in worded), *(one.label for one in labelled), html_of(app)])


def html_of(app: AppTest) -> str:
    """What the page draws as HTML."""
    assert not app.exception
    return "\n".join(element.proto.body for element in app.get("html"))


def test_an_empty_board_greets(app: AppTest) -> None:
    """A newcomer sees three ways to begin, and the sandbox is one click away."""
    seen = everything(app)
    assert "Three ways to begin" in seen
    assert app.button(key="greeting_sandbox").label == "Start the sandbox"


def test_one_click_starts_the_sandbox(app: AppTest, dashboard: Dashboard) -> None:
    """The click starts the sandbox inside this server and registers its samples."""
    app.button(key="greeting_sandbox").click().run()
    assert not app.exception
    assert dashboard.sandbox.url is not None
    assert "latin.png (evaluation)" in [row.label for row in dashboard.team.board.look(NO_FILTER).rows]


def test_pasted_lines_are_previewed_and_registered(app: AppTest, dashboard: Dashboard) -> None:
    """New, unusual, known, malformed and repeated lines are told apart before anything is saved."""
    dashboard.team.intake.register([NewTask(task_id=OTHER, trial=True)])
    app.switch_page(str(routes.ADD)).run()
    app.text_area(key=TEXT_KEY).set_value(f"{ID}  Invoice\n{OTHER}\nhello_1\nüü\n{ID}").run()
    assert "1 new · 1 unusual · 1 already known · 1 not usable · 1 repeated" in everything(app)
    assert dashboard.team.board.look(NO_FILTER).total == 1

    app.button(key="paste_form_register").click().run()
    assert "Registered 1 task." in everything(app)
    newest = dashboard.team.board.look(NO_FILTER).rows[0]
    assert (newest.task_id, newest.label, newest.trial) == (ID, "Invoice", False)
    assert app.text_area(key=TEXT_KEY).value == "hello_1\nüü"


def test_unusual_lines_are_registered_when_asked_for(app: AppTest, dashboard: Dashboard) -> None:
    """An odd ID is a warning, not a refusal."""
    app.switch_page(str(routes.ADD)).run()
    app.text_area(key=TEXT_KEY).set_value("odd_id").run()
    app.button(key="paste_form_register").click().run()
    assert "There is nothing to register yet." in html_of(app)
    assert dashboard.team.board.look(NO_FILTER).total == 0
    app.checkbox(key="paste_form_unusual").check().run()
    app.button(key="paste_form_register").click().run()
    assert [row.task_id for row in dashboard.team.board.look(NO_FILTER).rows] == ["odd_id"]


def test_a_link_can_ask_for_trial_tasks(app: AppTest, dashboard: Dashboard) -> None:
    """The greeting's second way arrives with evaluation mode switched on."""
    app.query_params["trial"] = "true"
    app.switch_page(str(routes.ADD)).run()
    app.text_area(key=TEXT_KEY).set_value(ID).run()
    app.button(key="paste_form_register").click().run()
    assert dashboard.team.board.look(NO_FILTER).rows[0].trial


def test_ten_thousand_lines(app: AppTest, dashboard: Dashboard) -> None:
    """A very long paste is previewed and registered like a short one."""
    app.switch_page(str(routes.ADD)).run(timeout=60)
    text = "\n".join(f"00000000-0000-4000-8000-{number:012}" for number in range(10_000))
    app.text_area(key=TEXT_KEY).set_value(text).run(timeout=60)
    assert "10,000 new" in everything(app)
    app.button(key="paste_form_register").click().run(timeout=60)
    assert dashboard.team.board.look(NO_FILTER).total == 10_000


def _register(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Register token").click().run()


def test_a_token_is_taken_and_forgotten_by_the_page(app: AppTest, dashboard: Dashboard) -> None:
    """After registering, the field is empty and nothing on the page holds the token."""
    app.switch_page(str(routes.TOKENS)).run()
    app.button_group(key="token_form_kind").set_value(CredentialKind.ACCESS_TOKEN).run()
    app.text_input(key="token_form_access_token").set_value(f"Bearer {TOKEN}")
    _register(app)
    assert [view.hint for view in dashboard.team.credentials.all()] == ["XYZ9"]
    assert app.text_input(key="token_form_access_token").value == ""
    assert TOKEN not in everything(app)


@pytest.mark.parametrize(
    "pasted", ["", "two words", "ünïcode-token", "abc123"], ids=["empty", "blank", "letters", "short"]
)
def test_a_refused_token_stays_in_its_field(app: AppTest, dashboard: Dashboard, pasted: str) -> None:
    """What was typed is not lost when it cannot be used; the reason is said without repeating it."""
    app.switch_page(str(routes.TOKENS)).run()
    app.button_group(key="token_form_kind").set_value(CredentialKind.ACCESS_TOKEN).run()
    app.text_input(key="token_form_access_token").set_value(pasted)
    _register(app)
    assert dashboard.team.credentials.all() == []
    assert app.text_input(key="token_form_access_token").value == pasted
    said = html_of(app)
    assert 'data-tone="bad"' in said
    assert not pasted or pasted not in said


@pytest.mark.parametrize(
    "reference", ["", "nope", "999999999999999999999", "<script>alert(1)</script>", "-1", "0"]
)
def test_an_unknown_task_is_friendly(app: AppTest, reference: str) -> None:
    """Whatever stands in the address, the page says in words that there is no such task."""
    app.query_params["id"] = reference
    app.switch_page(str(routes.TASK)).run()
    said = html_of(app)
    assert "There is no such task here" in said
    assert "<script>" not in said


def test_an_open_task_says_how_long(app: AppTest, dashboard: Dashboard) -> None:
    """Without a submission time the countdown says "at most"."""
    done = dashboard.team.intake.register([NewTask(task_id=ID, trial=True, label="<b>Label</b>")])
    app.query_params["id"] = str(done.registered[ID])
    app.switch_page(str(routes.TASK)).run()
    said = html_of(app)
    assert "<b><time data-expires=" in said
    assert "left at most" in said
    assert "&lt;b&gt;Label" in said


def test_a_locked_database_is_said_and_survived(app: AppTest, dashboard: Dashboard) -> None:
    """The page says what is wrong, keeps what was typed, and works again without a restart."""
    app.switch_page(str(routes.ADD)).run()
    app.text_area(key=TEXT_KEY).set_value(ID).run()
    locker = sqlite3.connect(dashboard.settings.data_dir / "dashboard.db", isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    try:
        app.button(key="paste_form_register").click().run(timeout=60)
        said = html_of(app)
        assert "locked" in said
        assert "Nothing is lost" in said
        assert app.text_area(key=TEXT_KEY).value == ID
    finally:
        locker.execute("ROLLBACK")
        locker.close()
    app.button(key="paste_form_register").click().run()
    assert dashboard.team.board.look(NO_FILTER).total == 1
