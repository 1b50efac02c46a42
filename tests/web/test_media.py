"""Files that pages make belong to who looks at them: to others there is no such file, and nobody keeps it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.errors import NotFound
from dashboard.models import Actor, ActorKind, RawPart, Role, Task
from dashboard.sandbox.documents import pdf
from dashboard.services.team.access import COOKIE
from dashboard.services.team.visitors import Place, Visitor
from dashboard.settings import Settings
from dashboard.web.media import Holders, Media, talking
from dashboard.web.standing import Who
from tests.browser.running import running_dashboard
from tests.storing import put_result
from tests.web.serving import NOBODY, part
from tests.web.talking import Tab
from tests.web.test_uploads import As

TEXT = "Only for who looks at it. " * 50


def person(*roles: tuple[int, Role], sign_in: int = 1) -> Visitor:
    """Somebody with these roles in these teams."""
    places = tuple(Place(team_id=team, slug=f"t{team}", team=f"T{team}", role=role) for team, role in roles)
    return Visitor(sign_in_id=sign_in, name="Ada", places=places, until=datetime(2027, 1, 1, tzinfo=UTC))


def key(number: int) -> Who:
    """A script."""
    return 1, Actor(kind=ActorKind.KEY, name="script", role=Role.OWNER, key_id=number)


ADA = person((1, Role.EDITOR))


@pytest.mark.parametrize(
    ("who", "may"),
    [
        pytest.param(ADA, True, id="the same"),
        pytest.param(person((1, Role.OWNER), (2, Role.VIEWER)), True, id="with more to do"),
        pytest.param(person((1, Role.VIEWER)), False, id="with less to do"),
        pytest.param(person((2, Role.OWNER)), False, id="in another team only"),
        pytest.param(person(), False, id="in no team"),
        pytest.param(person((1, Role.OWNER), sign_in=2), False, id="another sign-in"),
        pytest.param(key(1), False, id="a key"),
        pytest.param(None, False, id="nobody"),
    ],
)
def test_whose_a_file_is(who: Who | None, may: bool) -> None:  # noqa: FBT001 - a table
    """Who looked at the page that made it, with all that they could do then."""
    holders = Holders()
    holders.note("0123", ADA)
    assert holders.may_have("0123", who) is may
    assert not holders.may_have("4567", who)


def test_the_same_bytes_for_two() -> None:
    """Streamlit knows them as one file."""
    holders = Holders()
    other = person((1, Role.VIEWER), sign_in=2)
    holders.note("0123", ADA)
    holders.note("0123", other)
    assert holders.may_have("0123", ADA)
    assert holders.may_have("0123", other)
    assert not holders.may_have("0123", person((1, Role.OWNER), sign_in=3))


class Makers:
    """Stands for Streamlit's manager."""

    def add(self, name: str) -> str:
        """A file."""
        return f"/media/{name}.png"

    def add_deferred(self, name: str) -> str:
        """One that is made later."""
        return f"later-{name}"

    def execute_deferred(self, file_id: str) -> str:
        """It is made."""
        return f"/media/made-{file_id}.txt"


def test_what_is_made_later_is_made_for_its_holder_only() -> None:
    """Nobody else can have it made, though they know what it is called."""
    holders, makers, looking = Holders(), Makers(), ADA
    holders.watch(makers, looking=lambda: looking)
    assert makers.add("a") == "/media/a.png"
    later = makers.add_deferred("b")
    for who in (None, person((1, Role.OWNER), sign_in=2)):
        token = talking.set(who)
        with pytest.raises(NotFound):
            makers.execute_deferred(later)
        talking.reset(token)
    token = talking.set(ADA)
    assert makers.execute_deferred(later) == f"/media/made-{later}.txt"
    talking.reset(token)
    assert holders.may_have("a", ADA)
    assert holders.may_have(f"made-{later}", ADA)


def client(who: Who | None, holders: Holders | None) -> TestClient:
    """A server that has any file."""

    async def file(_: Request) -> Response:
        return PlainTextResponse(TEXT, headers={"Cache-Control": "public"})

    inside = Starlette(routes=[Route("/{path:path}", file)])
    return TestClient(As(Media(inside, holders=holders), who))


@pytest.mark.parametrize(
    "path", ["/media/0123.png", "/media/0123", "/media/", "/media/0123.png/", "/media//0123"]
)
def test_media_that_nobody_made(path: str) -> None:
    """Is not found, whatever Streamlit has; other paths are none of this."""
    answer = client(ADA, Holders()).get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert client(ADA, Holders()).get("/component/media/x.js").headers["cache-control"] == "public"


def test_where_nobody_signs_in() -> None:
    """Files are everybody's, and still not kept."""
    answer = client(None, None).get("/media/0123.png")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@dataclass(frozen=True, slots=True)
class House:
    """A served dashboard for members, a second process on its database, and two tasks: a text, and a PDF."""

    url: str
    owner: Dashboard
    task: int
    drawing: int

    def join(self, role: Role = Role.VIEWER) -> str:
        """A new member's cookie, as a header."""
        link = self.owner.team.members.make_link(role=role)
        cookie, _ = self.owner.access.join(link, cookie=None, name="Vic", browser="")
        return f"{COOKIE}={cookie}"

    def get(self, path: str, cookie: str, method: str = "GET", **headers: str) -> requests.Response:
        """Ask for something."""
        return requests.request(
            method,
            f"{self.url}{path}",
            headers={"Cookie": cookie, **headers},
            timeout=10,
            allow_redirects=False,
        )


@pytest.fixture(scope="module", params=["", "/ocr"], ids=["root", "base path"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """At the root of its host, and below a path of it."""
    base: str = request.param
    folder: Path = tmp_path_factory.mktemp("house")
    settings = {"access": "team", "poller": "off", "base_path": base}
    with running_dashboard(folder, api_url=NOBODY, **settings) as running:
        owner = build(Settings(data_dir=folder, access="team", poller="off", api_url=NOBODY))
        text, drawing = _finished(owner, part("Text", TEXT)), _finished(owner, part("Pdf", pdf("a page")))
        yield House(f"{running.url}{base}", owner, text, drawing)
        owner.stop()


def _finished(owner: Dashboard, result: RawPart) -> int:
    now = owner.clock()
    with owner.database.writing() as session:
        task = Task(
            team_id=owner.team.team_id,
            api_url=NOBODY,
            task_id=f"media-{result.type}",
            operation="RecognizeImage",
            state="completed",
            registered_at=now,
            expires_at=now,
            completed_at=now,
        )
        return put_result(session, task, [result], remarks=[])


def test_a_download_is_for_who_pressed_the_button(house: House) -> None:
    """Whole, in ranges and its head; to another member, an owner too, to a key and to strangers it is not there."""
    cookie, other, owner = house.join(), house.join(), house.join(Role.OWNER)
    script = house.owner.team.members.make_key(label="script", role=Role.VIEWER)
    with Tab.open(house.url, cookie=cookie, page="task", query=f"id={house.task}") as tab:
        path = tab.make(tab.downloads()[-1])
        assert path.startswith("/media/")
        whole = house.get(path, cookie)
        assert (whole.status_code, whole.text) == (200, TEXT)
        assert whole.headers["Cache-Control"] == "no-store"
        piece = house.get(path, cookie, Range="bytes=5-8")
        assert (piece.status_code, piece.text) == (206, TEXT[5:9])
        assert piece.headers["Cache-Control"] == "no-store"
        beyond = house.get(path, cookie, Range="bytes=999999-")
        assert (beyond.status_code, beyond.headers["Cache-Control"]) == (416, "no-store")
        head = house.get(path, cookie, "HEAD", **{"Accept-Encoding": "identity"})
        assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(TEXT)))

        for stranger in (other, owner):
            for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-3"})):
                answer = house.get(path, stranger, method, **headers)
                assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
                assert TEXT[:4] not in answer.text
        assert house.get(path, "", Authorization=f"Bearer {script}").status_code == 404
        assert house.get(path, "").status_code == 401


def test_a_picture_is_for_who_looks_at_it(house: House) -> None:
    """The page of a PDF; two who look at the same one both have it, a third has not."""
    first, second, third = house.join(), house.join(), house.join()
    with Tab.open(house.url, cookie=first, page="task", query=f"id={house.drawing}") as tab:
        (path,) = [one for one in tab.pictures() if one.startswith("/media/")]
        assert house.get(path, first).headers["Content-Type"] == "image/jpeg"
        assert house.get(path, second).status_code == 404
        with Tab.open(house.url, cookie=second, page="task", query=f"id={house.drawing}"):
            assert house.get(path, second).status_code == 200
            assert house.get(path, third).status_code == 404


def test_a_button_of_somebody_else(house: House) -> None:
    """Pressing it by its ID over one's own WebSocket makes nothing."""
    cookie, other = house.join(), house.join(Role.OWNER)
    asked = f"id={house.task}"
    with (
        Tab.open(house.url, cookie=cookie, page="task", query=asked) as tab,
        Tab.open(house.url, cookie=other, page="task", query=asked) as theirs,
    ):
        assert theirs.make(tab.downloads()[-1]) == ""
        assert tab.make(tab.downloads()[-1]) != ""


def test_who_was_sent_away_has_nothing(house: House) -> None:
    """Not even the file that was made for them a moment ago; their page being open or not."""
    cookie = house.join()
    with Tab.open(house.url, cookie=cookie, page="task", query=f"id={house.task}") as tab:
        path = tab.make(tab.downloads()[-1])
        assert house.get(path, cookie).status_code == 200
        house.owner.team.members.expel(max(one.sign_in_id for one in house.owner.team.members.members()))
        until = time.monotonic() + 5
        while (
            answer := house.get(path, cookie)
        ).status_code == requests.codes.ok and time.monotonic() < until:
            pass
        assert answer.status_code == 401


def test_an_open_dashboard(tmp_path: Path) -> None:
    """Where nobody signs in downloads go on working."""
    with running_dashboard(tmp_path, api_url=NOBODY, poller="off") as running:
        owner = build(Settings(data_dir=tmp_path, poller="off", api_url=NOBODY))
        task = _finished(owner, part("Text", TEXT))
        owner.stop()
        with Tab.open(running.url, page="task", query=f"id={task}") as tab:
            answer = requests.get(f"{running.url}{tab.make(tab.downloads()[-1])}", timeout=10)
        assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, TEXT, "no-store")
