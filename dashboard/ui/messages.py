"""Turning trouble into one sentence a person can act on."""

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

import streamlit as st

from dashboard import full_disk
from dashboard.errors import DashboardError, DatabaseUnfit, StoreError
from dashboard.logs import get_logger
from dashboard.ui import routes

log = get_logger(__name__)

_MARKS = re.compile(
    r"[\\`*{}\[\]<>~:$&|!]|(?<![^\W_])_|_(?![^\W_])|^[#+=-]|(?<=\d)[.)](?=\s|$)"  # no more: some are read aloud
)
"""Signs that Markdown gives a meaning where they stand; a backslash takes it away."""

_FOUND_LATER = re.compile(r"[:@]|(?i:www)(?=\.)|[-<>=~](?=[-<>=])")
"""What Streamlit looks for once Markdown is read: ``:icon:``, ``a@b.c``, ``www.``, ``https:``, ``->``."""

_PAGES = re.compile(r"\bon (Tokens|Team)\b")
"""How sentences of ours name the page where something is done."""

_MOST_NAMES = 3
_UNSEEN = "\u2060"
"""A word joiner: takes no room, is no letter."""


@contextmanager
def on_failure() -> Iterator[None]:
    """Show an error of ours as a sentence instead of a traceback; the rest of the page stays."""
    try:
        yield
    except DatabaseUnfit as error:
        log.warning("page.store_trouble", reason=str(error))
        callout(str(error), tone="bad")
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
    except OSError as error:
        if not full_disk.is_full(error):
            raise
        log.error("page.disk_full")  # noqa: TRY400 - there is nothing to learn from where it was noticed
        callout(full_disk.SENTENCE, tone="bad")


def callout(*sentences: str, tone: str = "warn") -> None:
    """Say something that may contain a stranger's words.

    ``st.error`` and its siblings render Markdown, which loads remote images and makes links; this does not.

    Args:
        sentences: plain text; the first one is emphasised.
        tone: ``bad``, ``warn``, ``good`` or ``quiet``.
    """
    framed(*map(led, sentences), tone=tone)


def framed(first: str, *others: str, tone: str) -> None:
    """The same for HTML of ours."""
    rest = "".join(f"<p>{other}</p>" for other in others if other)
    role = "alert" if tone == "bad" else "status"
    st.html(f'<div class="ocr-callout" data-tone="{tone}" role="{role}"><p><b>{first}</b></p>{rest}</div>')


def led(sentence: str) -> str:
    """A sentence as HTML, in which the name of another page leads there."""
    return _PAGES.sub(_link, html.escape(sentence))


def _link(found: re.Match[str]) -> str:
    path = found[1].lower()
    query = urlencode(routes.with_team({}))
    href = html.escape(f"{path}?{query}" if query else path, quote=True)
    return f'on <a href="{href}" target="_self">{found[1]}</a>'


def named(names: Sequence[str]) -> str:
    """What something is done to, in Markdown: “A”, “B”, “C” and 3 more."""
    quoted = ", ".join(f"“{plain(name)}”" for name in names[:_MOST_NAMES])
    rest = len(names) - _MOST_NAMES
    return f"{quoted} and {rest:,} more" if rest > 0 else quoted


def plain(text: str) -> str:
    """Text that somebody typed, for whatever Streamlit reads as Markdown: labels, captions, tooltips.

    It looks as it was typed. Backslashes are not enough: emoji, icons, arrows and addresses are found in the text that
    is left after them, so a sign that nobody sees stands within those.
    """
    one_line = " ".join(text.split())
    return _MARKS.sub(r"\\\g<0>", _FOUND_LATER.sub(rf"\g<0>{_UNSEEN}", one_line))
