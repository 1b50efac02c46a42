"""Turning trouble into one sentence a person can act on."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.errors import DashboardError, StoreError
from dashboard.logs import get_logger

log = get_logger(__name__)


@contextmanager
def on_failure() -> Iterator[None]:
    """Show an error of ours as a sentence instead of a traceback; the rest of the page stays."""
    try:
        yield
    except StoreError as error:
        log.warning("page.store_trouble", reason=str(error))
        callout(
            str(error),
            "Nothing is lost: stored results are safe, and open tasks are asked about again once this works.",
            tone="bad",
        )
        st.button("Try again", key="messages_try_again")
    except DashboardError as error:
        callout(str(error), tone="bad")


def callout(*sentences: str, tone: str = "warn") -> None:
    """Say something that may contain a stranger's words.

    ``st.error`` and its siblings render Markdown, which loads remote images and makes links; this does not.

    Args:
        sentences: plain text; the first one is emphasised.
        tone: ``bad``, ``warn``, ``good`` or ``quiet``.
    """
    first, *others = (html.escape(sentence) for sentence in sentences)
    rest = "".join(f"<p>{other}</p>" for other in others if other)
    role = "alert" if tone == "bad" else "status"
    st.html(f'<div class="ocr-callout" data-tone="{tone}" role="{role}"><p><b>{first}</b></p>{rest}</div>')


def plain(text: str) -> str:
    """Text for a label of Streamlit, which would otherwise be read as Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~:$-])", r"\\\1", text)
