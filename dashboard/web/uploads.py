"""What browsers may park here: Streamlit keeps every upload in memory until the page that asked for it is left.

Only who may change something uploads at all, and neither one page nor all of somebody's pages together hold more than
so much.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import full_disk
from dashboard.logs import get_logger
from dashboard.models.actors import Role
from dashboard.services.team.visitors import Visitor
from dashboard.web.admission import SCOPE_KEY
from dashboard.web.base_path import route_path
from dashboard.web.doorkeeper import neighbourhood_of

log = get_logger(__name__)

MOST_BYTES = 64 * 1024 * 1024
"""Bytes that one page may have uploaded and not yet used."""

MOST_OF_ONE = 2 * MOST_BYTES
"""Bytes of one sign-in, in however many pages."""

_Whose = tuple[str, int | str]

_UPLOAD = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)(?:/.*)?")


class Uploads:
    """Stands before Streamlit's upload route.

    Args:
        app: what is behind it.
        parked: bytes that a page holds already, by the ID of its session.
        most: bytes that one page may hold.
        most_of_one: bytes that all pages of one sign-in may hold.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        parked: Callable[[str], int],
        most: int = MOST_BYTES,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        self.app = app
        self._parked = parked
        self._most = most
        self._most_of_one = most_of_one
        self._coming: Counter[str | _Whose] = Counter()
        """Bytes on their way, by page and by whom."""
        self._pages: defaultdict[_Whose, set[str]] = defaultdict(set)
        """Where somebody has parked something."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or refuse an upload before a byte of it is read."""
        found = _UPLOAD.fullmatch(route_path(scope)) if scope["type"] == "http" else None
        if found is None or scope["method"] in ("OPTIONS", "GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        session, whose, size = found["session"], _whose(scope), _announced(Headers(scope=scope))
        refusal = self._refusal(scope, session, whose, size)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._coming.update({session: size or 0, whose: size or 0})
        self._pages[whose].add(session)
        try:
            await self.app(scope, receive, send)
        except OSError as error:
            if not full_disk.is_full(error):
                raise
            log.error("upload.disk_full")  # noqa: TRY400 - where larger files are kept on their way
            await PlainTextResponse(full_disk.SENTENCE, status_code=507)(scope, receive, send)
        finally:
            self._coming.subtract({session: size or 0, whose: size or 0})
            self._forget_empty()

    def _refusal(self, scope: Scope, session: str, whose: _Whose, size: int | None) -> Response | None:
        if not _may_upload(scope):
            return PlainTextResponse("Editors and owners of a team can upload files.", status_code=403)
        if scope["method"] == "DELETE":
            return None
        if size is None:
            return PlainTextResponse("Say how long the file is (Content-Length).", status_code=411)
        if self._parked(session) + self._coming[session] + size > self._most:
            sentence = "This page holds too many files already. Use or remove some of them first."
            return PlainTextResponse(sentence, status_code=413)
        self._forget_empty()
        theirs = self._pages.get(whose, set()) | {session}
        if sum(map(self._parked, theirs)) + self._coming[whose] + size > self._most_of_one:
            sentence = (
                "Your open pages hold too many files already. Use or remove some, or close other pages."
            )
            return PlainTextResponse(sentence, status_code=413)
        return None

    def _forget_empty(self) -> None:
        """Keep nothing of pages that were left, and of those who have nothing here."""
        for whose, pages in list(self._pages.items()):
            pages.intersection_update([it for it in pages if self._coming[it] or self._parked(it)])
            if not pages:
                del self._pages[whose]
        self._coming = +self._coming


def _may_upload(scope: Scope) -> bool:
    """Whether whoever asks is an editor somewhere; without access control everybody is an owner."""
    who = scope.get(SCOPE_KEY)
    if who is None:
        return True
    roles = [place.role for place in who.places] if isinstance(who, Visitor) else [who[1].role]
    return any(role.covers(Role.EDITOR) for role in roles)


def _whose(scope: Scope) -> _Whose:
    """Whom an upload counts for: the sign-in, the key, or the address where nobody signs in."""
    who = scope.get(SCOPE_KEY)
    if isinstance(who, Visitor):
        return "sign-in", who.sign_in_id
    if who is not None:
        return "key", who[1].key_id
    return "address", neighbourhood_of(scope)


def _announced(headers: Headers) -> int | None:
    """The length of a body, when it is said beforehand."""
    given = headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 12 else None  # noqa: PLR2004 - digits of any file
