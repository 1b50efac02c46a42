"""Who is looking at this page, and at which team: asked at every rerun, so that whoever is sent away is out at once."""

import streamlit as st

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.team.access import COOKIE
from dashboard.services.team.visitors import Place, Visitor
from dashboard.ui import messages, routes
from dashboard.ui.routes import TEAM

_SEEN_AS = "viewer_seen_as"
_MOST_NAMES = 3


def current() -> Dashboard:
    """The dashboard for whoever is looking; ends the page for somebody who does not belong here any more."""
    app = bootstrap.current()
    if app.settings.access == "open":
        return app
    visitor, place = _here()
    st.session_state[_SEEN_AS] = (place.team_id, place.role.value)
    routes.remember_team(place.slug, in_address=len(visitor.places) > 1)
    return app.seen_by(place.team_id, visitor.actor(place))


def may(app: Dashboard, needed: Role) -> bool:
    """Whether the visitor's role is enough for a page; says so when it is not."""
    if app.team.actor.role.covers(needed):
        return True
    messages.callout(
        f"You are a {app.team.actor.role.value} of this team: you can see, search and download.",
        f"Ask {_whom(app)} to make you an {needed.value}; they can do so on Team.",
        tone="quiet",
    )
    return False


def _whom(app: Dashboard) -> str:
    owners = app.team.members.owners()
    return " or ".join(owners[:_MOST_NAMES]) or "whoever runs this dashboard"


def leave_if_changed() -> None:
    """End a live fragment for somebody who does not belong here any more; draw the page anew for another role.

    A live fragment keeps the dashboard it was first drawn with; without this it would go on for ever.
    """
    if bootstrap.current().settings.access == "open":
        return
    _, place = _here()
    now = (place.team_id, place.role.value)
    if st.session_state.setdefault(_SEEN_AS, now) != now:
        st.session_state[_SEEN_AS] = now
        st.rerun()


def has_changed() -> bool:
    """Whether :func:`leave_if_changed` has something to do."""
    if bootstrap.current().settings.access == "open":
        return False
    visitor = signed_in()
    place = _place(visitor) if visitor else None
    return place is None or st.session_state.get(_SEEN_AS) != (place.team_id, place.role.value)


def signed_in() -> Visitor | None:
    """The signed-in browser; None without access control, and when its sign-in has ended."""
    app = bootstrap.current()
    return None if app.settings.access == "open" else app.access.visitor(st.context.cookies.get(COOKIE))


def _here() -> tuple[Visitor, Place]:
    """Who is looking, and at which team; ends the run for somebody who does not belong here."""
    visitor = signed_in()
    place = _place(visitor) if visitor else None
    if visitor is None or place is None:
        _out(visitor)
        st.stop()
    return visitor, place


def _place(visitor: Visitor) -> Place | None:
    """The team the address names; without a name the one of the page before, because the menu names none."""
    named = st.query_params.get(TEAM)
    if named:
        return visitor.place(named)
    return visitor.place(routes.remembered_team()) or visitor.place(None)


def _out(visitor: Visitor | None) -> None:
    if visitor is not None and visitor.places:
        messages.callout("You do not belong to this team.", "Open one of yours, or ask for a link.")
    else:
        by_provider = bootstrap.current().settings.sso_issuer
        way_in = (
            "Load this page again to sign in"
            if by_provider
            else "Open the link that somebody of the team has sent you"
        )
        messages.callout("You are signed out.", f"{way_in}.")
