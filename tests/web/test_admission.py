"""Who is let in: every route of the server, asked by everybody."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Membership, Role, SignIn
from dashboard.services.team.access import COOKIE, SIGN_IN_LIFE
from dashboard.services.team.link_secrets import hash_of
from dashboard.settings import Settings
from dashboard.store import memberships as rows
from dashboard.web import standing
from dashboard.web.admission import OPEN_PATHS, Admission
from dashboard.web.api import build_api
from dashboard.web.health import routes as health_routes
from dashboard.web.joining import routes as joining_routes

STREAMLIT = [
    "/",
    "/add",
    "/task",
    "/batch",
    "/tokens",
    "/team",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/upload_file/a/b",
    "/_stcore/metrics",
    "/static/js/index.js",
    "/media/0123.png",
    "/component/streamlit_autorefresh.st_autorefresh/index.html",
    "/a-route-nobody-has-thought-of",
]
WHO = [
    "nobody",
    "forged",
    "expired",
    "revoked",
    "wrong key",
    "revoked key",
    "viewer",
    "editor",
    "owner",
    "key",
]
INSIDE = frozenset({"viewer", "editor", "owner", "key"})


@dataclass(kw_only=True)
class Visitors:
    """Headers of everybody who asks."""

    headers: dict[str, dict[str, str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with access control; nothing is polled."""
    folder: Path = tmp_path_factory.mktemp("admission")
    built = build(Settings(data_dir=folder, access="team", poller="off"))
    yield built
    built.stop()


@pytest.fixture(scope="module")
def visitors(app: Dashboard) -> Visitors:
    """Everybody, with what they come with."""

    def cookie(role: Role) -> str:
        link = app.team.members.make_link(role=role, label=f"{role} {len(found.headers)}")
        return app.access.join(link, cookie=None, name=role.value, browser="")[0]

    found = Visitors()
    for role in Role:
        found.headers[role.value] = {"Cookie": f"{COOKIE}={cookie(role)}"}
    gone = cookie(Role.OWNER)
    app.team.members.revoke_link(app.team.members.links()[0].id or 0)
    key, ended = (app.team.members.make_key(label=name, role=Role.EDITOR) for name in ("works", "ended"))
    app.team.members.revoke_key(app.team.members.api_keys()[0].id or 0)
    out = cookie(Role.OWNER)
    app.access.sign_out(out)
    found.headers |= {
        "nobody": {},
        "forged": {"Cookie": f"{COOKIE}=forged.signature"},
        "expired": {"Cookie": f"{COOKIE}={out}"},
        "revoked": {"Cookie": f"{COOKIE}={gone}"},
        "wrong key": {"Authorization": "Bearer odk_wrong"},
        "revoked key": {"Authorization": f"Bearer {ended}"},
        "key": {"Authorization": f"Bearer {key}"},
    }
    return found


async def _inside(_: Request) -> Response:
    return PlainTextResponse("inside")


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


async def _talk_on(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(f"the board, after {await socket.receive_text()}")


def paths(app: Dashboard) -> list[str]:
    """Every route there is: the API's from its own description, Streamlit's by name."""
    api = [f"/api{path}" for path in build_api(lambda: app).openapi()["paths"]]
    ours = [route.path for route in health_routes(lambda: app) if isinstance(route, Route)]
    return [*STREAMLIT, *api, "/api/openapi.json", *ours]


@pytest.fixture
def door(app: Dashboard) -> TestClient:
    """The admission before a stand-in that answers everything; a fresh one counts no guesses yet."""
    everything = Route("/{path:path}", _inside, methods=["GET", "POST", "PUT", "DELETE"])
    rooms = [*joining_routes(lambda: app.access), WebSocketRoute("/_stcore/stream", _talk)]
    rooms += [WebSocketRoute("/talk-on", _talk_on), everything]
    return TestClient(Admission(Starlette(routes=rooms), access=lambda: app.access), follow_redirects=False)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_route(app: Dashboard, door: TestClient, visitors: Visitors, who: str, method: str) -> None:
    """Members and keys pass; everybody else is told nothing, wherever they knock. Only liveness is open."""
    listed = paths(app)
    assert len(listed) > len(STREAMLIT) + 8
    for path in listed:
        fresh = TestClient(door.app)
        answer = fresh.request(method, path, headers=visitors.headers[who])
        if path in OPEN_PATHS or who in INSIDE:
            assert (answer.status_code, answer.text) == (200, "inside"), path
        else:
            assert answer.status_code in (401, 429), path
            assert "inside" not in answer.text


@pytest.mark.parametrize("who", WHO)
def test_the_websocket(door: TestClient, visitors: Visitors, who: str) -> None:
    """The same for the connection all pages live on."""
    if who in INSIDE:
        with door.websocket_connect("/_stcore/stream", headers=visitors.headers[who]) as socket:
            assert socket.receive_text() == "inside"
        return
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        door.websocket_connect("/_stcore/stream", headers=visitors.headers[who]) as socket,
    ):
        socket.receive_text()
    assert refused.value.code == 1008


SENT_AWAY: dict[str, Callable[[Dashboard, str, int], None]] = {
    "expelled": lambda app, _, sign_in_id: app.team.members.expel(sign_in_id),
    "link revoked": lambda app, _, __: app.team.members.revoke_link(app.team.members.links()[0].id or 0),
    "signed out elsewhere": lambda app, cookie, _: app.access.sign_out(cookie),
    "smaller role": lambda app, _, sign_in_id: _make_viewer(app, sign_in_id),
    "sign-in over": lambda app, _, sign_in_id: _end(app, sign_in_id),
}


def _make_viewer(app: Dashboard, sign_in_id: int) -> None:
    with app.database.writing() as session:
        theirs = update(Membership).where(col(Membership.sign_in_id) == sign_in_id)
        session.exec(theirs.values(role=Role.VIEWER.value))
    app.access.forget()


def _end(app: Dashboard, sign_in_id: int) -> None:
    with app.database.writing() as session:
        session.exec(update(SignIn).where(col(SignIn.id) == sign_in_id).values(expires_at=app.clock()))
    app.access.forget()


@pytest.mark.parametrize("way", SENT_AWAY)
def test_the_websocket_after_removal(
    app: Dashboard, door: TestClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The next message over a socket that is open already is answered by its end, and so is a new connection."""
    monkeypatch.setattr(standing, "REMEMBERED_SECONDS", 0.0)
    monkeypatch.setattr(standing, "LOOKED_AT_SECONDS", 3600.0)
    cookie, _ = app.access.join(
        app.team.members.make_link(role=Role.EDITOR), cookie=None, name="Eve", browser=""
    )
    visitor = app.access.visitor(cookie)
    assert visitor is not None
    headers = {"Cookie": f"{COOKIE}={cookie}"}
    with door.websocket_connect("/talk-on", headers=headers) as socket:
        socket.send_text("one")
        assert socket.receive_text() == "the board, after one"
        SENT_AWAY[way](app, cookie, visitor.sign_in_id)
        socket.send_text("two")
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1008
    if way == "smaller role":
        return
    with pytest.raises(WebSocketDisconnect), door.websocket_connect("/talk-on", headers=headers) as socket:
        socket.receive_text()


def test_a_revoked_key_ends_its_connections(
    app: Dashboard, door: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripts are cut off as people are."""
    monkeypatch.setattr(standing, "REMEMBERED_SECONDS", 0.0)
    headers = {"Authorization": f"Bearer {app.team.members.make_key(label='late', role=Role.EDITOR)}"}
    with door.websocket_connect("/talk-on", headers=headers) as socket:
        socket.send_text("one")
        assert socket.receive_text() == "the board, after one"
        app.team.members.revoke_key(app.team.members.api_keys()[0].id or 0)
        socket.send_text("two")
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert ended.value.code == 1008


class TestGuessing:
    """Twenty wrong keys or links a minute from one address; what is right is always answered."""

    def test_wrong_ones_are_slowed_down(self, door: TestClient, visitors: Visitors) -> None:
        """Keys, links and their texts count together."""
        wrong = visitors.headers["wrong key"]
        told = [door.get("/api/v1/tasks", headers=wrong).status_code for _ in range(25)]
        assert told == [401] * 20 + [429] * 5
        for method, path in (("GET", "/join/odl_guess"), ("POST", "/join/odl_guess")):
            refused = door.request(method, path)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert "Too many" in refused.text

    @pytest.mark.parametrize("who", ["viewer", "owner", "key"])
    def test_who_belongs_here_never_waits(self, door: TestClient, visitors: Visitors, who: str) -> None:
        """Behind one address of an office, one script with an old key must not shut everybody out."""
        for _ in range(30):
            door.get("/api/v1/tasks", headers=visitors.headers["revoked key"])
        for path in ("/", "/api/v1/tasks", "/media/0123.png"):
            assert door.get(path, headers=visitors.headers[who]).text == "inside"
        with door.websocket_connect("/_stcore/stream", headers=visitors.headers[who]) as socket:
            assert socket.receive_text() == "inside"

    def test_a_link_that_works_never_waits(self, app: Dashboard, door: TestClient) -> None:
        """Looking and joining, after everybody else has guessed."""
        link = app.team.members.make_link(role=Role.VIEWER, uses=1)
        for _ in range(30):
            door.get("/join/odl_guess")
        assert door.get(f"/join/{link}").status_code == 200
        assert door.post(f"/join/{link}", data={"name": "Ada"}).status_code == 303
        assert door.get("/").text == "inside"


class TestCookies:
    """What a browser sends along beside ours, and how ours lasts."""

    def test_neighbours_lock_nobody_out(self, door: TestClient, visitors: Visitors) -> None:
        """The page and its WebSocket, with cookies that Python's own parser gives up on."""
        ours = visitors.headers["viewer"]["Cookie"]
        for cookie in (f'prefs={{"a":1}}; {ours}', f"{COOKIE}=planted; {ours}", f"{ours}; {COOKIE}=planted"):
            headers = {"Cookie": cookie}
            assert door.get("/", headers=headers).text == "inside"
            with door.websocket_connect("/_stcore/stream", headers=headers) as socket:
                assert socket.receive_text() == "inside"

    def test_a_visit_renews_it(self, door: TestClient, visitors: Visitors) -> None:
        """Opening a page does, so that a browser stays signed in as long as it comes back; calls do not."""
        ours, html = visitors.headers["viewer"], {"Accept": "text/html"}
        renewed = door.get("/", headers={**ours, **html}).headers["set-cookie"]
        assert renewed.startswith(f"{ours['Cookie']};")
        assert int(renewed.partition("Max-Age=")[2].partition(";")[0]) > 29 * 86_400
        assert "set-cookie" not in door.get("/", headers=ours).headers
        assert "set-cookie" not in door.get("/api/v1/tasks", headers={**ours, **html}).headers

    def test_a_plain_one_is_not_taken_over_https(self, door: TestClient, visitors: Visitors) -> None:
        """Anybody on the way over http could have set it."""
        secure = TestClient(door.app, base_url="https://testserver", follow_redirects=False)
        ours = visitors.headers["viewer"]["Cookie"]
        assert secure.get("/", headers={"Cookie": ours}).status_code == 401
        assert secure.get("/", headers={"Cookie": f"__Host-{ours}"}).text == "inside"

    def test_a_sign_in_of_before_survives(self, app: Dashboard, door: TestClient) -> None:
        """It is moved to the new name by the next visit."""
        secret = "made-before-there-were-prefixes"
        now = app.clock()
        with app.database.writing() as session:
            sign_in = SignIn(
                secret_hash=hash_of(secret),
                name="Old",
                created_at=now,
                last_seen_at=now,
                expires_at=now + SIGN_IN_LIFE,
            )
            sign_in_id = rows.add_sign_in(session=session, sign_in=sign_in)
            rows.join(
                session=session,
                sign_in_id=sign_in_id,
                team_id=app.team.team_id,
                role=Role.VIEWER,
                link_id=None,
                now=now,
            )
        secure = TestClient(door.app, base_url="https://testserver", follow_redirects=False)
        old = {"Cookie": f"{COOKIE}={app.access.sealed(secret)}", "Accept": "text/html"}
        answer = secure.get("/", headers=old)
        assert answer.text == "inside"
        names = [it.partition("=")[0] for it in answer.headers.get_list("set-cookie")]
        assert names == [f"__Host-{COOKIE}", COOKIE]
        assert secure.get("/").text == "inside"


def _team_of_its_own(app: Dashboard, door: TestClient) -> str:
    """Sign a browser in as the only owner of a new team; its slug."""
    door.post(f"/join/{app.team.members.make_link(role=Role.OWNER)}", data={"name": "Olga"})
    visitor = app.access.visitor(door.cookies[COOKIE])
    assert visitor is not None
    return app.seen_by(app.team.team_id, visitor.actor(visitor.places[0])).team.team_settings.make_team(
        "Hers"
    )


class TestJoining:
    """The only way in."""

    def test_looking_uses_nothing_up(self, app: Dashboard, door: TestClient) -> None:
        """Chat programs open links; the place is still there for the person."""
        link = app.team.members.make_link(role=Role.VIEWER, uses=1)
        for _ in range(3):
            answer = door.get(f"/join/{link}")
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "strict-origin"
            assert link not in answer.text
        joined = door.post(f"/join/{link}", data={"name": "<b>Eve</b>"})
        assert (joined.status_code, joined.headers["location"]) == (303, "../?team=team")
        again = TestClient(door.app).post(f"/join/{link}", data={"name": "Too late"})
        assert again.status_code == 404

    @pytest.mark.parametrize(
        ("name", "heading", "invited"),
        [
            ("Team", "Join the team", "You are invited to the team as a viewer."),
            ("Team Sales", "Join Team Sales", "You are invited to <b>Team Sales</b> as a viewer."),
            ("<i>", "Join &lt;i&gt;", "You are invited to the team <b>&lt;i&gt;</b> as a viewer."),
            ("Teams", "Join Teams", "You are invited to the team <b>Teams</b> as a viewer."),
        ],
    )
    def test_what_one_is_invited_to(
        self, app: Dashboard, door: TestClient, name: str, heading: str, invited: str
    ) -> None:
        """Said once; a team that nobody has named yet is just the team."""
        app.team.team_settings.change(name=name, keep_days=None)
        seen = door.get(f"/join/{app.team.members.make_link(role=Role.VIEWER)}").text
        assert f"<h1>{heading}</h1>" in seen
        assert invited in seen
        assert not re.search(r"the team Team\b", re.sub(r"<[^>]*>", "", seen))

    @pytest.mark.parametrize(("base", "secure"), [("http://testserver", False), ("https://testserver", True)])
    def test_the_cookie(self, app: Dashboard, door: TestClient, *, base: str, secure: bool) -> None:
        """Out of reach for scripts and other sites; over https only where there is https."""
        link = app.team.members.make_link(role=Role.VIEWER)
        answer = TestClient(door.app, base_url=base, follow_redirects=False).post(
            f"/join/{link}", data={"name": "Ada"}
        )
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert ("Secure" in cookie) is secure

    def test_who_is_here_already_is_asked(self, app: Dashboard, door: TestClient) -> None:
        """The page names who the browser is signed in as; the cookie is a new one either way."""
        door.post(f"/join/{app.team.members.make_link(role=Role.VIEWER)}", data={"name": "<i>Mallory</i>"})
        planted = door.cookies[COOKIE]
        link = app.team.members.make_link(role=Role.EDITOR)
        page = door.get(f"/join/{link}").text
        assert "&lt;i&gt;Mallory&lt;/i&gt;" in page
        assert "same person" in page
        assert "checked" not in page
        door.post(f"/join/{link}", data={"name": "Ada", "who": "other"})
        assert door.cookies[COOKIE] != planted
        fresh = TestClient(door.app)
        assert fresh.get("/", headers={"Cookie": f"{COOKIE}={planted}"}).status_code == 401

    def test_the_only_owner_is_not_signed_out_by_it(self, app: Dashboard, door: TestClient) -> None:
        """A team would be left without one; nothing has happened, and the page says what to do."""
        slug = _team_of_its_own(app, door)
        link = app.team.members.make_link(role=Role.VIEWER, uses=1)
        refused = door.post(f"/join/{link}", data={"name": "Ada", "who": "other"})
        assert (refused.status_code, "only owner" in refused.text) == (409, True)
        assert 'value="Ada"' in refused.text
        assert 'value="other" required checked>' in refused.text
        assert door.get(f"/?team={slug}").text == "inside"
        assert door.post(f"/join/{link}", data={"name": "Ada", "who": "same"}).status_code == 303
        assert door.get(f"/?team={slug}").text == "inside"

    @pytest.mark.parametrize("name", ["", " ", "\u3164\u200b", "\u0301"])
    def test_a_name_is_needed(self, app: Dashboard, door: TestClient, name: str) -> None:
        """The form comes back with what to do; then a name is typed, and the link still works."""
        link = app.team.members.make_link(role=Role.VIEWER, uses=1)
        refused = door.post(f"/join/{link}", data={"name": name})
        assert refused.status_code == 409
        assert "You have not joined yet" in refused.text
        assert '<p role="alert">Say what the team should call you' in refused.text
        assert '<input id="name" name="name" value=""' in refused.text
        assert "set-cookie" not in refused.headers
        assert door.post(f"/join/{link}", data={"name": "Ada"}).status_code == 303

    @pytest.mark.parametrize("data", [{}, {"who": "same"}])
    def test_a_form_without_the_field(self, app: Dashboard, door: TestClient, data: dict[str, str]) -> None:
        """Is one without a name."""
        link = app.team.members.make_link(role=Role.VIEWER)
        assert door.post(f"/join/{link}", data=data).status_code == 409

    def test_what_was_typed_is_text(self, app: Dashboard, door: TestClient) -> None:
        """Also when it comes back in the form."""
        _team_of_its_own(app, door)
        link = app.team.members.make_link(role=Role.VIEWER)
        refused = door.post(f"/join/{link}", data={"name": '"><script>x', "who": "other"})
        assert refused.status_code == 409
        assert 'value="&quot;&gt;&lt;script&gt;x"' in refused.text
        assert "<script>" not in refused.text

    def test_who_is_new_is_not_asked(self, app: Dashboard, door: TestClient) -> None:
        """There is nobody to be the same as."""
        assert "same person" not in door.get(f"/join/{app.team.members.make_link(role=Role.VIEWER)}").text

    def test_hostile_words(self, app: Dashboard, door: TestClient) -> None:
        """A team's name is text on the page, whatever it is."""
        before = app.team.team_settings.team()
        app.team.team_settings.change(name="<script>alert(1)</script>", keep_days=None)
        answer = door.get(f"/join/{app.team.members.make_link(role=Role.VIEWER)}")
        app.team.team_settings.change(name=before.name, keep_days=None)
        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text

    def test_signing_out(self, app: Dashboard, door: TestClient) -> None:
        """Takes the cookie away and ends it here."""
        link = app.team.members.make_link(role=Role.VIEWER)
        door.post(f"/join/{link}", data={"name": "Ada"})
        assert door.get("/").text == "inside"
        assert door.post("/sign-out").status_code == 303
        assert door.get("/").status_code == 401

    def test_the_only_owner_is_told_to_stay(self, tmp_path: Path) -> None:
        """In a sentence with a way back; cookie and sign-in go on, and a second owner lets the first one go."""
        app = build(Settings(data_dir=tmp_path, access="team", poller="off"))
        routes = [*joining_routes(lambda: app.access), Route("/{path:path}", _inside)]
        inside = Admission(Starlette(routes=routes), access=lambda: app.access)
        browser, other = (TestClient(inside, follow_redirects=False) for _ in range(2))
        app.team.team_settings.change(name="<b>Scans</b>", keep_days=None)
        browser.post(f"/join/{app.team.members.make_link(role=Role.OWNER)}", data={"name": "Olga"})

        refused = browser.post("/sign-out")

        assert refused.status_code == 409
        assert "only owner of “&lt;b&gt;Scans&lt;/b&gt;” cannot go" in refused.text
        assert "set-cookie" not in refused.headers
        assert browser.get("/").text == "inside"
        other.post(f"/join/{app.team.members.make_link(role=Role.OWNER)}", data={"name": "Otto"})
        assert browser.post("/sign-out").status_code == 303
        assert other.post("/sign-out").status_code == 409
        app.stop()
