"""Add: what is said about pasted lines, which token they take, and what stays in the box."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Role
from dashboard.services.tasks.intake import NewTask
from dashboard.store.board import BoardRow
from dashboard.store.board_filter import BoardFilter
from dashboard.ui import routes
from dashboard.ui.paste_form import TEXT_KEY
from dashboard.ui.paste_preview import EDITS_KEY
from dashboard.ui.paste_rows import LISTED, Edit
from tests.pages.conftest import ENTRY, join_as
from tests.pages.test_pages import everything, html_of

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
OTHER = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
TOKEN = "eyJhbGciOiJub25lIn0.a-planted-token-7f3a9c.c2lnbmF0dXJl"
ENDED = "eyJhbGciOiJub25lIn0.eyJleHAiOjE1MDAwMDAwMDB9.c2lnbmF0dXJl"
"""An access token that says that it ended in 2017."""


@pytest.fixture
def add(app: AppTest) -> AppTest:
    """The page, with nothing in its box."""
    return app.switch_page(str(routes.ADD)).run()


def typed(add: AppTest, text: str) -> AppTest:
    """The page after somebody has typed this."""
    return add.text_area(key=TEXT_KEY).set_value(text).run()


def register(add: AppTest) -> AppTest:
    """The page after a click on the button."""
    return add.button(key="paste_form_register").click().run()


def listing(add: AppTest) -> dict[str, Any]:
    """What the preview is given to show."""
    assert not add.exception
    found = [json.loads(one.proto.json)[0] for one in add.get("bidi_component") if "rows" in one.proto.json]
    return found[0] if found else {"rows": [], "left": [], "more": ""}


def stored(dashboard: Dashboard) -> dict[str, BoardRow]:
    """What was registered, by ID."""
    return {row.task_id: row for row in dashboard.team.board.look(BoardFilter()).rows}


def test_each_line_is_listed_with_what_it_becomes(add: AppTest) -> None:
    """Or with why it is left out."""
    typed(add, f"2026-05-01T10:00:00Z {ID} scan.png\nrequest-id: {OTHER}\nHello\n{ID.upper()}\n")
    rows = listing(add)["rows"]
    assert [(row["number"], row["id"], row["label"], row["take"]) for row in rows] == [
        (1, ID, "scan.png", True),
        (2, OTHER, "", False),
    ]
    assert (rows[0]["operation"], rows[0]["submitted"]) == ("RecognizeImage", "2026-05-01T10:00:00")
    assert rows[1]["note"] == "the text calls it something else than a task ID"
    assert [(one["number"], one["reason"]) for one in listing(add)["left"]] == [
        (3, "there is no task ID in it"),
        (4, "the same task as in line 1"),
    ]
    assert add.button(key="paste_form_register").label == "Register 1 task"


def test_a_url_says_operation_and_trial(add: AppTest) -> None:
    """Whatever is chosen for the others."""
    typed(add, f"GET /v5.0/ocr/RecognizeImageTrial?id={ID}\n{OTHER}")
    add.selectbox(key="paste_form_operation").set_value("RecognizePdf").run()
    rows = {row["id"]: (row["operation"], row["trial"]) for row in listing(add)["rows"]}
    assert rows == {ID: ("RecognizeImage", True), OTHER: ("RecognizePdf", False)}


def test_corrections_are_registered(add: AppTest, dashboard: Dashboard) -> None:
    """Of the line they belong to, and of no other; what is left out stays in the box."""
    typed(add, f"{ID} One\n{OTHER} Two\nodd_id_1")
    edit = Edit(label="Mine", trial=True, submitted="2026-05-01T10:00:00")
    add.session_state[EDITS_KEY] = {
        f" {ID}": edit,
        f" {OTHER}": Edit(take=False, label="Later"),
        " odd_id_1": Edit(take=True, operation=Operation.RECOGNIZE_RECEIPT),
    }
    add.run()
    assert add.button(key="paste_form_register").label == "Register 2 tasks"
    register(add)
    assert "Registered 2 tasks." in everything(add)
    tasks = stored(dashboard)
    assert set(tasks) == {ID, "odd_id_1"}
    assert (tasks[ID].label, tasks[ID].operation, tasks[ID].trial) == ("Mine", "RecognizeImage", True)
    assert tasks[ID].expiry_exact
    assert (tasks["odd_id_1"].operation, tasks["odd_id_1"].trial) == ("RecognizeReceipt", False)
    assert add.text_area(key=TEXT_KEY).value == f"{OTHER} Two"
    assert listing(add)["edits"] == {f" {OTHER}": {"take": False, "label": "Later"}}


def test_what_is_refused_stays(add: AppTest, dashboard: Dashboard) -> None:
    """With the reason; it is not lost because somebody mistyped a date."""
    typed(add, f"{ID} One\n{OTHER} Two")
    add.session_state[EDITS_KEY] = {f" {ID}": Edit(submitted="2999-01-01T00:00:00")}
    register(add)
    assert set(stored(dashboard)) == {OTHER}
    assert "the submission time lies in the future" in html_of(add)
    assert add.text_area(key=TEXT_KEY).value == f"{ID} One"


def test_a_known_task_links_to_itself(add: AppTest, dashboard: Dashboard) -> None:
    """Also when it is written in other letters."""
    done = dashboard.team.intake.register([NewTask(task_id=ID, trial=True)])
    typed(add, f"{ID.upper()} again")
    (left,) = listing(add)["left"]
    assert left["href"] == f"task?id={done.registered[ID]}"
    assert left["text"] == ID.upper()
    assert listing(add)["rows"] == []


def test_the_text_is_there_when_somebody_comes_back(add: AppTest) -> None:
    """From Tokens, say; but for a secret, which is not shown again."""
    typed(add, f"{ID} One\nAuthorization: Bearer {TOKEN}")
    add.selectbox(key="paste_form_operation").set_value("RecognizePdf").run()
    add.switch_page(str(routes.TOKENS)).run()
    add.switch_page(str(routes.ADD)).run()
    assert add.text_area(key=TEXT_KEY).value == f"{ID} One\nAuthorization: [hidden]"
    assert [row["operation"] for row in listing(add)["rows"]] == ["RecognizePdf"]


def test_what_was_registered_is_said_once(add: AppTest) -> None:
    """Until something else is typed, and not again on another day."""
    typed(add, ID)
    assert "Registered 1 task." in everything(register(add))
    assert "Registered 1 task." in everything(add.run())
    add.switch_page(str(routes.TOKENS)).run()
    assert "Registered" not in everything(add.switch_page(str(routes.ADD)).run())
    assert "Registered" not in everything(typed(add, "nothing here"))


@pytest.mark.parametrize(
    "line",
    [
        f"{OTHER}\t{TOKEN}",
        f"{OTHER} client_secret={TOKEN}",
        f"> Authorization: Bearer {TOKEN}",
        f"{OTHER} odk_{TOKEN.replace('.', '-')}",
        f"curl -H 'Authorization: Bearer {TOKEN}' https://x.invalid/v5.0/ocr/RecognizePdf?id={OTHER}",
    ],
)
def test_a_secret_is_neither_stored_nor_shown(line: str, add: AppTest, dashboard: Dashboard) -> None:
    """It is said where it belongs, and it leaves the box."""
    typed(add, f"{ID}\n{line}")
    said = html_of(add)
    assert "Line 2 holds a secret" in said
    assert "Register it as a token" in [link.proto.label for link in add.get("page_link")]
    assert TOKEN not in said + json.dumps(listing(add))
    register(add)
    assert TOKEN not in (add.text_area(key=TEXT_KEY).value or "")
    assert not [row for row in stored(dashboard).values() if TOKEN in row.label]


@pytest.mark.parametrize("where", ["paste_form_label", "one line"])
def test_a_secret_that_is_typed_as_a_label(where: str, add: AppTest, dashboard: Dashboard) -> None:
    """Nothing is registered, and the sentence does not repeat it."""
    typed(add, ID)
    if where == "one line":
        add.session_state[EDITS_KEY] = {f" {ID}": Edit(label=TOKEN)}
        add.run()
    else:
        add.text_input(key=where).set_value(TOKEN).run()
    assert "holds a secret" in listing(add)["rows"][0]["note"]
    register(add)
    said = html_of(add)
    assert "That holds a secret" in said
    assert TOKEN not in said + json.dumps(listing(add))
    assert stored(dashboard) == {}


def test_editors_are_told_who_registers_tokens(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link would lead them to a page without a form."""
    join_as(team, Role.EDITOR, monkeypatch)
    add = AppTest.from_file(str(ENTRY), default_timeout=20).switch_page(str(routes.ADD)).run()
    typed(add, f"{ID} {TOKEN}")
    assert "Owners of the team register tokens." in html_of(add)
    assert "Register it as a token" not in [link.proto.label for link in add.get("page_link")]


def test_very_long_pastes_are_taken_as_read(add: AppTest, dashboard: Dashboard) -> None:
    """The first ones are listed; the number of the others is said, and corrections reach them too."""
    text = "\n".join(f"00000000-0000-4000-8000-{number:012}" for number in range(LISTED + 50))
    typed(add, f"{text}\nodd_id_1")
    assert len(listing(add)["rows"]) == LISTED
    assert listing(add)["rows"][-1]["id"] == "odd_id_1"
    assert listing(add)["more"] == "… and 51 more tasks, taken as read."
    last = f"00000000-0000-4000-8000-{LISTED + 49:012}"
    add.session_state[EDITS_KEY] = {f" {last}": Edit(label="Mine")}
    register(add)
    assert stored(dashboard)[last].label == "Mine"


def test_many_lines_without_an_id(add: AppTest) -> None:
    """They are not all drawn, and the number of the others is said."""
    typed(add, "\n".join(f"nothing {number} here" for number in range(LISTED + 50)))
    assert len(listing(add)["left"]) == LISTED
    assert listing(add)["left_more"] == "… and 50 more."
    assert listing(add)["left_title"] == f"Left out: {LISTED + 50}"


class TestToken:
    """Which token new tasks take."""

    def test_its_health_is_said(self, app: AppTest, dashboard: Dashboard) -> None:
        """Beside its name."""
        dashboard.team.credentials.add(label="Works", access_token=TOKEN)
        add = app.switch_page(str(routes.ADD)).run()
        said = html_of(add)
        assert "<b>Works</b>" in said
        assert "Not used yet" in said
        assert "does not work" not in said

    def test_a_dead_default_one_and_another(self, app: AppTest, dashboard: Dashboard) -> None:
        """One click takes the other one, for these tasks only."""
        dead, _ = dashboard.team.credentials.add(label="Old", access_token=ENDED)
        works, _ = dashboard.team.credentials.add(label="Works", access_token=TOKEN)
        add = app.switch_page(str(routes.ADD)).run()
        assert "The default token, “Old”, does not work now. It has ended." in html_of(add)
        assert "“Works” works." in html_of(add)
        button = add.button(key="paste_form_token_other")
        assert button.label == "Use “Works” for these"
        button.click().run()
        assert add.selectbox(key="paste_form_token").value == works.id
        assert html_of(add).count("does not work") == 1  # that of images to be sent, which was not changed
        register(typed(add, ID))
        detail = dashboard.team.credentials.get(works.id)
        assert detail.tasks == 1
        assert [view.id for view in dashboard.team.credentials.all() if view.is_default] == [dead.id]

    def test_two_that_read_the_same(self, app: AppTest, dashboard: Dashboard) -> None:
        """Work is charged to the one that was chosen, and another one does not change what they are called."""
        first, _ = dashboard.team.credentials.add(label="Works", access_token=TOKEN)
        second, _ = dashboard.team.credentials.add(label="Works", access_token=f"{TOKEN[:-8]}x{TOKEN[-8:]}")
        assert first.hint == second.hint
        add = app.switch_page(str(routes.ADD)).run()
        box = add.selectbox(key="paste_form_token")
        assert sorted(box.options)[1:] == [f"Works (…{first.hint})", f"Works (…{first.hint}) (2)"]
        for chosen in (first, second):
            add.selectbox(key="paste_form_token").set_value(chosen.id).run()
            register(typed(add, ID if chosen is first else OTHER))
            assert dashboard.team.credentials.get(chosen.id).tasks == 1

    def test_none_that_works(self, app: AppTest, dashboard: Dashboard) -> None:
        """The tasks are taken nevertheless; they wait."""
        dashboard.team.credentials.add(label="Old", access_token=ENDED)
        add = app.switch_page(str(routes.ADD)).run()
        assert "Tasks that take it wait" in html_of(add)
        assert "paste_form_token_other" not in [button.key for button in add.button]
        assert register(typed(add, ID)).success

    def test_none_at_all(self, add: AppTest) -> None:
        """Regular tasks wait; trial tasks need none."""
        assert "wait until one is registered" in html_of(add)
        add.toggle(key="paste_form_trial").set_value(True).run()
        assert "Trial tasks need no token." in html_of(add)

    def test_the_chosen_one_is_forgotten(self, app: AppTest, dashboard: Dashboard) -> None:
        """By somebody else: the default one is meant again."""
        dashboard.team.credentials.add(label="Default", access_token=TOKEN)
        other, _ = dashboard.team.credentials.add(label="Other", access_token=f"{TOKEN}x")
        add = app.switch_page(str(routes.ADD)).run()
        add.selectbox(key="paste_form_token").set_value(other.id).run()
        dashboard.team.credentials.remove(other.id)
        add.run()
        assert add.selectbox(key="paste_form_token").value is None
        assert "<b>Default</b>" in html_of(add)
