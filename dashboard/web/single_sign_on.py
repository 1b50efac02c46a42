"""Single sign-on: ``/sso/login`` sends a browser to the provider, ``/sso/callback`` takes it back.

OpenID Connect with state, nonce and PKCE, spoken by Authlib. Streamlit's own login lies behind the gate, where
nobody gets before they are signed in, and forgets which page they wanted.
"""

import html
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.errors import NotPermitted
from dashboard.logs import get_logger
from dashboard.models.membership_rules import Identity
from dashboard.services.access import COOKIE
from dashboard.services.single_sign_on import SingleSignOn
from dashboard.settings import Settings
from dashboard.unseen import is_visible
from dashboard.web.joining import HEADERS, page
from dashboard.web.sign_in_cookie import set_sign_in
from dashboard.web.sso_paths import CALLBACK_PATH, LOGIN_PATH, NEXT, local_path

log = get_logger(__name__)

STATE_COOKIE = "ocr_dashboard_sso"
_ROUND_TRIP_SECONDS = 600
_MOST_BEGUN = 3  # sign-ins one browser may have begun; more would not fit into a cookie
_TIMEOUT_SECONDS = 10.0


def routes(sign_on: Callable[[], SingleSignOn], settings: Settings) -> list[BaseRoute]:
    """The way to the provider and back."""
    provider = _provider(settings)

    async def login(request: Request) -> Response:
        wanted = local_path(request.query_params.get(NEXT))
        if len(request.session) >= _MOST_BEGUN:
            request.session.clear()
        back = str(request.url_for("sso_callback"))
        try:
            begun = await provider.create_authorization_url(back)
            url = begun.pop("url")  # not kept: cookies are small
            await provider.save_authorize_data(request, redirect_uri=back, wanted=wanted, **begun)
        except (httpx2.HTTPError, AuthlibBaseError, RuntimeError, ValueError) as error:
            log.warning("single_sign_on.provider_trouble", reason=type(error).__name__)
            return _unreachable(settings)
        return RedirectResponse(url, status_code=302, headers=HEADERS)

    async def callback(request: Request) -> Response:
        wanted = await _wanted(provider, request)
        try:
            identity = await _identity(provider, request, settings)
        except (AuthlibBaseError, JoseError) as error:
            log.warning("single_sign_on.refused", reason=type(error).__name__)
            return _again(wanted)
        except (httpx2.HTTPError, RuntimeError, ValueError, KeyError) as error:
            log.warning("single_sign_on.provider_trouble", reason=type(error).__name__)
            return _unreachable(settings)
        try:
            cookie = await run_in_threadpool(
                sign_on().enter,
                identity,
                cookie=request.cookies.get(COOKIE),
                browser=request.headers.get("user-agent", ""),
            )
        except NotPermitted as error:
            return page("Not a member yet", f"<p>{html.escape(str(error))}</p>", status=403)
        answer = RedirectResponse(
            f"{request.scope.get('root_path', '')}{wanted}", status_code=303, headers=HEADERS
        )
        set_sign_in(answer, request.scope, cookie, life=sign_on().life)
        return answer

    remembering = [Middleware(_RoundTrip, key=lambda: sign_on().state_key)]
    return [
        Route(LOGIN_PATH, login, methods=["GET"], middleware=remembering),
        Route(CALLBACK_PATH, callback, methods=["GET"], middleware=remembering, name="sso_callback"),
    ]


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


async def _wanted(provider: StarletteOAuth2App, request: Request) -> str:
    """The page somebody wanted before they were sent to the provider."""
    begun = await provider.framework.get_state_data(request.session, request.query_params.get("state"))
    return local_path(begun.get("wanted") if isinstance(begun, dict) else None)


async def _identity(provider: StarletteOAuth2App, request: Request, settings: Settings) -> Identity:
    issuer = settings.sso_issuer.rstrip("/")
    token: Mapping[str, Any] = await provider.authorize_access_token(  # type: ignore[no-untyped-call]
        request, claims_options={"iss": {"essential": True, "values": [issuer, f"{issuer}/"]}}
    )
    claims: Mapping[str, object] = token.get("userinfo") or {}
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        msg = "the provider sent no ID token"
        raise ValueError(msg)
    metadata = await provider.load_server_metadata()
    if "email" not in claims and metadata.get("userinfo_endpoint"):
        more = await provider.userinfo(token=token)
        if more.get("sub") == subject:  # anything else is about somebody else
            claims = {**more, **claims}
    return identity_of(claims, issuer=issuer, groups_claim=settings.sso_groups_claim)


def identity_of(claims: Mapping[str, object], *, issuer: str, groups_claim: str) -> Identity:
    """What the claims of a checked ID token say. An address counts only when the provider has verified it."""
    email = claims.get("email")
    groups = claims.get(groups_claim)
    names = (claims.get(key) for key in ("name", "preferred_username", "email"))
    return Identity(
        issuer=issuer,
        subject=str(claims["sub"]),
        name=next((name for name in names if isinstance(name, str) and is_visible(name)), ""),
        email=email.casefold() if isinstance(email, str) and claims.get("email_verified") is True else None,
        groups=frozenset(
            group for group in (groups if isinstance(groups, list) else [groups]) if isinstance(group, str)
        ),
    )


def _again(wanted: str) -> HTMLResponse:
    link = html.escape(f"login?{urlencode({NEXT: wanted})}", quote=True)
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
