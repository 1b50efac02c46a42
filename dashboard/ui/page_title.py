"""What a browser's tab is called: what its page shows, then the program."""

import streamlit as st

PROGRAM = "OCR Dashboard"

_LONGEST = 80


def say(*shown: str) -> None:
    """Call this tab after what its page shows; what matters most comes first, for tabs are narrow.

    Args:
        shown: words, each set apart; empty ones are left out.
    """
    words = (word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…" for word in shown if word)
    st.set_page_config(page_title=" · ".join([*words, PROGRAM]))
