"""Settings that a team keeps under a name: choosing one, keeping the present ones, forgetting one."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.ui import messages, submit_settings

_CHOSEN = "submit_preset"
_NAME = "submit_preset_name"
_DONE = "submit_preset_done"


def choose(app: Dashboard) -> None:
    """Offer the named settings of the team; nothing while there are none."""
    known = app.team.presets.all()
    if st.session_state.get(_CHOSEN) not in (None, *known):
        st.session_state[_CHOSEN] = None
    if known:
        st.selectbox(
            "Settings of the team",
            list(known),
            index=None,
            placeholder="Choose to fill in everything below",
            key=_CHOSEN,
            on_change=_take,
            args=(known,),
        )


def _take(known: dict[str, SubmissionSettings]) -> None:
    chosen = st.session_state.get(_CHOSEN)
    if chosen in known:
        submit_settings.show(known[chosen])


def keep(app: Dashboard, settings: SubmissionSettings) -> None:
    """Offer to keep the present settings, and to forget the chosen ones."""
    if said := st.session_state.pop(_DONE, ""):
        st.toast(messages.plain(said), icon=":material/done:")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Keep these settings for the team as", key=_NAME, max_chars=100, placeholder="Invoices"
        )
        with messages.on_failure():
            if st.button("Keep", key="submit_preset_keep", disabled=not name.strip()):
                app.team.presets.save(name, settings)
                st.session_state[_DONE] = f"Kept as “{name.strip()}”."
                st.rerun()
            chosen = st.session_state.get(_CHOSEN)
            if chosen and st.button(f"Forget “{messages.plain(chosen)}”", key="submit_preset_forget"):
                app.team.presets.remove(chosen)
                st.session_state[_DONE] = f"“{chosen}” is forgotten."
                st.rerun()
