"""Team URLs: ``/join/<secret>`` asks for a name and signs the browser in; ``/sign-out`` ends it.

Looking at a link changes nothing, because chat programs open links to show a preview; the form joins.
"""

import html
from collections.abc import Callable
from importlib.resources import files

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.errors import InputRefused, NotFound
from dashboard.services.labels import clean_label
from dashboard.services.team.access import COOKIE, JOIN_PATH, MAX_NAME, SIGN_IN_LIFE, SIGN_OUT_PATH, Access
from dashboard.services.team.visitors import NAMELESS, Invitation, Visitor
from dashboard.web.sign_in_cookie import drop_sign_in, set_sign_in

# The referrer is our bare origin: "no-referrer" would make browsers send the form with "Origin: null".
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "strict-origin"}
_MOST_FORM_BYTES = 4_096
_UNNAMED = ("team", "the team")
"""What a team is called that nobody has given a name."""

WHO, SAME, OTHER = "who", "same", "other"
"""Field of a form, and what somebody who is signed in already says in it."""


def routes(access: Callable[[], Access]) -> list[BaseRoute]:
    """The routes that lead in and out."""

    async def look(request: Request, *, reason: str = "", name: str = "", who: str = "") -> Response:
        """The form; with what was typed and chosen, and what to do about it, where that was refused."""
        try:
            invitation = await run_in_threadpool(access().invitation, request.path_params["secret"])
        except NotFound as error:
            return no_such_link(error)
        known = await run_in_threadpool(access().visitor, request.cookies.get(COOKIE))
        form = _form(invitation, known, name=name, who=who)
        if not reason:
            return page(_heading(invitation), form)
        return page("You have not joined yet", f'<p role="alert">{html.escape(reason)}</p>{form}', status=409)

    async def join(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=4, max_part_size=_MOST_FORM_BYTES) as form:
            name, who = (value if isinstance(value := form.get(it, ""), str) else "" for it in ("name", WHO))
        try:
            cookie, slug = await run_in_threadpool(
                access().join,
                request.path_params["secret"],
                cookie=request.cookies.get(COOKIE),
                name=name,
                browser=request.headers.get("user-agent", ""),
                same_person=who == SAME,
            )
        except NotFound as error:
            return no_such_link(error)
        except InputRefused as error:
            return await look(request, reason=str(error), name=name, who=who)
        response = RedirectResponse(f"../?team={slug}", status_code=303, headers=HEADERS)
        set_sign_in(response, request.scope, cookie, life=SIGN_IN_LIFE)
        return response

    async def sign_out(request: Request) -> Response:
        try:
            await run_in_threadpool(access().sign_out, request.cookies.get(COOKIE))
        except InputRefused as error:
            return still_here(str(error))
        response = RedirectResponse("./", status_code=303, headers=HEADERS)
        drop_sign_in(response, request.scope)
        return response

    return [
        Route(f"{JOIN_PATH}/{{secret}}", look, methods=["GET"]),
        Route(f"{JOIN_PATH}/{{secret}}", join, methods=["POST"]),
        Route(SIGN_OUT_PATH, sign_out, methods=["POST"]),
    ]


def _form(invitation: Invitation, known: Visitor | None, *, name: str = "", who: str = "") -> str:
    """The form that joins, with what was typed before. Who is here already says whether it is them.

    A cookie alone could be planted.
    """
    article = "an" if invitation.role.value[0] in "aeio" else "a"
    # Somebody else must not become who was here before by leaving the field alone.
    here = known is not None and bool(known.places)
    question = who_is_here(known, said=who, then="join as the same person") if known and here else ""
    hint = (
        f'placeholder="{html.escape(known.name, quote=True)}"'
        if known and here and known.name
        else "required"
    )
    typed = html.escape(clean_label(name, most=MAX_NAME), quote=True)
    return (
        f"<p>You are invited to {_team(invitation.team)} as {article} {invitation.role.value}.</p>"
        f'<form method="post">{question}'
        '<label for="name">What should the team call you?</label>'
        f'<input id="name" name="name" value="{typed}" maxlength="{MAX_NAME}" {hint} autofocus '
        'autocomplete="name">'
        "<button>Join</button></form>"
        '<p class="quiet">This browser stays signed in for 30 days after your last visit.</p>'
    )


def _heading(invitation: Invitation) -> str:
    return "Join the team" if invitation.team.casefold() in _UNNAMED else f"Join {invitation.team}"


def _team(name: str) -> str:
    """A team in a sentence, as HTML: never “the team Team”."""
    if name.casefold() in _UNNAMED:
        return "the team"
    says_so = "team" in name.casefold().split()
    return f"{'' if says_so else 'the team '}<b>{html.escape(name)}</b>"


def who_is_here(known: Visitor, *, then: str, said: str = "") -> str:
    """The question whether who is signed in here is the one who asks.

    Args:
        known: who is signed in.
        then: what follows if so.
        said: what was answered before, when the form is shown again.
    """
    name = html.escape(known.name or NAMELESS)
    same, other = (" checked" if said == it else "" for it in (SAME, OTHER))
    bold = ", ".join(f"<b>{html.escape(place.team)}</b>" for place in known.places)
    teams = _team(known.places[0].team) if len(known.places) == 1 else f"the teams {bold}"
    return (
        f"<fieldset><legend>This browser is signed in as <b>{name}</b>, in {teams}.</legend>"
        f'<label><input type="radio" name="{WHO}" value="{SAME}" required{same}> '
        f"That is me: {then}</label>"
        f'<label><input type="radio" name="{WHO}" value="{OTHER}" required{other}> '
        f"I am somebody else: sign {name} out here</label></fieldset>"
    )


def knock_page(*, sign_in: str = "", sign_in_href: str = "") -> str:
    """What a stranger sees: nothing but how to get in.

    Args:
        sign_in: what single sign-on is called; empty where there is none.
        sign_in_href: where it begins.
    """
    button = (
        f'<p><a class="button" href="{html.escape(sign_in_href, quote=True)}">'
        f"Sign in with {html.escape(sign_in)}</a></p>"
        if sign_in
        else ""
    )
    return _html(
        "Team members only",
        f"{button}<p>{'Or open' if button else 'Open'} the link that somebody of the team has sent you; "
        "this browser then stays signed in.</p>"
        '<p class="quiet">You run this dashboard? The link for the first owner is printed where it was started.</p>',
    )


def no_such_link(error: NotFound) -> HTMLResponse:
    """What somebody sees whose link leads nowhere, or no more."""
    return page("This link does not work", f"<p>{html.escape(str(error))}</p>", status=404)


def still_here(reason: str) -> HTMLResponse:
    """What somebody is told who cannot sign out yet."""
    return page(
        "You are still signed in",
        f'<p>{html.escape(reason)}</p><p><a class="button" href="./team">Back to the team</a></p>',
        status=409,
    )


def page(title: str, body: str, *, status: int = 200, leads_to: str = "") -> HTMLResponse:
    """A small page of our own; the body is HTML, the title is not. It may lead somewhere else by itself."""
    return HTMLResponse(_html(title, body, leads_to=leads_to), status_code=status, headers=HEADERS)


def too_many(title: str, sentence: str) -> HTMLResponse:
    """What somebody sees from whose address too much came."""
    answer = page(title, f"<p>{html.escape(sentence)}</p>", status=429)
    answer.headers["Retry-After"] = "60"
    return answer


def _html(title: str, body: str, *, leads_to: str = "") -> str:
    refresh = (
        f'<meta http-equiv="refresh" content="0;url={html.escape(leads_to, quote=True)}">' if leads_to else ""
    )
    style = (files("dashboard.web") / "assets" / "joining.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{refresh}<style>{style}</style></head><body><main><h1>{html.escape(title)}</h1>{body}</main></body></html>"
    )
