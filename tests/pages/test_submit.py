"""Sending what was dropped: what is chosen, said, remembered and refused."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Role
from dashboard.models.dispatches import Pieces
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.credentials.credentials import Rules
from dashboard.ui import routes
from tests.dropping import made
from tests.pages.conftest import ENTRY, join_as
from tests.pages.test_pages import everything, html_of

TOKEN = "eyJhbGciOiJub25lIn0.a-planted-token-7f3a9c.c2lnbmF0dXJl"


@pytest.fixture
def add(app: AppTest) -> AppTest:
    """The page, with nothing waiting."""
    return app.switch_page(str(routes.ADD)).run()


def drop(dashboard: Dashboard, data: bytes, name: str = "scan.png") -> None:
    """Have a file wait."""
    incoming = dashboard.team.dropped.begin(len(data))
    incoming.write(data)
    dashboard.team.dropped.take(incoming, name)


def send(add: AppTest) -> AppTest:
    """The page after a click on the button."""
    return add.button(key="submit_send").click().run()


def test_nothing_to_send(add: AppTest) -> None:
    """Says so, and what to do."""
    assert "There is nothing to send yet." in html_of(send(add))


def test_a_newcomer_tries(add: AppTest, dashboard: Dashboard) -> None:
    """Without a token, evaluation mode is on, and one click sends."""
    drop(dashboard, made.as_file("PNG"), "<script>alert(1)</script>.png")
    add.run()
    assert add.toggle(key="submit_trial").value
    assert add.button(key="submit_send").label == "Send 1 file"
    sent = send(add)
    assert not sent.exception
    (batch,) = dashboard.team.batches.newest()
    (item,) = dashboard.team.batches.items(batch.id)
    assert (item.submission.trial, item.submission.operation) == (True, "RecognizeImage")
    assert dashboard.team.dropped.all().files == ()
    assert "<script>" not in html_of(sent)


def test_settings_are_remembered(add: AppTest, dashboard: Dashboard) -> None:
    """Also in the next session; documents go to their own operation with them."""
    view, _ = dashboard.team.credentials.add(label="Works", access_token=TOKEN)
    drop(dashboard, made.as_file("PNG"))
    drop(dashboard, made.pdf(), "letter.pdf")
    add.run()
    add.toggle(key="submit_trial").set_value(False).run()
    add.selectbox(key="submit_language").set_value("German").run()
    add.selectbox(key="submit_operation").set_value("RecognizeTable").run()
    add.toggle(key="submit_make_spell_check").set_value(True).run()
    send(add)
    (batch,) = dashboard.team.batches.newest()
    found = [one.submission for one in dashboard.team.batches.items(batch.id)]
    assert [one.operation for one in found] == ["RecognizeTable", "RecognizePdf"]
    assert {one.settings["language"] for one in found} == {"German"}
    assert {one.credential_id for one in found} == {view.id}
    again = AppTest.from_file(str(ENTRY), default_timeout=20).run().switch_page(str(routes.ADD)).run()
    assert again.selectbox(key="submit_language").value == "German"
    assert again.selectbox(key="submit_operation").value == "RecognizeTable"
    assert again.toggle(key="submit_make_spell_check").value


def test_spell_check_only_where_there_is_one(add: AppTest) -> None:
    """It is switched off with a language that has none, and says so."""
    add.toggle(key="submit_make_spell_check").set_value(True).run()
    add.selectbox(key="submit_language").set_value("Thai").run()
    toggle = add.toggle(key="submit_make_spell_check")
    assert (toggle.value, toggle.disabled) == (False, True)
    assert "There is no spell check for Thai" in everything(add)


def test_rectangles_are_needed(add: AppTest, dashboard: Dashboard) -> None:
    """To read regions; what is wrong with them is said, and nothing that was dropped is lost."""
    drop(dashboard, made.as_file("PNG"))
    add.toggle(key="submit_trial").set_value(False).run()
    add.selectbox(key="submit_operation").set_value("RecognizeRegions").run()
    assert "at least one rectangle" in html_of(add)
    add.text_area(key="submit_regions").set_value("0 0 9").run()
    assert "Line 1 of the rectangles is none" in html_of(add)
    add.text_area(key="submit_regions").set_value("0 0 9 9").run()
    assert add.button(key="submit_send").label == "Send 1 file"


def test_what_a_budget_leaves_is_said_first(add: AppTest, dashboard: Dashboard) -> None:
    """More than that is asked about."""
    view, _ = dashboard.team.credentials.add(label="Small", access_token=TOKEN)
    dashboard.team.credentials.set_rules(view.id, Rules(daily_budget=1))
    drop(dashboard, made.as_file("PNG"))
    add.toggle(key="submit_trial").set_value(False).run()
    assert "At least 2 calls: the budget of “Small” leaves 1." in html_of(add)
    send(add)
    assert dashboard.team.batches.newest() == []
    assert add.button(key="submit_over_yes").label == "Send all the same"
    add.session_state["submit_agreed"] = True  # as that button does it
    add.run()
    assert len(dashboard.team.batches.newest()) == 1


def test_no_token_at_all(add: AppTest, dashboard: Dashboard) -> None:
    """Is told, and the file still waits."""
    drop(dashboard, made.as_file("PNG"))
    add.toggle(key="submit_trial").set_value(False).run()
    assert "There is no token to send it with" in html_of(send(add))
    assert len(dashboard.team.dropped.all().files) == 1


def test_named_settings(add: AppTest, dashboard: Dashboard) -> None:
    """Are kept for the team, chosen, and forgotten."""
    add.selectbox(key="submit_language").set_value("German").run()
    add.text_input(key="submit_preset_name").set_value("*Letters*").run()
    add.button(key="submit_preset_keep").click().run()
    assert list(dashboard.team.presets.all()) == ["*Letters*"]
    add.selectbox(key="submit_language").set_value("Thai").run()
    add.selectbox(key="submit_preset").set_value("*Letters*").run()
    assert add.selectbox(key="submit_language").value == "German"
    add.button(key="submit_preset_forget").click().run()
    assert dashboard.team.presets.all() == {}


def test_viewers(team: Dashboard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Look at a batch; nothing on its page or on Add sends anything."""
    path = tmp_path / "a.png"
    path.write_bytes(made.as_file("PNG"))
    kept = team.team.kept_sources.keep(name="a.png", data=Pieces.of_file(path), media_type="image/png")
    batch_id = team.team.batches.submit(
        [kept.id],
        settings=SubmissionSettings(operation=Operation.RECOGNIZE_IMAGE, trial=True),
        name="<i>scans",
    )
    join_as(team, Role.VIEWER, monkeypatch)
    page = AppTest.from_file(str(ENTRY), default_timeout=20)
    page.query_params["id"] = str(batch_id)
    page = page.run().switch_page(str(routes.BATCH)).run()
    assert not page.exception
    assert "&lt;i&gt;scans" in html_of(page)
    assert "0 of 1 kept" in html_of(page)
    assert [button.key for button in page.button if button.key and button.key.startswith("batch_")] == []
    page = page.switch_page(str(routes.ADD)).run()
    assert "submit_send" not in [button.key for button in page.button]


@pytest.mark.parametrize("number", ["", "999", "x", "9" * 30])
def test_no_such_batch(app: AppTest, number: str) -> None:
    """Is said in a sentence."""
    app.query_params["id"] = number
    page = app.switch_page(str(routes.BATCH)).run()
    assert not page.exception
    assert "There is no such batch here." in html_of(page)
