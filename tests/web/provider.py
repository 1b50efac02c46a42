"""A provider of single sign-on: real OpenID Connect over real HTTP, on this machine."""

import base64
import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "ocr-dashboard"
CLIENT_SECRET = "planted-client-secret"


@dataclass(kw_only=True)
class Provider:
    """Signs in whoever ``claims`` describes, without asking; each field spoils something."""

    claims: dict[str, Any] = field(default_factory=dict)
    """What the ID token says."""
    by_userinfo: dict[str, Any] = field(default_factory=dict)
    """What is only said when asked with the access token."""
    denies: bool = False
    changes: dict[str, Any] = field(default_factory=dict)
    """Claims that are put over the right ones: another nonce, issuer, audience."""
    foreign_key: bool = False
    """Sign with a key that is not the provider's."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """Paths that were asked, in order."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    url: str = ""

    def app(self) -> Starlette:
        """Its four endpoints and the description of them."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
                Route("/jwks", self._jwks),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        self.seen.append(request.url.path)
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        places["userinfo_endpoint"] = "userinfo"
        return JSONResponse(
            {name: f"{self.url}/{path}" for name, path in places.items()}
            | {
                "issuer": self.url,
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.seen.append(request.url.path)
        assert asked["code_challenge_method"] == "S256"
        answer = {"state": asked["state"]}
        if self.denies:
            answer["error"] = "access_denied"
        else:
            answer["code"] = f"code-{len(self.codes)}"
            self.codes[answer["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: Request) -> Response:
        self.seen.append(request.url.path)
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        asked = self.codes.pop(given.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked is None or request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signer = self.other_key if self.foreign_key else self.key
        id_token = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.claims | self.changes, signer)
        return JSONResponse(
            {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}
        )

    async def _userinfo(self, request: Request) -> Response:
        self.seen.append(request.url.path)
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.by_userinfo)

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


def serve(provider: Provider) -> uvicorn.Server:
    """Listen on a free port of this machine; set ``should_exit`` to stop."""
    server = uvicorn.Server(uvicorn.Config(provider.app(), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    provider.url = f"http://127.0.0.1:{port}"
    return server
