"""Keys for scripts: made, shown once, listed, revoked."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import ApiKey, KeyKind, Role
from dashboard.ui import confirming, display, messages, times

_MADE = "team_keys_made"


def show(app: Dashboard) -> None:
    """Draw the form, the key that was made just now, and all keys."""
    st.write("Scripts send a key with every request: `Authorization: Bearer odk_…`.")
    with st.form("team_key_form", enter_to_submit=False):
        label, role = st.columns([3, 1])
        called = label.text_input("What it is for", max_chars=100, key="team_key_label")
        chosen = role.selectbox(
            "Role",
            [Role.EDITOR, Role.VIEWER],
            format_func=lambda one: one.value.capitalize(),
            key="team_key_role",
        )
        if st.form_submit_button("Make a key", type="primary"):
            with messages.on_failure():
                st.session_state[_MADE] = app.team.members.make_key(label=called, role=chosen)
    if secret := st.session_state.get(_MADE):
        messages.callout("The key is shown only now. Copy it.", tone="good")
        st.code(secret, language=None, wrap_lines=True)
    with messages.on_failure():
        for key in app.team.members.api_keys():
            _row(app, key)


def _row(app: Dashboard, key: ApiKey) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"team_key_{key.id}"):
        used = times.ticking_ago(key.last_used_at, app.clock()) if key.last_used_at else "never"
        st.html(
            f"<b>{html.escape(key.label)}</b> …{html.escape(key.hint)} · {_what(key)} · "
            f"made {display.moment(key.created_at)} by {html.escape(key.created_by)} · "
            f"used {used}{' · revoked' if key.revoked_at else ''}"
        )
        if key.revoked_at is None and st.button(
            "Revoke", icon=":material/key_off:", key=f"team_key_revoke_{key.id}"
        ):
            _revoke(app, key)


def _what(key: ApiKey) -> str:
    """What it is good for; HTML."""
    return "drop-in address" if key.kind == KeyKind.ADDRESS else html.escape(key.role)


@st.dialog("Revoke an API key", icon=":material/key_off:")
def _revoke(app: Dashboard, key: ApiKey) -> None:
    st.write(
        f"Revoke “{messages.plain(key.label)}” (…{messages.plain(key.hint)})? "
        "Scripts that use it are refused from then on."
    )
    if confirming.confirmed("Revoke it", key="team_keys_revoke_yes", destroys=True):
        with messages.on_failure():
            app.team.members.revoke_key(key.id or 0)
            st.session_state.pop(_MADE, None)
            st.rerun()
