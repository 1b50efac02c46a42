"""The two kinds of secret as write-only fields: what is pasted is never shown again."""

from typing import TypedDict

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused
from dashboard.models import CredentialKind

KINDS = {
    CredentialKind.CLIENT_CREDENTIALS: "Client ID and secret: renews itself",
    CredentialKind.ACCESS_TOKEN: "Access token: ends after an hour",
}


class Pasted(TypedDict, total=False):
    """What was typed; exactly one kind is given."""

    access_token: str
    client_id: str
    client_secret: str


def choose(key: str, *, default: CredentialKind = CredentialKind.CLIENT_CREDENTIALS) -> CredentialKind:
    """Let the visitor say which kind they have."""
    chosen = st.segmented_control(
        "Kind",
        list(KINDS),
        format_func=lambda kind: KINDS[kind],
        default=default,
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    return chosen or default


def fields(kind: CredentialKind, key: str) -> Pasted:
    """Draw the fields of one kind."""
    if kind is CredentialKind.ACCESS_TOKEN:
        token = st.text_input(
            "Access token",
            type="password",
            key=f"{key}_access_token",
            autocomplete="off",
            help="What POST /connect/token answers as access_token. Paste a new one into the same entry when "
            "it has ended. Stored encrypted, never shown again.",
        )
        return Pasted(access_token=token)
    left, right = st.columns(2)
    client_id = left.text_input(
        "Client ID", key=f"{key}_client_id", autocomplete="off", help="Also called App SID. Not a secret."
    )
    secret = right.text_input(
        "Client secret",
        type="password",
        key=f"{key}_client_secret",
        autocomplete="off",
        help="Also called App Key. Access tokens are made from it when they are needed. Stored encrypted, "
        "never shown again.",
    )
    return Pasted(client_id=client_id, client_secret=secret)


def try_login(app: Dashboard, credential_id: int) -> tuple[bool, str]:
    """Whether a client ID and secret work, and a sentence; that costs nothing."""
    with st.spinner("Trying to log in…"):
        try:
            verdict = app.team.token_test.run(credential_id)
        except InputRefused as error:
            return False, str(error)
    return verdict.works, verdict.sentence


def clear(key: str) -> None:
    """Empty the fields; before they are drawn."""
    for name in ("access_token", "client_id", "client_secret"):
        if f"{key}_{name}" in st.session_state:
            st.session_state[f"{key}_{name}"] = ""
