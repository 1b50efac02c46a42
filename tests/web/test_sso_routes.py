"""Single sign-on against a provider that speaks real OpenID Connect over real HTTP."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import SYSTEM, Role
from dashboard.services.team import operator_teams
from dashboard.services.team.access import COOKIE
from dashboard.settings import Settings
from dashboard.testing import FakeClock
from dashboard.web import joining, sso_routes
from dashboard.web.admission import Admission, visitor_of
from dashboard.web.base_path import BasePath
from dashboard.web.sso_paths import local_path
from tests.web.provider import CLIENT_ID, CLIENT_SECRET, Provider, serve

HTML = {"Accept": "text/html"}
ANN = {"sub": "4711", "name": "Ann", "email": "ann@example.org", "email_verified": True}


@dataclass(kw_only=True)
class House:
    """A dashboard that sends people to a provider, and the provider."""

    app: Dashboard
    provider: Provider
    clock: FakeClock
    inside: Starlette

    def browser(self, base_url: str = "http://127.0.0.1:8501") -> TestClient:
        """Somebody's browser, with cookies of its own."""
        return TestClient(self.inside, base_url=base_url, follow_redirects=False)

    def sign_in(
        self, browser: TestClient, wanted: str = "/", who: str | None = None
    ) -> Response | httpx2.Response:
        """Go to the provider and come back, as a browser does; ``who`` answers whose the teams here are."""
        return browser.get(self.way_back(browser, wanted, who))

    def way_back(self, browser: TestClient, wanted: str = "/", who: str | None = None) -> str:
        """Where the provider sends a browser that was there."""
        knock = browser.get("/sso/login", params={"next": wanted})
        if who is not None:
            assert knock.status_code == 200, knock.text
            knock = browser.post("/sso/login", params={"next": wanted}, data={"who": who})
            there = html.unescape(knock.text.partition("0;url=")[2].partition('"')[0])
        else:
            assert knock.status_code == 302, knock.text
            there = knock.headers["location"]
        return str(httpx2.get(there).headers["location"])

    def by_link(self, role: Role = Role.EDITOR, name: str = "Guest") -> TestClient:
        """A browser that joined by a team URL."""
        link, browser = self.app.team.members.make_link(role=role, label="guests"), self.browser()
        assert browser.post(f"/join/{link}", data={"name": name}).status_code == 303
        return browser

    def places(self, browser: TestClient) -> dict[str, Role]:
        """The teams a browser is in."""
        visitor = self.app.access.visitor(browser.cookies.get(COOKIE))
        return {place.slug: place.role for place in visitor.places} if visitor else {}


async def _page(request: Request) -> Response:
    visitor = visitor_of(request.scope)
    return PlainTextResponse(f"hello {visitor.name if visitor else ''}")


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """One provider for all tests; making its keys takes a while."""
    made = Provider()
    server = serve(made)
    yield made
    server.should_exit = True


@pytest.fixture
def house(tmp_path: Path, provider: Provider) -> Iterator[House]:
    """Everybody of example.org may look, Ann owns; other teams only by link."""
    provider.claims, provider.by_userinfo, provider.changes = dict(ANN), {}, {}
    provider.denies = provider.foreign_key = False
    provider.seen.clear()
    clock = FakeClock()
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "access": "team",
            "poller": "off",
            "sso_issuer": provider.url,
            "sso_client_id": CLIENT_ID,
            "sso_client_secret": CLIENT_SECRET,
            "sso_members": "*@example.org=team:viewer,ann@example.org=team:owner,group:ocr=team:editor",
        }
    )
    app = build(settings, clock=clock)
    routes = [
        *joining.routes(lambda: app.access),
        *sso_routes.routes(lambda: app.single_sign_on, settings),
        Route("/{path:path}", _page),
    ]
    admission = Middleware(Admission, access=lambda: app.access, sign_in="Example & Co")
    yield House(
        app=app, provider=provider, clock=clock, inside=Starlette(routes=routes, middleware=[admission])
    )
    app.stop()


def test_a_stranger_signs_in_and_lands_on_the_page_they_wanted(house: House) -> None:
    """The deep link survives the round trip, query and all."""
    browser = house.browser()

    knock = browser.get("/task?id=7&team=team", headers=HTML)
    assert knock.status_code == 401
    assert "Sign in with Example &amp; Co" in knock.text
    link = knock.text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    there = browser.get(link)
    back = httpx2.get(there.headers["location"]).headers["location"]
    landed = browser.get(back)

    assert landed.status_code == 303
    assert landed.headers["location"] == "/task?id=7&team=team"
    assert browser.get("/task?id=7&team=team").text == "hello Ann"
    assert house.places(browser) == {"team": Role.OWNER}
    assert house.app.team.members.audit_log()[0].detail == {"by": "single sign-on"}
    assert [member.by_account for member in house.app.team.members.members()] == [True]


def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    """HttpOnly, SameSite, and Secure where there is https."""
    plain, safe = house.browser(), house.browser("https://127.0.0.1:8501")

    over_http = house.sign_in(plain).headers["set-cookie"].lower()
    over_https = house.sign_in(safe).headers["set-cookie"].lower()

    assert "httponly" in over_http
    assert "samesite=lax" in over_http
    assert "; secure" not in over_http
    assert "; secure" in over_https


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({**ANN, "email": "bob@example.org"}, {"team": Role.VIEWER}, id="by domain"),
        pytest.param({**ANN, "email": "Bob@Example.org"}, {"team": Role.VIEWER}, id="in capitals"),
        pytest.param({"sub": "5", "groups": ["x", "ocr"]}, {"team": Role.EDITOR}, id="by group"),
        pytest.param({"sub": "5", "groups": "ocr"}, {"team": Role.EDITOR}, id="a group that is no list"),
        pytest.param({**ANN, "email_verified": False}, {}, id="an address nobody verified"),
        pytest.param({**ANN, "email_verified": "true"}, {}, id="verified in words is not verified"),
        pytest.param({"sub": "5", "email": "ann@example.org"}, {}, id="nothing said about verifying"),
        pytest.param({**ANN, "email": "ann@example.com"}, {}, id="another domain"),
        pytest.param({"sub": "5", "name": "<script>", "groups": [1, None]}, {}, id="nonsense"),
    ],
)
def test_rules_decide_who_gets_in(house: House, claims: dict[str, object], expected: dict[str, Role]) -> None:
    """Whoever no rule names is told so, and stays outside."""
    house.provider.claims = claims
    browser = house.browser()

    answer = house.sign_in(browser)

    assert house.places(browser) == expected
    assert answer.status_code == (303 if expected else 403)
    if not expected:
        assert "belongs to no team here" in answer.text  # type: ignore[union-attr]  # httpx2's
        assert "<script>" not in answer.text  # type: ignore[union-attr]  # the same
        assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"nonce": "another"}, id="nonce"),
        pytest.param({"iss": "https://evil.test"}, id="issuer"),
        pytest.param({"aud": "another-client"}, id="audience"),
        pytest.param({"exp": 1_000_000_000}, id="expired"),
    ],
)
def test_an_id_token_that_is_not_for_us_is_refused(house: House, changes: dict[str, object]) -> None:
    """Whoever it belongs to, it says nothing about who sits at this browser."""
    house.provider.changes = changes
    browser = house.browser()

    assert house.sign_in(browser, "/add").status_code == 400
    assert house.places(browser) == {}


def test_an_id_token_signed_by_somebody_else_is_refused(house: House) -> None:
    """The provider's published keys decide."""
    house.provider.foreign_key = True
    browser = house.browser()

    assert house.sign_in(browser).status_code == 400
    assert house.places(browser) == {}


def test_who_cancels_can_try_again_for_the_same_page(house: House) -> None:
    """One sentence and one button."""
    house.provider.denies = True
    browser = house.browser()

    answer = house.sign_in(browser, "/add?team=team")

    assert answer.status_code == 400
    assert 'href="login?next=%2Fadd%3Fteam%3Dteam"' in answer.text  # type: ignore[union-attr]  # httpx2's


def test_a_way_back_that_another_browser_began_is_refused(house: House) -> None:
    """Otherwise somebody could sign a victim into their own account."""
    mine, victim = house.browser(), house.browser()
    there = mine.get("/sso/login")
    back = httpx2.get(there.headers["location"]).headers["location"]

    assert victim.get(back).status_code == 400
    assert house.places(victim) == {}


def test_many_tabs_that_want_to_sign_in_fit_into_a_cookie(house: House) -> None:
    """A restored window opens all its tabs at once; browsers drop cookies beyond 4096 bytes."""
    browser = house.browser()
    for number in range(8):
        there = browser.get("/sso/login", params={"next": f"/task?id={number}&q={'x' * 470}"})
        assert len(there.headers["set-cookie"]) < 4096
    back = httpx2.get(there.headers["location"]).headers["location"]

    landed = browser.get(back)

    assert landed.status_code == 303
    assert landed.headers["location"].startswith("/task?id=7&")


def test_a_way_back_works_once(house: House) -> None:
    """Also for the browser that began it."""
    browser = house.browser()
    there = browser.get("/sso/login")
    back = httpx2.get(there.headers["location"]).headers["location"]

    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 400


def test_an_address_is_asked_for_when_the_id_token_has_none(house: House) -> None:
    """Some providers only say it at their userinfo endpoint."""
    house.provider.claims = {"sub": "4711"}
    house.provider.by_userinfo = dict(ANN)
    browser = house.browser()

    house.sign_in(browser)

    assert house.places(browser) == {"team": Role.OWNER}


def test_what_is_said_about_somebody_else_is_not_believed(house: House) -> None:
    """OpenID Connect Core 5.3.2: the subject must be the same."""
    house.provider.claims = {"sub": "4711"}
    house.provider.by_userinfo = {**ANN, "sub": "4712"}
    browser = house.browser()

    assert house.sign_in(browser).status_code == 403


def test_a_silent_provider_is_said_in_a_sentence(tmp_path: Path) -> None:
    """And who is signed in already stays so."""
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "access": "team",
            "poller": "off",
            "sso_issuer": "http://127.0.0.1:9",
            "sso_client_id": CLIENT_ID,
            "sso_client_secret": CLIENT_SECRET,
            "sso_members": "*=team:viewer",
        }
    )
    app = build(settings)
    with TestClient(Starlette(routes=sso_routes.routes(lambda: app.single_sign_on, settings))) as browser:
        answer = browser.get("/sso/login")
    app.stop()

    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_a_sign_in_ends_whatever_is_done_with_it(house: House) -> None:
    """Somebody who left the company stays no longer than half a day."""
    browser = house.browser()
    house.sign_in(browser)
    for _ in range(11):
        house.clock.advance(hours=1)
        house.app.access.forget()
        assert house.places(browser) == {"team": Role.OWNER}

    house.clock.advance(hours=1)
    house.app.access.forget()

    assert house.places(browser) == {}
    house.sign_in(browser)
    assert house.places(browser) == {"team": Role.OWNER}


def test_rules_that_no_longer_name_somebody_take_the_team_away(house: House) -> None:
    """At the next sign-in the role is what the rules say then."""
    browser = house.browser()
    house.sign_in(browser)
    house.provider.claims = {**ANN, "email": "ann.smith@example.org"}

    house.sign_in(browser)

    assert house.places(browser) == {"team": Role.VIEWER}


def test_teams_that_somebody_joined_or_made_go_with_the_account(house: House) -> None:
    """Both ways in coexist: a link's team is there after the next sign-in, on another device too."""
    browser, elsewhere = house.browser(), house.browser()
    house.sign_in(browser)
    visitor = house.app.access.visitor(browser.cookies.get(COOKIE))
    assert visitor is not None
    owner = house.app.seen_by(visitor.places[0].team_id, visitor.actor(visitor.places[0]))
    made = owner.team.team_settings.make_team("Scans")

    house.clock.advance(hours=13)
    house.app.housekeeping.tidy()
    house.sign_in(elsewhere)

    assert house.places(elsewhere) == {"team": Role.OWNER, made: Role.OWNER}


def test_a_browser_that_came_by_a_link_keeps_its_team(house: House) -> None:
    """Until the link is revoked; the earlier sign-in is replaced."""
    browser = house.by_link()
    before = browser.cookies.get(COOKIE)
    house.provider.claims = {"sub": "9"}

    house.sign_in(browser, who="same")

    assert house.places(browser) == {"team": Role.EDITOR}
    assert house.app.access.visitor(before) is None
    house.app.team.members.revoke_link(house.app.team.members.links()[0].id or 0)
    assert house.places(browser) == {}


def test_who_came_by_a_link_is_asked_before_anything_happens(house: House) -> None:
    """A cookie alone could be planted; looking at the page changes nothing, and no answer is asked again."""
    browser = house.by_link(name="<Guest>")

    asked = browser.get("/sso/login", params={"next": "/add"})
    unanswered = browser.post("/sso/login", params={"next": "/add"}, data={"who": "?"})

    for page in (asked, unanswered):
        assert page.status_code == 200
        assert "signed in as <b>&lt;Guest&gt;</b>, in the team.</legend>" in page.text
        assert house.provider.url not in page.text
    assert "/authorize" not in house.provider.seen
    assert house.places(browser) == {"team": Role.EDITOR}


def test_the_page_somebody_wanted_survives_the_question(house: House) -> None:
    """Query and all; the browser goes on by itself, and by a button."""
    browser = house.by_link()

    landed = house.sign_in(browser, "/task?id=7&team=team", who="same")

    assert landed.status_code == 303
    assert landed.headers["location"] == "/task?id=7&team=team"


def test_somebody_elses_teams_do_not_move_along(house: House) -> None:
    """Whoever planted the link's cookie, or left the browser open, gets nothing of the account, nor it of theirs."""
    scans = operator_teams.make(house.app.database, "scans", name="Scans", clock=house.clock)
    other_team = house.app.seen_by(scans.id or 0, SYSTEM)
    planted = house.browser()
    link = other_team.team.members.make_link(role=Role.EDITOR)
    planted.post(f"/join/{link}", data={"name": "Mallory"})
    before = planted.cookies.get(COOKIE)

    house.sign_in(planted, who="other")

    assert house.places(planted) == {"team": Role.OWNER}
    assert planted.get("/").text == "hello Ann"
    assert house.app.access.visitor(before) is None
    assert other_team.team.members.members() == []
    assert other_team.team.members.audit_log()[0].detail == {"because": "somebody else signed in there"}


def test_the_only_owner_is_not_ended_by_somebody_else(house: House) -> None:
    """A team keeps an owner; both are told, and nothing has changed."""
    browser = house.by_link(Role.OWNER)
    house.provider.claims = {**ANN, "email": "bob@example.org", "sub": "5"}

    answer = house.sign_in(browser, who="other")

    assert answer.status_code == 409
    assert "The only owner of “Team” cannot go." in answer.text  # type: ignore[union-attr]  # httpx2's
    assert browser.get("/").text == "hello Guest"
    assert [member.by_account for member in house.app.team.members.members()] == [False]


def test_an_answer_is_about_who_was_here_when_it_was_given(house: House) -> None:
    """A cookie planted while somebody is at the provider, or another tab that joined, is asked about."""
    browser = house.browser()
    back = house.way_back(browser, "/add")
    planted = house.by_link(name="Mallory")
    browser.cookies.set(COOKIE, planted.cookies.get(COOKIE) or "", domain="127.0.0.1", path="/")

    answer = browser.get(back)

    assert answer.status_code == 303
    assert answer.headers["location"] == "login?next=%2Fadd"
    assert "signed in as <b>Mallory</b>" in browser.get("/sso/login?next=/add").text
    assert house.places(planted) == {"team": Role.EDITOR}


def test_an_answer_does_not_cover_another_sign_in(house: House) -> None:
    """Said about the guest, not about who was planted after that."""
    browser = house.by_link()
    back = house.way_back(browser, who="same")
    planted = house.by_link(name="Mallory")
    browser.cookies.delete(COOKIE)
    browser.cookies.set(COOKIE, planted.cookies.get(COOKIE) or "", domain="127.0.0.1", path="/")

    assert browser.get(back).headers["location"].startswith("login?")
    assert house.places(planted) == {"team": Role.EDITOR}


def test_a_link_that_leads_nowhere_any_more_is_not_asked_about(house: House) -> None:
    """There is nothing to take along."""
    browser = house.by_link()
    house.app.team.members.revoke_link(house.app.team.members.links()[0].id or 0)
    house.app.access.forget()

    assert house.sign_in(browser).status_code == 303
    assert house.places(browser) == {"team": Role.OWNER}


def test_somebody_elses_account_inherits_nothing(house: House) -> None:
    """Two people at one computer."""
    browser = house.browser()
    house.sign_in(browser)
    house.provider.claims = {"sub": "5", "email": "bob@example.org", "email_verified": True, "name": "Bob"}

    house.sign_in(browser)

    assert house.places(browser) == {"team": Role.VIEWER}
    assert browser.get("/").text == "hello Bob"


REFUSED = {"sub": "66", "email": "eve@evil.test", "email_verified": True, "name": "Eve"}


def test_a_refused_account_ends_the_one_that_was_here(house: House) -> None:
    """Who sits here now is not Ann: her page must not stay open for them. Her account keeps what it has."""
    browser, elsewhere = house.browser(), house.browser()
    house.sign_in(browser)
    house.sign_in(elsewhere)
    before = browser.cookies.get(COOKIE)
    house.provider.claims = dict(REFUSED)

    answer = house.sign_in(browser)

    assert answer.status_code == 403
    assert 'ocr_dashboard_sign_in=""' in answer.headers["set-cookie"]
    assert house.app.access.visitor(before) is None
    assert browser.get("/").status_code == 401
    assert house.places(elsewhere) == {"team": Role.OWNER}


def test_a_refused_account_is_out_everywhere(house: House) -> None:
    """The rules of now do not name it any more: what they gave it earlier ends on its other devices too."""
    browser, elsewhere = house.browser(), house.browser()
    house.sign_in(browser)
    house.sign_in(elsewhere)
    house.provider.claims = {**ANN, "email": "ann@left.test"}

    assert house.sign_in(browser).status_code == 403

    assert house.places(browser) == {}
    assert house.places(elsewhere) == {}


def test_a_refused_account_leaves_who_came_by_a_link(house: House) -> None:
    """The provider knows nothing about them."""
    browser = house.by_link()
    house.provider.claims = dict(REFUSED)

    answer = house.sign_in(browser, who="other")

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers or COOKIE not in answer.headers["set-cookie"]
    assert house.places(browser) == {"team": Role.EDITOR}


def test_a_sign_in_that_was_cancelled_ends_nothing(house: House) -> None:
    """Nobody has said who sits there."""
    browser = house.browser()
    house.sign_in(browser)
    house.provider.denies = True

    assert house.sign_in(browser).status_code == 400
    assert house.places(browser) == {"team": Role.OWNER}


@pytest.mark.parametrize(
    ("id_token", "userinfo", "expected"),
    [
        pytest.param({}, ANN, {"team": Role.OWNER}, id="both from userinfo"),
        pytest.param({"email_verified": True}, {"email": ANN["email"]}, {}, id="verified is said elsewhere"),
        pytest.param(
            {"email": ANN["email"]}, {"email_verified": True}, {}, id="the address is said elsewhere"
        ),
        pytest.param(
            {"email": ANN["email"], "email_verified": False},
            ANN,
            {},
            id="the ID token says it is not verified",
        ),
        pytest.param(
            {"email": "eve@evil.test", "email_verified": True}, ANN, {}, id="another address in the ID token"
        ),
        pytest.param(
            {"email_verified": True},
            {"email": ANN["email"], "email_verified": False},
            {},
            id="userinfo says it is not verified",
        ),
        pytest.param(
            {**ANN, "groups": ["x"]}, {"groups": ["ocr"]}, {"team": Role.OWNER}, id="nothing to ask"
        ),
        pytest.param({}, {"groups": ["ocr"]}, {"team": Role.EDITOR}, id="groups from userinfo"),
        pytest.param({"groups": []}, {"groups": ["ocr"]}, {}, id="the ID token says there are no groups"),
        pytest.param(
            {"email": ANN["email"], "groups": ["x"]},
            {"email_verified": True, "groups": ["ocr"]},
            {},
            id="nothing is put together",
        ),
    ],
)
def test_each_claim_comes_from_one_document(
    house: House, id_token: dict[str, object], userinfo: dict[str, object], expected: dict[str, Role]
) -> None:
    """An address that one document calls verified is not the one that another document names."""
    house.provider.claims = {"sub": "4711", **id_token}
    house.provider.by_userinfo = {**userinfo, "sub": "4711"}
    browser = house.browser()

    house.sign_in(browser)

    assert house.places(browser) == expected


def test_sign_ins_that_come_to_nothing_are_limited(house: House) -> None:
    """Each costs a signed cookie and perhaps a wait for the provider."""
    stranger = house.browser()
    answers = [stranger.get("/sso/login") for _ in range(61)]

    assert {it.status_code for it in answers[:-1]} == {302}
    assert answers[-1].status_code == 429
    assert answers[-1].headers["retry-after"] == "60"
    assert "Wait a minute" in answers[-1].text


def test_answers_are_limited_like_questions(house: House) -> None:
    """The same cost, by another method."""
    stranger = house.browser()
    answers = [stranger.post("/sso/login", data={"who": "same"}).status_code for _ in range(61)]

    assert set(answers[:-1]) == {200}
    assert answers[-1] == 429


def test_sign_ins_that_succeed_are_not_limited(house: House) -> None:
    """A whole office arrives at nine, behind one address."""
    for _ in range(3):
        stranger = house.browser()
        assert [stranger.get("/sso/login").status_code for _ in range(50)] == [302] * 50
        assert house.sign_in(house.browser()).status_code == 303


def test_ways_back_that_fail_are_limited_and_right_ones_are_not(house: House) -> None:
    """Guessing states and codes leads to a page of ours; who has a right one gets in meanwhile."""
    stranger, member = house.browser(), house.browser()
    back = house.way_back(member)

    answers = [stranger.get("/sso/callback", params={"state": f"s{i}", "code": "c"}) for i in range(21)]

    assert {it.status_code for it in answers[:-1]} == {400}
    assert answers[-1].status_code == 429
    assert member.get(back).status_code == 303


def test_single_sign_on_works_below_a_base_path(house: House) -> None:
    """The provider sends people back to where the dashboard is, and so do we."""
    below = TestClient(
        BasePath(house.inside, base_path="/ocr"),
        base_url="http://127.0.0.1:8501",
        follow_redirects=False,
    )
    there = below.get("/ocr/sso/login", params={"next": "/add"})
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8501/ocr/sso/callback"]
    back = httpx2.get(there.headers["location"]).headers["location"]

    landed = below.get(back)

    assert landed.headers["location"] == "/ocr/add"
    assert "path=/ocr/" in landed.headers["set-cookie"].lower()
    assert below.get("/ocr/add").text == "hello Ann"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/", "/"),
        ("/task?id=1&team=a", "/task?id=1&team=a"),
        (None, "/"),
        ("", "/"),
        ("task", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("https://evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/" + "a" * 501, "/"),
        ("/[", "/["),
    ],
)
def test_nobody_is_sent_elsewhere(wanted: str | None, expected: str) -> None:
    """A link to sign in cannot lead to another site afterwards."""
    assert local_path(wanted) == expected
