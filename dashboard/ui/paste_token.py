"""Which token new tasks take, how it stands, and another one where it does not work."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models.default_token import taken_by_default
from dashboard.services.credentials.credential_views import CredentialView, Health
from dashboard.ui import display, messages, routes
from dashboard.ui.token_words import LOOKS, names_of, standing

KEY = "paste_form_token"


def views_of(app: Dashboard, api_url: str) -> list[CredentialView]:
    """The tokens of one service."""
    return [view for view in app.team.credentials.all() if view.api_url == api_url]


def choose(views: Sequence[CredentialView], *, key: str = KEY) -> int | None:
    """Let the visitor say which token is taken; None for the default one. ``key`` is that of the box."""
    default = taken_by_default(views)
    if default is None:
        st.page_link(
            routes.TOKENS,
            label="Register a token",
            icon=":material/key:",
            help="There is no token for this service yet; these tasks will wait until one is registered.",
        )
        return None
    none = f"Default: {default.label}"
    names: dict[int | None, str] = dict([(None, none), *names_of(views, beside=[none]).items()])
    if st.session_state.get(key) not in names:
        st.session_state[key] = None  # it was forgotten, or belongs to another service
    chosen: int | None = st.selectbox(
        "Token", list(names), format_func=names.__getitem__, key=key, persist_state="session"
    )
    return chosen


def say_health(
    app: Dashboard, views: Sequence[CredentialView], chosen: int | None, *, trial: bool, key: str = KEY
) -> None:
    """How the token stands that new tasks take; where it does not work, which one does. ``key`` is that of the box."""
    if trial:
        st.html('<div class="ocr-quiet">Trial tasks need no token.</div>')
        return
    view = next((one for one in views if one.id == chosen), None) or taken_by_default(views)
    if view is None:
        st.html('<div class="ocr-quiet">Without a token, regular tasks wait until one is registered.</div>')
        return
    tone, icon, word = LOOKS[view.health]
    st.html(
        f'<div class="ocr-quiet">Token: <b>{html.escape(view.label)}</b> '
        f'<span class="ocr-id">…{html.escape(view.hint)}</span> '
        f'<span class="ocr-state" data-tone="{tone}">{icon} {word}</span></div>'
    )
    in_the_way = standing(view, app.clock(), display.zone())
    if view.health.works:
        if in_the_way:
            messages.callout(in_the_way, tone="quiet")
        return
    name = f"“{view.label}”" if chosen else f"The default token, “{view.label}”,"
    other = _best_other(views, view)
    messages.callout(
        f"{name} does not work now. {in_the_way}",
        f"“{other.label}” works."
        if other
        else "Tasks that take it wait until it does, or until another is registered.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if other is not None:
            st.button(
                f"Use “{messages.plain(other.label)}” for these",
                key=f"{key}_other",
                on_click=_take,
                args=(key, other.id),
            )
        st.page_link(routes.TOKENS, label="Look at the tokens", icon=":material/key:", width="content")


def _take(key: str, credential_id: int) -> None:
    st.session_state[key] = credential_id


def _best_other(views: Sequence[CredentialView], view: CredentialView) -> CredentialView | None:
    """Another token that works: rather one that has been used, and the newest of those."""
    working = [one for one in views if one.id != view.id and one.health.works]
    return max(working, key=lambda one: (one.health is not Health.READY, one.id), default=None)
