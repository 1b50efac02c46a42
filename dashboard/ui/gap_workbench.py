"""Masked words of a trial result: how many, where, and a way from one to the next. Nothing here asks the server."""

from collections.abc import Sequence

from dashboard.results.gaps import find_gaps, masked_share, strip
from dashboard.results.masks import Mask
from dashboard.ui import messages
from dashboard.ui.components import GAP_WALKER

LISTED = 500
"""Gaps in the list; the buttons reach all of them."""

_CELLS = 100


def show(text: str, masks: Sequence[Mask], *, selector: str) -> None:
    """Draw the workbench above a text; nothing when no word is masked.

    Args:
        text: the whole text of a trial task.
        masks: found in it, in reading order.
        selector: finds the masked words that the page shows, in the same order.
    """
    if not masks:
        return
    listed = find_gaps(text, masks[:LISTED])
    GAP_WALKER(
        data={
            "selector": selector,
            "total": len(masks),
            "strip": list(strip(text, masks, cells=_CELLS)),
            "gaps": [
                {
                    "number": gap.number,
                    "line": gap.line,
                    "before": gap.before,
                    "hidden": text[gap.offset : gap.offset + gap.length],
                    "after": gap.after,
                }
                for gap in listed
            ],
        },
        key="gap_workbench",
    )
    share = masked_share(text, masks)
    if share.beyond:
        messages.callout(
            f"{share.masked:,} words look masked; evaluation mode hides about {share.documented:,} of "
            f"{share.words:,}.",
            "Some of these asterisks may be the document's own.",
            tone="quiet",
        )
