"""Making a link that shows results to people outside the team."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.services.results.sharing import SHARE_PATH
from dashboard.ui import confirming, messages, public_address, times

_MADE = "share_form_made"


@st.dialog("Share", icon=":material/link:", on_dismiss=lambda: st.session_state.pop(_MADE, None))
def show(app: Dashboard, task_refs: list[int]) -> None:
    """Ask for a name and a time, then show the link once.

    Args:
        app: in the name of an editor.
        task_refs: our IDs of what the link shows.
    """
    made = st.session_state.get(_MADE)
    if made and made[0] == task_refs:
        _made(made[1])
        return
    names = app.team.tasks.chosen(task_refs).names
    st.write(
        f"Whoever opens the link can read {count_of(len(task_refs), 'result')}, without signing in, and nothing "
        f"else: {messages.named(names)}. It works before a result is there, too."
    )
    label = st.text_input(
        "Title on the page", max_chars=100, key="share_form_label", placeholder="Invoices of May"
    )
    life = st.selectbox("Works for", list(times.LIVES), index=1, key="share_form_life")
    if confirming.confirmed("Make a link", key="share_form_yes"):
        with messages.on_failure():
            secret = app.team.sharing.make(task_refs, label=label, life=times.LIVES[life])
            st.session_state[_MADE] = (task_refs, secret)
            st.rerun(scope="fragment")


def _made(secret: str) -> None:
    messages.callout("The link is shown only now. Copy it.", tone="good")
    address = f"{public_address.base()}{SHARE_PATH}/{secret}"
    st.code(address, language=None, wrap_lines=True)
    st.html(
        '<p class="ocr-quiet">For scripts, the text alone: add <span class="ocr-id">.txt</span>, as in '
        f'<span class="ocr-id">curl {html.escape(address)}.txt</span></p>'
    )
    public_address.warn(address)
    st.link_button("Look at it", address, icon=":material/open_in_new:")
