"""The text of a result in other formats; links, so that taking one never runs the page again."""

import streamlit as st

from dashboard.ui import routes


def show(task_ref: int, *, trial: bool, corrected: bool = False) -> None:
    """Draw the choice of formats.

    Args:
        task_ref: our ID.
        trial: whether there may be masked words to write in another way.
        corrected: the corrected text instead of the one the service sent.
    """
    version = {"corrected": "true"} if corrected else {}
    with st.popover("Other formats", icon=":material/file_save:", key="result_formats"):
        _link(
            "Text for Windows",
            task_ref,
            help="Line ends CR LF, with a byte order mark.",
            bom="true",
            crlf="true",
            **version,
        )
        if trial:
            _link("Text with [masked]", task_ref, help="Instead of asterisks.", masks="word", **version)
            _link(
                "Text with ⟦marks⟧",
                task_ref,
                help="Around the asterisks of masked words.",
                masks="marked",
                **version,
            )
        _link(
            "Markdown",
            task_ref,
            help="The text as it stands, with masked words marked.",
            format="md",
            **version,
        )
        _link(
            "JSON",
            task_ref,
            help="Text, places of masked words, and what is known about the task.",
            format="json",
            **version,
        )


def _link(label: str, task_ref: int, *, help: str, **how: str) -> None:  # noqa: A002 - Streamlit's word
    st.link_button(label, routes.api_href(f"tasks/{task_ref}/export", **how), help=help, width="stretch")
