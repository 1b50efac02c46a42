"""Whatever people call things, and whatever the service says: nothing of it reaches Streamlit as Markdown.

Everything that has a name has a hostile one here. What a page sends to the browser is looked through whole: a name may
stand as it was typed only in fields that are known to be shown as plain text; everywhere else it must be made plain.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Attempt, RawPart, Role, State, Task
from dashboard.sandbox.samples import latin
from dashboard.services.library.saved_views import Place
from dashboard.settings import Settings
from dashboard.ui import routes, viewer
from dashboard.ui.messages import plain
from dashboard.ui.paste_form import TEXT_KEY
from tests.pages.conftest import ENTRY
from tests.storing import put_result
from tests.web.serving import part

API_URL = "http://127.0.0.1:9"
NAMES = {
    "image": "![x](https://evil.example/a.png)",
    "link": "[y](//evil.test) <https://evil.test>",
    "address": "www.evil.example or ada@evil.example",
    "signs": ":smile: :material/home: :streamlit: -> x",
    "colour": ":red[danger] :blue-badge[new]",
    "formula": "$x^2$ and **bold** `code`",
    "html": "<img src=https://evil.test/b> &lt;b&gt;",
}
AS_TYPED = {
    "BidiComponent.json": "our components set text, never HTML",
    "BidiComponent.mixed": "the same",
    "DownloadButton.default": "a file name",
    "Html.body": "escaped by us; looked at below",
    "MultiSelect.default": "plain text",
    "PageConfig.title": "browsers show it as it stands",
    "MultiSelect.options": "plain text",
    "Selectbox.options": "plain text",
    "Selectbox.raw_value": "plain text",
    "TextArea.default": "what is typed into it",
    "TextArea.value": "what is typed into it",
    "TextInput.default": "what is typed into it",
    "TextInput.value": "what is typed into it",
}
"""Fields that no browser reads as Markdown, and why."""


@dataclass(frozen=True)
class World:
    """A team in which everything is called the same."""

    app: Dashboard
    name: str
    trial: int
    regular: int
    lost: int
    parked: int
    drawn: dict[str, "Drawn"] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A page as it came to the browser."""

    texts: Sequence[tuple[str, str]]
    """Each with the name of its field."""
    failed: bool


@pytest.fixture(params=list(NAMES.values()), ids=list(NAMES), scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything that can be named has this name; whoever looks owns two teams of it."""
    name: str = request.param
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("typed"),
        access="team",
        poller="off",
        api_url=API_URL,
        database_url=None,
        secret_keys=None,
    )
    built = bootstrap.build(settings)
    bootstrap.use(built)
    cookie, _ = built.access.join(
        built.team.members.make_link(role=Role.OWNER, label=name), cookie=None, name=name, browser=name
    )
    visitor = built.access.visitor(cookie)
    assert visitor is not None
    app = built.seen_by(built.team.team_id, visitor.actor(visitor.places[0]))
    app.team.team_settings.make_team(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(viewer, "signed_in", lambda: built.access.visitor(cookie))
        yield _named(app, name)
    bootstrap.use(None)
    built.stop()


def _named(app: Dashboard, name: str) -> World:
    app.team.team_settings.change(name=name, keep_days=None)
    app.team.members.make_key(label=name, role=Role.VIEWER)
    token, _ = app.team.credentials.add(label=name, access_token="an-opaque-token-1", api_url=API_URL)
    app.team.credentials.add(label=f"{name} 2", access_token="an-opaque-token-2", api_url=API_URL)
    text = part("Text", f"{name}\n*** {name}")
    parts = (text, part(name, b"\x89PNG\r\n\x1a\n"), part("Excel", _workbook(name)))
    trial = _finish(app, name, *parts, trial=True)
    regular = _finish(app, name, text, task_id="regulars1")
    lost = _finish(app, name, task_id="lost-1", state=State.NOT_FOUND.value, credential_id=token.id)
    parked = _finish(
        app,
        name,
        task_id="parked-1",
        state=State.PENDING.value,
        parked="unreachable",
        parked_detail=name,
        parked_since=app.clock(),
        completed_at=None,
    )
    app.team.library.tag([trial, regular], add=[name])
    app.team.saved_views.save(Place.LIBRARY, name, "find=x")
    app.team.saved_views.save(Place.BOARD, f"board {name}", "state=open")
    app.team.sharing.make([trial], label=name)
    app.team.corrections.correct(trial, f"corrected {name}", based_on=None)
    app.team.sources.add(trial, name=f"{name}.png", data=latin().image)
    return World(app, name, trial, regular, lost, parked)


def _workbook(name: str) -> bytes:
    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.title = "".join(sign for sign in name if sign not in "[]:*?/\\")[:31]
    book.active.append([name])
    book.create_sheet("-> x").append([name])
    book.save(file)
    return file.getvalue()


def _finish(app: Dashboard, name: str, *raw_parts: RawPart, **given: Any) -> int:  # noqa: ANN401 - columns of the table
    now = app.clock()
    values: dict[str, Any] = {
        "team_id": app.team.team_id,
        "api_url": API_URL,
        "task_id": name,
        "operation": "RecognizeImage",
        "label": name,
        "state": State.COMPLETED_WITH_NOTICES.value,
        "registered_at": now,
        "expires_at": now,
        "completed_at": now,
        "notices": [name],
        "remarks": [name],
    }
    with app.database.writing() as session:
        task_ref = put_result(session, Task(**{**values, **given}), raw_parts, remarks=[name])
        session.add(
            Attempt(
                task_ref=task_ref,
                kind="poll",
                started_at=now,
                duration_ms=1,
                result="error",
                task_status=name,
                response_status_code=name,
                detail=name,
            )
        )
    return task_ref


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[ForwardMsg]:
    """Every message that goes to the browser."""
    messages: list[ForwardMsg] = []
    enqueue = ForwardMsgQueue.enqueue

    def note(self: ForwardMsgQueue, message: ForwardMsg) -> None:
        messages.append(message)
        enqueue(self, message)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", note)
    return messages


def strings(message: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - protobuf comes without types
    """Every text in a message, with the name of its field."""
    for name, value in message.ListFields():
        for one in value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]:
            if hasattr(one, "ListFields"):
                yield from strings(one)
            elif isinstance(one, str):
                yield f"{message.DESCRIPTOR.name}.{name.name}", one


def open_page(page: Path, **query: str) -> AppTest:
    """A page as its address names it."""
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(str(page)).run()
    return app


def _board(world: World) -> AppTest:
    return open_page(routes.BOARD, q=world.name, token="1", state=world.name)


def _greeting(world: World) -> AppTest:
    return open_page(routes.BOARD, team=world.name)


def _add(world: World) -> AppTest:
    app = open_page(routes.ADD, trial=world.name)
    app.text_area(key=TEXT_KEY).set_value(f"{world.name}\n{world.name} {world.name}\nregulars1\nodd_1").run()
    return app


def _add_finished(world: World) -> AppTest:
    app = open_page(routes.ADD)
    app.text_area(key=TEXT_KEY).set_value(f"newly-added-0001  {world.name}").run()
    app.text_input(key="paste_form_label").set_value(world.name).run()
    app.button(key="paste_form_register").click().run()
    return app


def _task(which: str) -> Callable[[World], AppTest]:
    return lambda world: open_page(routes.TASK, id=str(getattr(world, which)))


def _pressed(page: Callable[[World], AppTest], *keys: str) -> Callable[[World], AppTest]:
    def press(world: World) -> AppTest:
        app = page(world)
        for key in keys:
            app.button(key=key).click().run()
        return app

    return press


def _found(world: World) -> AppTest:
    return open_page(routes.LIBRARY, find="evil", tag=world.name, label=world.name, language=world.name)


def _selected(world: World) -> AppTest:
    app = open_page(routes.LIBRARY)
    app.checkbox(key=f"library_pick_{world.trial}").check().run()
    return app


def _tokens(_: World) -> AppTest:
    return open_page(routes.TOKENS)


def _team(_: World) -> AppTest:
    return open_page(routes.TEAM_PAGE)


def _nobody(world: World) -> AppTest:
    return open_page(routes.TASK, id=world.name)


PAGES = {
    "board": _board,
    "another team": _greeting,
    "add": _add,
    "added": _add_finished,
    "trial": _task("trial"),
    "regular": _task("regular"),
    "not found": _task("lost"),
    "parked": _task("parked"),
    "no such task": _nobody,
    "rename": _pressed(_task("trial"), "task_actions_rename"),
    "share": _pressed(_task("trial"), "task_actions_share", "share_form_yes"),
    "look elsewhere": _pressed(_task("lost"), "task_actions_again"),
    "compared": _pressed(_task("trial"), "unmask_compare"),
    "regular run": _pressed(_task("trial"), "regular_run"),
    "edit": _pressed(_task("trial"), "correction_begin"),
    "library": lambda _: open_page(routes.LIBRARY),
    "library, searched": _found,
    "tags": _pressed(_selected, "library_do_tag"),
    "tokens": _tokens,
    "token settings": _pressed(_tokens, "token_rules_1"),
    "token removed": _pressed(_tokens, "token_remove_1"),
    "team": _team,
}


def draw(page: str, world: World, sent: list[ForwardMsg]) -> Drawn:
    """A page, drawn once for all who look at it."""
    if page not in world.drawn:
        app = PAGES[page](world)
        texts = [found for message in sent for found in strings(message)]
        world.drawn[page] = Drawn(texts, failed=bool(app.exception))
    return world.drawn[page]


@pytest.mark.parametrize("page", PAGES)
def test_names_are_never_markdown(page: str, world: World, sent: list[ForwardMsg]) -> None:
    """As typed only where plain text is shown; made plain everywhere else."""
    page_drawn = draw(page, world, sent)
    assert not page_drawn.failed
    found = page_drawn.texts
    assert [one for one in found if world.name in one[1] and one[0] not in AS_TYPED] == []
    drawn = "".join(text for field, text in found if field == "Html.body")
    assert "<img src=https" not in drawn
    assert "&lt;b&gt;" not in drawn.replace("&amp;lt;b&amp;gt;", "")


@pytest.mark.parametrize(
    ("page", "field", "said"),
    [
        pytest.param("team", "PageLink.label", "Go to {}", id="team"),
        pytest.param("library", "Button.label", "{}", id="saved view"),
        pytest.param("library", "Button.help", "Saved by {}", id="who saved it"),
        pytest.param("library", "Checkbox.label", "Select {}", id="result"),
        pytest.param("not found", "Button.label", "Try with “{} 2”", id="token"),
        pytest.param("compared", "Radio.options", "{} (regulars)", id="candidate"),
    ],
)
def test_names_are_there(page: str, field: str, said: str, world: World, sent: list[ForwardMsg]) -> None:
    """So the test above is about something."""
    found = [text for name, text in draw(page, world, sent).texts if name == field]
    assert said.format(plain(world.name)) in found
