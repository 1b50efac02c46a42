"""The cookie of a signed-in browser: what it is called, how it is found among others, how it is set.

Whatever a browser sends along, everything behind the admission sees at most one cookie of ours, under
:data:`~dashboard.services.team.access.COOKIE`, and only one that opens something.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Message, Scope

from dashboard.services.team.access import COOKIE, is_of_before_prefixes
from dashboard.services.team.visitors import Visitor

HOST_COOKIE = f"__Host-{COOKIE}"
"""Its name over https: browsers take such a cookie from this very host only, for all of it."""

SECURE_COOKIE = f"__Secure-{COOKIE}"
"""Its name over https below a base path, where a cookie for all of the host would be the neighbours' too."""

_NAMES = frozenset({COOKIE, HOST_COOKIE, SECURE_COOKIE})
_MOST_TRIED = 8
"""Cookies of our name in one request; a neighbour on the same domain can add some."""


def cookie_name(scope: Scope) -> str:
    """What our cookie is called on the connection a request came by."""
    if not _is_secure(scope):
        return COOKIE
    return SECURE_COOKIE if scope.get("root_path") else HOST_COOKIE


def find_sign_in(scope: Scope, look_up: Callable[[str], Visitor | None]) -> tuple[str | None, Visitor | None]:
    """The cookie that opens a sign-in, and whose it is; None for both when there is none.

    A cookie of the same name that opens nothing does not hide one that does: others on the same domain
    can plant them. Of several that open something, one with places wins.

    Args:
        scope: of a request, as it came.
        look_up: whose cookie one is.
    """
    found: tuple[str | None, Visitor | None] = (None, None)
    for cookie in _candidates(scope):
        visitor = look_up(cookie)
        if visitor is not None and visitor.places:
            return cookie, visitor
        if visitor is not None and found[1] is None:
            found = (cookie, visitor)
    return found


def with_one_cookie(scope: Scope, cookie: str | None) -> Scope:
    """The same request with this cookie of ours and no other; what is not ours stays as it came."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    others = [
        piece.strip()
        for header in headers.getlist("cookie")
        for piece in header.split(";")
        if piece.strip() and not _NAMES & cookie_parser(piece).keys()
    ]
    del headers["cookie"]
    pieces = [*others, f"{COOKIE}={cookie}"] if cookie else others
    if pieces:
        headers["cookie"] = "; ".join(pieces)
    return {**scope, "headers": headers.raw}


def set_sign_in(response: Response, scope: Scope, cookie: str, *, life: timedelta) -> None:
    """Let the browser keep who it is; scripts in pages cannot read it, other sites cannot send it along."""
    name = cookie_name(scope)
    response.set_cookie(
        name,
        cookie,
        max_age=max(0, round(life.total_seconds())),
        path=_path(scope),
        httponly=True,
        samesite="lax",
        secure=_is_secure(scope),
    )
    if name != COOKIE:
        response.delete_cookie(COOKIE, path=_path(scope), httponly=True, samesite="lax")


def drop_sign_in(response: Response, scope: Scope) -> None:
    """Take the cookie away, by each of its names that browsers take back on this connection."""
    secure = _is_secure(scope)
    for name in sorted({cookie_name(scope), COOKIE}):
        response.delete_cookie(
            name, path=_path(scope), httponly=True, samesite="lax", secure=secure and name != COOKIE
        )


def renew_in(message: Message, scope: Scope, cookie: str, *, life: timedelta) -> None:
    """Add the cookie once more to an answer that begins, so that it lasts as long as the sign-in does."""
    renewal = Response()
    set_sign_in(renewal, scope, cookie, life=life)
    headers = MutableHeaders(scope=message)
    for header in Headers(raw=renewal.raw_headers).getlist("set-cookie"):
        headers.append("set-cookie", header)


def _candidates(scope: Scope) -> Iterator[str]:
    """Cookies of ours in a request, in the order browsers send them.

    Over https only the prefixed name counts, because anybody on a neighbouring host, or on the way over http,
    can set the plain one; the exception are sign-ins made before there was a prefixed name.
    """
    wanted, secure = cookie_name(scope), _is_secure(scope)
    given = [
        (name, value)
        for header in Headers(scope=scope).getlist("cookie")
        for piece in header.split(";")
        for name, value in cookie_parser(piece).items()
        if value
    ]
    ours = [value for name, value in given if name == wanted]
    if secure:
        ours += [value for name, value in given if name == COOKIE and is_of_before_prefixes(value)]
    yield from list(dict.fromkeys(ours))[:_MOST_TRIED]


def _is_secure(scope: Scope) -> bool:
    return scope.get("scheme") in ("https", "wss")


def _path(scope: Scope) -> str:
    return f"{scope.get('root_path', '')}/"
