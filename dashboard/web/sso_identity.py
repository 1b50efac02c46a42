"""Single sign-on: what a provider says about somebody, each claim taken from one document.

The ID token says who; where it does not say the address or the groups, the UserInfo endpoint may. An address and
whether it is verified belong together: what one document says about its own address proves nothing about another's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from starlette.requests import Request

from dashboard.models.mail_address import plain_address
from dashboard.models.membership_rules import Identity
from dashboard.settings import Settings
from dashboard.unseen import is_visible

Claims = Mapping[str, object]


async def ask_identity(
    provider: StarletteOAuth2App, request: Request, settings: Settings, *, wants_groups: bool
) -> Identity:
    """Who somebody is who comes back from the provider.

    Args:
        provider: whom to ask.
        request: what they came back with.
        settings: where the provider is, and how it calls groups.
        wants_groups: whether it matters which groups they are in.

    Raises:
        AuthlibBaseError, JoseError: for what is not meant for us, or not for this browser.
        httpx2.HTTPError, RuntimeError, ValueError, TypeError, KeyError: when the provider is not understood.
    """
    issuer = settings.sso_issuer.rstrip("/")
    token: Mapping[str, Any] = await provider.authorize_access_token(  # type: ignore[no-untyped-call]
        request, claims_options={"iss": {"essential": True, "values": [issuer, f"{issuer}/"]}}
    )
    claims: Claims = token.get("userinfo") or {}
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        msg = "the provider sent no ID token"
        raise ValueError(msg)
    documents = [claims]
    needed = {"email", settings.sso_groups_claim} if wants_groups else {"email"}
    metadata = await provider.load_server_metadata()
    if metadata.get("userinfo_endpoint") and not needed <= claims.keys():
        more: Claims = await provider.userinfo(token=token)
        if more.get("sub") == subject:  # anything else is about somebody else (OpenID Connect Core 5.3.2)
            documents.append(more)
    return identity_of(documents, issuer=issuer, groups_claim=settings.sso_groups_claim)


def identity_of(documents: Sequence[Claims], *, issuer: str, groups_claim: str) -> Identity:
    """What checked documents about one account say; of several that say the same thing, the first one counts.

    An address counts only when the document that holds it also says that it is verified.
    """
    of_email, of_groups = _first_with("email", documents), _first_with(groups_claim, documents)
    groups = of_groups.get(groups_claim)
    names = (it.get(key) for key in ("name", "preferred_username", "email") for it in documents)
    return Identity(
        issuer=issuer,
        subject=str(documents[0]["sub"]),
        name=next((name for name in names if isinstance(name, str) and is_visible(name)), ""),
        email=plain_address(of_email.get("email")) if of_email.get("email_verified") is True else None,
        groups=frozenset(
            group for group in (groups if isinstance(groups, list) else [groups]) if isinstance(group, str)
        ),
    )


def _first_with(claim: str, documents: Sequence[Claims]) -> Claims:
    return next((document for document in documents if claim in document), {})
