"""The cookie of a signed-in browser: found among others, under the right name, and set so that it stays ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.responses import Response

from dashboard.models import Role
from dashboard.services.team.access import COOKIE
from dashboard.services.team.visitors import Place, Visitor
from dashboard.web.sign_in_cookie import (
    HOST_COOKIE,
    SECURE_COOKIE,
    drop_sign_in,
    find_sign_in,
    set_sign_in,
    with_one_cookie,
)

OURS = "odi_good.signature"
OLD = "Gd0made-before.signature"
LONG = datetime(2027, 1, 1, tzinfo=UTC)


def scope_of(*cookies: str, scheme: str = "http", root_path: str = "") -> dict[str, Any]:
    """A request with these ``Cookie`` headers."""
    headers = [(b"host", b"ocr.example.org"), *((b"cookie", it.encode("latin-1")) for it in cookies)]
    return {"type": "http", "scheme": scheme, "root_path": root_path, "headers": headers}


def look_up(cookie: str) -> Visitor | None:
    """Knows two cookies, and one whose teams are all gone."""
    place = Place(team_id=1, slug="team", team="Team", role=Role.VIEWER)
    known = {OURS: (place,), OLD: (place,), "odi_left.signature": ()}
    if cookie not in known:
        return None
    return Visitor(sign_in_id=1, name=cookie, places=known[cookie], until=LONG)


@pytest.mark.parametrize(
    "header",
    [
        f"{COOKIE}={OURS}",
        f'prefs={{"a":1}}; {COOKIE}={OURS}',
        f'prefs={{"a":1,"b":[1,2]}}; theme=dark; {COOKIE}={OURS}; other="x;y"',
        f'{COOKIE}="{OURS}"',
        f"a; =b; ;; {COOKIE}={OURS}",
        f"näme=wért; {COOKIE}={OURS}",
        f"{COOKIE}=planted; {COOKIE}={OURS}",
        f"{COOKIE}={OURS}; {COOKIE}=planted",
        f"{COOKIE}=; {COOKIE}={OURS}",
        f"{COOKIE}=odi_left.signature; {COOKIE}={OURS}",
        f"$Version=1; {COOKIE}={OURS}; $Path=/",
        f"path=/; expires=never; httponly; {COOKIE}={OURS}",
        f"a[b]=c; a@b=c; a(b)=c; {COOKIE}={OURS}",
        f'broken="unclosed; {COOKIE}={OURS}',
        f"{'x' * 5000}={'y' * 5000}; {COOKIE}={OURS}",
    ],
)
def test_a_neighbours_cookie_locks_nobody_out(header: str) -> None:
    """Whatever else on the same domain sets, ours is found beside it."""
    assert find_sign_in(scope_of(header), look_up)[0] == OURS


@pytest.mark.parametrize(
    ("scheme", "root_path", "header", "found"),
    [
        ("http", "", f"{COOKIE}={OURS}", OURS),
        ("ws", "", f"{COOKIE}={OURS}", OURS),
        ("https", "", f"{HOST_COOKIE}={OURS}", OURS),
        ("wss", "", f"{HOST_COOKIE}={OURS}", OURS),
        ("https", "/ocr", f"{SECURE_COOKIE}={OURS}", OURS),
        # Set by a neighbour, or on the way over http: not taken over https.
        ("https", "", f"{COOKIE}={OURS}", None),
        ("wss", "", f"{COOKIE}={OURS}", None),
        ("https", "/ocr", f"{COOKIE}={OURS}", None),
        ("https", "", f"{SECURE_COOKIE}={OURS}", None),
        ("https", "/ocr", f"{HOST_COOKIE}={OURS}", None),
        ("http", "", f"{HOST_COOKIE}={OURS}", None),
        # Sign-ins from before there were such names survive.
        ("https", "", f"{COOKIE}={OLD}", OLD),
        ("https", "/ocr", f"{COOKIE}={OLD}", OLD),
        ("https", "", f"{COOKIE}={OLD}; {HOST_COOKIE}={OURS}", OURS),
        ("http", "", "", None),
        ("http", "", f"{COOKIE}={'x' * 100_000}", None),
        ("http", "", f"{COOKIE.upper()}={OURS}", None),
        ("http", "", "; ".join(f"{COOKIE}=planted{n}" for n in range(50)) + f"; {COOKIE}={OURS}", None),
    ],
)
def test_which_name_counts(scheme: str, root_path: str, header: str, found: str | None) -> None:
    """Over https only the name that browsers protect, but for sign-ins that are older."""
    assert find_sign_in(scope_of(header, scheme=scheme, root_path=root_path), look_up)[0] == found


def test_an_empty_sign_in_is_found_when_there_is_no_other() -> None:
    """Somebody whose teams are gone can still open a link as the person they are."""
    cookie, visitor = find_sign_in(scope_of(f"{COOKIE}=odi_left.signature"), look_up)
    assert cookie == "odi_left.signature"
    assert visitor is not None


@pytest.mark.parametrize(
    ("headers", "cookie", "expected"),
    [
        ([f'p={{"a":1}}; {COOKIE}=junk; q=2'], OURS, [f'p={{"a":1}}; q=2; {COOKIE}={OURS}']),
        ([f"{HOST_COOKIE}={OURS}; q=2"], OURS, [f"q=2; {COOKIE}={OURS}"]),
        ([f"{COOKIE}=junk", "q=2"], None, ["q=2"]),
        ([f"{COOKIE}=junk"], None, []),
        ([], None, []),
        (["q=2", f"{COOKIE}=a; {SECURE_COOKIE}=b"], OURS, [f"q=2; {COOKIE}={OURS}"]),
    ],
)
def test_what_is_behind_sees_one(headers: list[str], cookie: str | None, expected: list[str]) -> None:
    """At most one of ours, and everybody else's as it came."""
    scope = scope_of(*headers)
    before = list(scope["headers"])
    changed = with_one_cookie(scope, cookie)
    assert [value.decode() for name, value in changed["headers"] if name == b"cookie"] == expected
    assert (b"host", b"ocr.example.org") in changed["headers"]
    assert scope["headers"] == before


@pytest.mark.parametrize(
    ("scheme", "root_path", "name", "path"),
    [
        ("http", "", COOKIE, "/"),
        ("http", "/ocr", COOKIE, "/ocr/"),
        ("https", "", HOST_COOKIE, "/"),
        ("https", "/ocr", SECURE_COOKIE, "/ocr/"),
    ],
)
def test_how_it_is_set(scheme: str, root_path: str, name: str, path: str) -> None:
    """``__Host-`` wants Secure, the path ``/`` and no domain; the name from before goes."""
    scope, answer = scope_of(scheme=scheme, root_path=root_path), Response()
    set_sign_in(answer, scope, OURS, life=timedelta(days=30))
    cookies = answer.headers.getlist("set-cookie")
    (ours,) = [it for it in cookies if it.startswith(f"{name}={OURS}")]
    assert {"HttpOnly", "SameSite=lax", f"Path={path}", "Max-Age=2592000"} <= set(ours.split("; "))
    assert ("Secure" in ours.split("; ")) is (scheme == "https")
    assert "domain" not in ours.lower()
    gone = [it for it in cookies if it != ours]
    assert [it.partition("=")[0] for it in gone] == ([COOKIE] if scheme == "https" else [])
    assert all("Max-Age=0" in it for it in gone)


@pytest.mark.parametrize(("scheme", "names"), [("http", {COOKIE}), ("https", {COOKIE, HOST_COOKIE})])
def test_how_it_is_taken_away(scheme: str, names: set[str]) -> None:
    """By every name it can have there."""
    answer = Response()
    drop_sign_in(answer, scope_of(scheme=scheme))
    cookies = answer.headers.getlist("set-cookie")
    assert {it.partition("=")[0] for it in cookies} == names
    assert all("Max-Age=0" in it for it in cookies)
