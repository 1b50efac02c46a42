"""Single sign-on: ``/sso/login`` sends a browser to the provider, ``/sso/callback`` takes it back.

OpenID Connect with state, nonce and PKCE, spoken by Authlib. Streamlit's own login lies behind the gate, where
nobody gets before they are signed in, and forgets which page they wanted.
"""

import html
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from joserfc.errors import JoseError
from limits import RateLimitItemPerMinute
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.errors import InputRefused, NotPermitted
from dashboard.logs import get_logger
from dashboard.models.membership_rules import Identity
from dashboard.services.team.access import COOKIE
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team.visitors import Visitor
from dashboard.settings import Settings
from dashboard.web.joining import HEADERS, OTHER, SAME, WHO, page, too_many, who_is_here
from dashboard.web.rate_limits import PerAddress
from dashboard.web.sign_in_cookie import drop_sign_in, set_sign_in
from dashboard.web.sso_identity import ask_identity
from dashboard.web.sso_paths import CALLBACK_PATH, LOGIN_PATH, NEXT, local_path

log = get_logger(__name__)

STATE_COOKIE = "ocr_dashboard_sso"
_ROUND_TRIP_SECONDS = 600
_MOST_FORM_BYTES = 4_096
_MOST_BEGUN = 3  # sign-ins one browser may have begun; more would not fit into a cookie
_TIMEOUT_SECONDS = 10.0
_ABOUT, _IS_SAME = "about", "is_same"
"""What is noted of the answer: about which sign-in, and whether it is the same person."""

BEGUN = RateLimitItemPerMinute(60)
"""Sign-ins a minute that may be begun from one address and come to nothing."""

FAILED = RateLimitItemPerMinute(20)
"""Ways back a minute from one address that may fail; one that succeeds is never refused."""

_WAIT = "Too many sign-ins from this address came to nothing. Wait a minute, and try again."


def routes(sign_on: Callable[[], SingleSignOn], settings: Settings) -> list[BaseRoute]:
    """The way to the provider and back."""
    way = _Way(sign_on, settings)
    remembering = [Middleware(_RoundTrip, key=lambda: sign_on().state_key)]
    return [
        Route(LOGIN_PATH, way.login, methods=["GET"], middleware=remembering),
        Route(LOGIN_PATH, way.answered, methods=["POST"], middleware=remembering),
        Route(CALLBACK_PATH, way.back, methods=["GET"], middleware=remembering, name="sso_callback"),
    ]


class _Way:
    """The three steps of a sign-in that are ours."""

    def __init__(self, sign_on: Callable[[], SingleSignOn], settings: Settings) -> None:
        self._sign_on = sign_on
        self._settings = settings
        self._provider = _provider(settings)
        self._begun_by, self._failed_by = PerAddress(BEGUN), PerAddress(FAILED)

    async def login(self, request: Request) -> Response:
        """Send somebody to the provider; who came by a link is asked first."""
        if not self._begun_by.hit(request.scope):
            return too_many("Too many sign-ins were begun", _WAIT)
        here = await self._by_link(request)
        if here is not None:
            return _ask(self._settings, here)
        url = await self._begin(request, {})
        return (
            RedirectResponse(url, status_code=302, headers=HEADERS) if url else _unreachable(self._settings)
        )

    async def answered(self, request: Request) -> Response:
        """Send somebody on who has said whose the teams in this browser are."""
        if not self._begun_by.hit(request.scope):
            return too_many("Too many sign-ins were begun", _WAIT)
        here = await self._by_link(request)
        async with request.form(max_files=0, max_fields=2, max_part_size=_MOST_FORM_BYTES) as form:
            who = form.get(WHO, "")
        if here is not None and who not in (SAME, OTHER):
            return _ask(self._settings, here)
        said = {_ABOUT: here.sign_in_id, _IS_SAME: who == SAME} if here else {}
        url = await self._begin(request, said)
        return _onwards(self._settings, url) if url else _unreachable(self._settings)

    async def back(self, request: Request) -> Response:
        """Take somebody back, and let them in where the rules say so."""
        begun = await self._noted(request)
        wanted, here = local_path(begun.get("wanted")), await self._by_link(request)
        if begun and here is not None and begun.get(_ABOUT) != here.sign_in_id:
            # Nobody was asked about that one: it joined in another tab meanwhile, or was planted.
            return RedirectResponse(_login_href(wanted), status_code=303, headers=HEADERS)
        groups = self._sign_on().wants_groups
        try:
            identity = await ask_identity(self._provider, request, self._settings, wants_groups=groups)
        except (AuthlibBaseError, JoseError) as error:
            log.warning("single_sign_on.refused", reason=type(error).__name__)
            may_fail = self._failed_by.hit(request.scope)
            return _again(wanted) if may_fail else too_many("That sign-in did not work", _WAIT)
        except (httpx2.HTTPError, RuntimeError, ValueError, TypeError, KeyError) as error:
            log.warning("single_sign_on.provider_trouble", reason=type(error).__name__)
            return _unreachable(self._settings)
        self._begun_by.forget(request.scope)
        return await self._let_in(request, identity, wanted, same_person=begun.get(_IS_SAME) is True)

    async def _let_in(
        self, request: Request, identity: Identity, wanted: str, *, same_person: bool
    ) -> Response:
        enter = partial(
            self._sign_on().enter,
            identity,
            cookie=request.cookies.get(COOKIE),
            browser=request.headers.get("user-agent", ""),
            same_person=same_person,
        )
        try:
            cookie = await run_in_threadpool(enter)
        except NotPermitted as error:
            refusal = page("Not a member yet", f"<p>{html.escape(str(error))}</p>", status=403)
            if not await self._by_link(request):
                drop_sign_in(refusal, request.scope)
            return refusal
        except InputRefused as error:
            button = '<p><a class="button" href="../team">Back to the team</a></p>'
            body = f"<p>{html.escape(str(error))}</p>{button}"
            return page("You are still signed in as before", body, status=409)
        answer = RedirectResponse(
            f"{request.scope.get('root_path', '')}{wanted}", status_code=303, headers=HEADERS
        )
        set_sign_in(answer, request.scope, cookie, life=self._sign_on().life)
        return answer

    async def _begin(self, request: Request, said: Mapping[str, object]) -> str | None:
        """Where the browser has to go; None when the provider does not answer."""
        wanted = local_path(request.query_params.get(NEXT))
        if len(request.session) >= _MOST_BEGUN:
            request.session.clear()
        back = str(request.url_for("sso_callback"))
        try:
            begun = await self._provider.create_authorization_url(back)
            url = str(begun.pop("url"))  # not kept: cookies are small
            await self._provider.save_authorize_data(
                request, redirect_uri=back, wanted=wanted, **said, **begun
            )
        except (httpx2.HTTPError, AuthlibBaseError, RuntimeError, ValueError) as error:
            log.warning("single_sign_on.provider_trouble", reason=type(error).__name__)
            return None
        return url

    async def _by_link(self, request: Request) -> Visitor | None:
        return await run_in_threadpool(self._sign_on().came_by_link, request.cookies.get(COOKIE))

    async def _noted(self, request: Request) -> Mapping[str, object]:
        """What was noted when this sign-in was begun: the page they wanted, and what they said about who is here."""
        state = request.query_params.get("state")
        begun = await self._provider.framework.get_state_data(request.session, state)
        return begun if isinstance(begun, dict) else {}


class _RoundTrip:
    """Starlette's signed session for these two routes; its key is known only when the first request comes."""

    def __init__(self, app: ASGIApp, *, key: Callable[[], bytes]) -> None:
        self._app = app
        self._key = key
        self._inner: dict[bool, SessionMiddleware] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secure = scope.get("scheme") == "https"
        if secure not in self._inner:
            self._inner[secure] = SessionMiddleware(
                self._app,
                secret_key=self._key().hex(),
                session_cookie=STATE_COOKIE,
                max_age=_ROUND_TRIP_SECONDS,
                same_site="lax",  # the way back is a navigation from another site
                https_only=secure,
            )
        await self._inner[secure](scope, receive, send)


def _provider(settings: Settings) -> StarletteOAuth2App:
    secret = settings.sso_client_secret
    provider = OAuth().register(
        "sso",
        server_metadata_url=f"{settings.sso_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.sso_client_id,
        client_secret=secret.get_secret_value() if secret else "",
        client_kwargs={
            "scope": settings.sso_scopes,
            "code_challenge_method": "S256",
            "timeout": _TIMEOUT_SECONDS,
        },
    )
    assert isinstance(provider, StarletteOAuth2App)  # noqa: S101 - for mypy: registered without OAuth 1
    return provider


def _login_href(wanted: str) -> str:
    """The way to begin again, from a path beside it."""
    return f"login?{urlencode({NEXT: wanted})}"


def _ask(settings: Settings, here: Visitor) -> HTMLResponse:
    """Whose the teams are that this browser is in: a cookie alone could be planted."""
    name = html.escape(settings.sso_name)
    return page(
        f"Sign in with {settings.sso_name}",
        f'<form method="post">{who_is_here(here, then="take these teams along into my account")}'
        f"<button>Continue to {name}</button></form>"
        '<p class="quiet">Teams you take along are there wherever you sign in with your account.</p>',
    )


def _onwards(settings: Settings, url: str) -> HTMLResponse:
    """The way from our form to the provider: browsers do not follow a form's redirect to another site."""
    button = f'<a class="button" href="{html.escape(url, quote=True)}">Continue</a>'
    return page(f"On to {settings.sso_name}", f"<p>{button}</p>", leads_to=url)


def _again(wanted: str) -> HTMLResponse:
    link = html.escape(_login_href(wanted), quote=True)
    return page(
        "That sign-in did not work",
        "<p>It was cancelled, took longer than ten minutes, or was begun in another browser.</p>"
        f'<p><a class="button" href="{link}">Try again</a></p>',
        status=400,
    )


def _unreachable(settings: Settings) -> HTMLResponse:
    return page(
        "The sign-in service does not answer",
        f"<p>{html.escape(settings.sso_name)} cannot be used right now. Try again in a minute; whoever is "
        "signed in already stays so.</p>",
        status=503,
    )
