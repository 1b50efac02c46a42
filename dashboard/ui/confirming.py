"""How dialogs end: the button that does it, red where something is destroyed, and the way out."""

import streamlit as st


def confirmed(do: str, *, key: str, leave: str = "Cancel", destroys: bool = False) -> bool:
    """Draw both buttons. Leaving closes the dialog and changes nothing.

    Args:
        do: what is done, in a word or two; constant text or :func:`messages.plain`.
        key: of the button that does it; ends with ``_yes``.
        leave: what the other one is called, where *Cancel* could be taken for the deed.
        destroys: whether something is gone or somebody is out afterwards.

    Returns:
        Whether it was confirmed.
    """
    stem = key.removesuffix("_yes")
    with st.container(horizontal=True, key=f"{'danger' if destroys else 'calm'}_{stem}"):
        done = st.button(do, type="primary", key=key)
        if st.button(leave, key=f"{stem}_no"):
            st.rerun()
    return done
