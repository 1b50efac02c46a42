"""How scripts come to the drop-in address: where it is, lines to copy, keys to show, and who has come."""

import html
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from dashboard.addresses import DROP_IN
from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import KeyKind, Role
from dashboard.services.drop_in.drop_in import DropInView, KeyUse
from dashboard.ui import live, messages, public_address, routes, times, viewer
from dashboard.ui.script_lines import LINES, MARK, Place

KEY = "drop_in"
_MADE = f"{KEY}_made"
"""What was made in this session and is shown only now: its kind and its secret."""

_BUSY = timedelta(seconds=90)
"""Longer than between two notes of when a key came."""

_YOUR_KEY = "odk_YOUR_KEY"
_LINES = f"{KEY}_lines"
_KINDS = {KeyKind.KEY: "Key", KeyKind.ADDRESS: "Address for tools that cannot send a key"}


def show(app: Dashboard) -> None:
    """Draw it."""
    st.write(
        "Point a script at this address instead of the one of the service. What it sends is on the board at once, its "
        "own asking costs no calls, results stay, and it needs no secret of the service."
    )
    with messages.on_failure():
        if not app.team.drop_in.view().is_on:
            _offer(app)
            return
        _place(app)
        live.clock(app.clock())
        _who(app)


def _offer(app: Dashboard) -> None:
    messages.callout("Scripts cannot send anything here yet.", _whom_to_ask(app), tone="quiet")
    if app.team.actor.role.covers(Role.OWNER) and st.button(
        "Switch it on", type="primary", icon=":material/toggle_on:", key=f"{KEY}_on"
    ):
        app.team.drop_in.switch(on=True)
        st.rerun()


def _whom_to_ask(app: Dashboard) -> str:
    if app.team.actor.role.covers(Role.OWNER):
        who = (
            "whoever has an editor's API key of the team" if _has_keys(app) else "every script that gets here"
        )
        return f"Once it is on, {who} can send images with the tokens of the team."
    names = app.team.members.owners()
    return f"An owner of the team can switch the address on: {' or '.join(names[:3]) or 'ask one'}."


def _has_keys(app: Dashboard) -> bool:
    """Whether scripts show one; not without access control."""
    return app.settings.access == "team"


def _place(app: Dashboard) -> None:
    """The address with what is to be shown there, and the lines."""
    has_keys = _has_keys(app)
    if has_keys and app.team.actor.role.covers(Role.OWNER):
        _make(app)
    kind, secret = st.session_state.get(_MADE, (KeyKind.KEY, _YOUR_KEY if has_keys else ""))
    base = public_address.base()
    is_address = kind is KeyKind.ADDRESS
    place = Place(f"{base}{DROP_IN}/{secret}" if is_address else base, "" if is_address else secret)
    if _MADE in st.session_state:
        what = "address" if is_address else "key"
        messages.callout(
            f"The {what} is shown only now. Copy it, or the lines below, which have it in them.", tone="good"
        )
        if not is_address:
            st.code(secret, language=None, wrap_lines=True)
    st.caption("Base URL, in place of `https://api.aspose.cloud`")
    st.code(place.base, language=None, wrap_lines=True)
    if has_keys and public_address.is_only_here(base):
        st.caption(
            "It works for scripts on this machine only. Open the dashboard by an address that others can reach."
        )
    chosen = st.segmented_control("Lines for", list(LINES), default="curl", key=_LINES) or "curl"
    language, lines = LINES[chosen]
    st.code(lines(place), language=language, wrap_lines=True)
    st.caption(
        f"Where a script differs from one for the service, its line says “{MARK}”. Who logs in with an ID and a secret "
        f"goes on doing so: any ID, and {'the key as the secret' if place.key else 'any secret'}. A header "
        "`X-OCR-Dashboard-Token: Accounting` names another token of the team, `X-OCR-Dashboard-Label` or `?label=` "
        "what the task is called."
    )


def _make(app: Dashboard) -> None:
    with st.form(f"{KEY}_make", enter_to_submit=False):
        label, kind = st.columns([3, 2])
        called = label.text_input(
            "What it is for", max_chars=100, placeholder="Scanner room", key=f"{KEY}_label"
        )
        chosen = kind.selectbox("Kind", list(_KINDS), format_func=lambda it: _KINDS[it], key=f"{KEY}_kind")
        if st.form_submit_button("Make a key for scripts"):
            with messages.on_failure():
                make = app.team.drop_in.make_address if chosen is KeyKind.ADDRESS else _make_key(app)
                st.session_state[_MADE] = (chosen or KeyKind.KEY, make(label=called))


def _make_key(app: Dashboard) -> Callable[..., str]:
    return partial(app.team.members.make_key, role=Role.EDITOR)


@st.fragment
def _who(app: Dashboard) -> None:
    """Who has come; looks again by itself while a first call is awaited, and while calls come."""
    viewer.leave_if_changed()
    with messages.on_failure():
        view = app.team.drop_in.view()
        awaited = _awaited(view)
        if awaited:
            messages.callout(
                awaited, "Copy the lines above and let them run; this turns green by itself.", tone="quiet"
            )
        elif _MADE in st.session_state or not view.keys:
            messages.callout("The first call has come in.", tone="good")
        if view.keys:
            st.html(_table(app, view.keys))
        if awaited or _is_busy(view, app.clock()):
            live.tick()
    if app.team.actor.role.covers(Role.OWNER) and st.button(
        "Switch the address off", icon=":material/toggle_off:", type="tertiary", key=f"{KEY}_off"
    ):
        with messages.on_failure():
            app.team.drop_in.switch(on=False)
            st.rerun()


def _awaited(view: DropInView) -> str:
    """What is waited for; empty once it has come."""
    if not view.has_come:
        return "Waiting for the first call …"
    _, secret = st.session_state.get(_MADE, ("", ""))
    new = next((one for one in view.keys if secret and one.hint == secret[-4:]), None)
    return f"Waiting for the first call of “{new.label}” …" if new is not None and new.came_at is None else ""


def _is_busy(view: DropInView, now: datetime) -> bool:
    """Whether somebody has come not long ago: what they have sent shows a moment after they came."""
    return any(one.came_at is not None and now - one.came_at < _BUSY for one in view.keys)


def _table(app: Dashboard, keys: Sequence[KeyUse]) -> str:
    rows = "".join(_row(app, one) for one in keys)
    head = "<tr><th>Key</th><th>Came last</th><th>Sent in 7 days</th></tr>"
    return f'<table class="ocr-timeline"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _row(app: Dashboard, one: KeyUse) -> str:
    kind = "address" if one.is_address else one.role.value
    more = f"…{one.hint} · {kind}{' · revoked' if one.is_revoked else ''}" if one.key_id else ""
    came = times.ticking_ago(one.came_at, app.clock()) if one.came_at else "never"
    sent = html.escape(count_of(one.count, "image")) if one.count else "none"
    if one.batch_id is not None:
        href = html.escape(routes.batch_href(one.batch_id), quote=True)
        sent = f'<a href="{href}" target="_self">{sent}</a>'
    name = f'<b>{html.escape(one.label)}</b> <span class="ocr-quiet">{html.escape(more)}</span>'
    return f"<tr><td>{name}</td><td>{came}</td><td>{sent}</td></tr>"
