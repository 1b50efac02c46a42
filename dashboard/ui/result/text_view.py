"""The text of a result: which version, its masked words, and how it looks."""

import html
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.models.limits import MOST_MARKED, NOT_JUDGED
from dashboard.results.highlighting import highlight
from dashboard.results.masks import Mask, masks_within
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import messages, task_address
from dashboard.ui.components import TEXT_TOOLS
from dashboard.ui.result import correction_view, gap_workbench, unmasking

PAGE_CHARACTERS = 200_000
"""Longer texts are shown in pages of about this size; copying gives the page, downloading everything."""

_LINE_END = "\n"
_LONGEST_LINE_END = 2_000
"""How far a page is stretched to end with a line."""


def show(app: Dashboard, detail: TaskDetail, *, tools: DeltaGenerator | None = None) -> None:
    """Draw it, of a task with text, in the name of whoever looks.

    Args:
        app: the dashboard as seen by somebody.
        detail: of the task.
        tools: the place of what is above the text; right above it by default.
    """
    tools = tools or st.container(gap="xsmall")
    # What comes and goes has a place of its own: else the text moves, and for a moment there are two of it.
    with tools, st.container():
        version = correction_view.choose(detail)
    read = detail.corrected() if version is correction_view.Shown.CORRECTED else detail
    corrected, shown = read is not detail, read.text or ""
    above, body, below = tools.container(gap="xsmall"), st.container(), st.container(gap="xsmall")
    if version is correction_view.Shown.CHANGES:
        with body:
            correction_view.changes(detail)
    else:
        with above:
            if not read.judged:
                messages.callout(NOT_JUDGED, tone="quiet")
        trial = detail.task.trial
        more = partial(unmasking.menu, app, detail, corrected=corrected) if trial else None
        pages(shown, read.masks, trial=trial, above=above, body=body, more=more)
        with below:
            if app.team.actor.role.covers(Role.EDITOR):
                correction_view.edit(app, detail, shown)
    if detail.task.trial:
        unmasking.show(app, detail, corrected=corrected)


def pages(
    text: str,
    masks: Sequence[Mask],
    *,
    trial: bool,
    above: DeltaGenerator | None = None,
    body: DeltaGenerator | None = None,
    more: Callable[[], None] | None = None,
    key: str = "text",
) -> None:
    """Draw a text with its tools, page by page when it is long.

    Args:
        text: what to show.
        masks: masked words in it.
        trial: whether there may be any.
        above: the place of the tools; a new one by default.
        body: the place of the text itself; a new one by default.
        more: draws what else stands in the row of tools.
        key: tells several of them on a page apart.
    """
    above, body = above or st.container(), body or st.container()
    bounds = page_bounds(text)
    number = task_address.page_of(len(bounds))
    start, end = bounds[number - 1]
    piece = text[start:end]
    found = masks_within(masks, start, end)
    here = found[:MOST_MARKED]
    with above:
        if len(found) > MOST_MARKED:
            said = f"Only the first {MOST_MARKED:,} masked words of this piece are marked; all are counted."
            messages.callout(said, tone="quiet")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"text_bar_{key}"):
            TEXT_TOOLS(data={"selector": "pre.ocr-text"}, key=f"text_tools_{key}")
            if trial:
                gap_workbench.show(piece, here, selector="pre.ocr-text mark.masked")
            if more is not None:
                more()
        if trial:
            gap_workbench.doubt(piece, here)
        if len(bounds) > 1:
            st.html(f'<p class="ocr-quiet">{html.escape(piece_of(number, len(bounds)))}</p>')
    with body:
        st.html(
            f'<pre class="ocr-text" dir="auto" tabindex="0" aria-label="Recognised text" '
            f'style="counter-set: line {text.count(_LINE_END, 0, start)}">{by_line(highlight(piece, here))}</pre>'
        )
        if len(bounds) > 1:
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
            ):
                st.html(
                    f'<span class="ocr-quiet">Characters {start + 1:,} to {end:,} of {len(text):,}. '
                    "Finding and copying are about this piece; the download holds everything.</span>"
                )
                st.pagination(len(bounds), key=task_address.PAGE_KEY)


def piece_of(number: int, count: int) -> str:
    """That there is more of a text than is shown, said before it: its end is far below."""
    if number == count:
        return f"This is the last of {count:,} pieces of a long text."
    more = "a second piece" if count == number + 1 == 2 else "more of it"  # noqa: PLR2004 - the second
    return f"This is piece {number:,} of {count:,} of a long text: there is {more}, which is chosen below it."


def page_bounds(text: str) -> list[tuple[int, int]]:
    """Where the pages of a text begin and end: at line ends where some are near, else between words."""
    bounds = []
    start = 0
    while len(text) - start > PAGE_CHARACTERS:
        wanted = start + PAGE_CHARACTERS
        end = text.find("\n", wanted, wanted + _LONGEST_LINE_END) + 1
        end = end or text.find(" ", wanted, wanted + _LONGEST_LINE_END) + 1 or wanted
        bounds.append((start, end))
        start = end
    bounds.append((start, len(text)))
    return bounds


def by_line(marked: str) -> str:
    """Highlighted HTML with each line in an element of its own, so that lines can be numbered; same text."""
    lines = marked.split("\n")
    last = lines.pop()
    whole = "".join(f'<span class="line">{line}\n</span>' for line in lines)
    return whole + (f'<span class="line">{last}</span>' if last else "")
