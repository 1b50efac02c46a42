"""Masked words of a trial result: how many, where, and a way from one to the next."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Role
from dashboard.results.gaps import find_gaps, strip
from dashboard.results.masks import Mask, find_asterisks, report_of
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import messages, task_address
from dashboard.ui.components import GAP_WALKER

LISTED = 500
"""Gaps in the list; the buttons reach all of them."""

_CELLS = 100
_JUDGED_AT_ONCE = 20


def show(text: str, masks: Sequence[Mask], *, selector: str) -> None:
    """Draw the workbench above a text; nothing when no word is masked.

    Args:
        text: of a trial task, or the piece of it that is shown.
        masks: found in it, in reading order; their lines are those of the whole text.
        selector: finds the masked words that the page shows, in the same order.
    """
    if not masks:
        return
    GAP_WALKER(data=walker_data(text, masks, selector=selector), key="gap_workbench")


def doubt(text: str, masks: Sequence[Mask]) -> None:
    """Say when more words look masked than evaluation mode masks; the arguments as in :func:`show`."""
    report = report_of(text, masks)
    if masks and report.beyond:
        messages.callout(
            f"{count_of(report.masks, 'word')} {'looks' if report.masks == 1 else 'look'} masked; evaluation mode "
            f"hides about {report.documented:,} of {report.words:,}.",
            "Some of these asterisks may be the document's own.",
            tone="quiet",
        )


def walker_data(text: str, masks: Sequence[Mask], *, selector: str) -> dict[str, object]:
    """What the browser needs to walk through the gaps; the arguments as in :func:`show`."""
    return {
        "selector": selector,
        "total": len(masks),
        "strip": list(strip(text, masks, cells=_CELLS)),
        "gaps": [
            {
                "number": gap.number,
                "line": gap.line,
                "before": gap.before,
                "hidden": text[gap.start : gap.end],
                "after": gap.after,
            }
            for gap in find_gaps(text, masks[:LISTED])
        ],
    }


def may_judge(app: Dashboard, detail: TaskDetail) -> bool:
    """Whether there are asterisks in a trial result, and somebody who may say what they are."""
    return "*" in (detail.text or "") and app.team.actor.role.covers(Role.EDITOR)


def is_in_address() -> bool:
    """Whether the address names a page of what is judged, after a reload."""
    return int(st.session_state[task_address.GAPS_KEY]) > 1


def judge(app: Dashboard, detail: TaskDetail) -> None:
    """Let an editor say which asterisks of a trial result are masked words and which are the document's own."""
    text = detail.text or ""
    if not may_judge(app, detail):
        return
    found = find_asterisks(text, flipped=detail.flipped)
    if not found:
        return  # too many to judge, which was said above
    flipped = sum(one.flipped for one in found)
    title = f"Asterisks: {len(found):,}" + (f", {flipped:,} judged by people" if flipped else "")
    with st.expander(title, expanded=True, icon=":material/rule:", key="gap_judging"):
        st.html(
            '<p class="ocr-quiet">Bullets, footnotes and rules of stars are told apart from masked words. '
            "Where that is wrong, turn it around; it counts for everybody.</p>"
        )
        pages = max(1, -(-len(found) // _JUDGED_AT_ONCE))
        page = task_address.page_of(pages, key=task_address.GAPS_KEY)
        some = found[(page - 1) * _JUDGED_AT_ONCE : page * _JUDGED_AT_ONCE]
        for one, gap in zip(some, find_gaps(text, some), strict=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(
                    f'<span dir="auto"><small>line {gap.line}</small> {html.escape(gap.before)}'
                    f"<b>{html.escape(text[one.start : one.end][:80])}</b>{html.escape(gap.after)}</span>"
                )
                label = "Not masked: the document's own" if one.masked else "Masked after all"
                if st.button(label, key=f"gap_judging_{one.start}"):
                    with messages.on_failure():
                        app.team.corrections.flip_mask(detail.task.id or 0, one.start)
                        st.rerun()
        if pages > 1:
            st.pagination(pages, key=task_address.GAPS_KEY)
