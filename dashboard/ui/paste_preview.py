"""The preview of pasted lines: what each one becomes, what is left out and why."""

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from typing import Any

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Operation, Role
from dashboard.models.task_ids import Shape
from dashboard.redaction import holds_secret
from dashboard.services.tasks.intake import Preview
from dashboard.services.tasks.pasted_tasks import Line
from dashboard.ui import messages, routes
from dashboard.ui.components import PASTE_PREVIEW
from dashboard.ui.paste_rows import (
    LISTED,
    Answers,
    Edit,
    Row,
    as_reported,
    edits_of,
    everything,
    listed,
    row_of,
)
from dashboard.ui.wording import OPERATIONS

EDITS_KEY = "paste_form_edits"
"""What was corrected, by task; kept while the lines are somewhere else, or another page is shown."""

_COMPONENT = "paste_preview"
_OPERATIONS = [{"value": one.value, "name": OPERATIONS[one], "trial": one.has_trial} for one in Operation]
_SAID = 5


def edits() -> dict[str, Edit]:
    """What was corrected so far."""
    kept: dict[str, Edit] = st.session_state.setdefault(EDITS_KEY, {})
    return kept


def forget_edits(*, but: Collection[str]) -> None:
    """Drop what was corrected about tasks that are done with."""
    st.session_state[EDITS_KEY] = {key: edit for key, edit in edits().items() if key in but}


def _keep_edits() -> None:
    st.session_state[EDITS_KEY] = edits_of(st.session_state[_COMPONENT].get("edits"))


def take_unusual(preview: Preview) -> bool:
    """Ask whether the unusual lines are taken, too; False while there are none."""
    if not preview.unusual:
        return False
    count = len(preview.unusual)
    return st.checkbox(
        f"Register the {count:,} unusual ones too" if count > 1 else "Register the unusual one too",
        key="paste_form_unusual",
        help="Task IDs mostly look alike, and these do not, or the text calls them something else. "
        "The service may know them nevertheless.",
    )


def say_facts(preview: Preview) -> None:
    """How many lines become what."""
    counts = {
        "new": len(preview.new),
        "unusual": len(preview.unusual),
        "already known": len(preview.known),
        "not usable": len(preview.malformed),
        "repeated": preview.repeated,
    }
    facts = [f"{count:,} {word}" for word, count in counts.items() if count or word == "new"]
    if any(counts.values()):
        st.caption(" · ".join(facts))


def say_secrets(app: Dashboard, preview: Preview) -> None:
    """That a secret was pasted, without repeating it, and where it belongs."""
    numbers = sorted({line.number for line in everything(preview) if line.holds_secret})
    if not numbers:
        return
    said = [f"{number:,}" for number in numbers[:_SAID]]
    if len(numbers) > _SAID:
        said.append(f"{len(numbers) - _SAID:,} more")
    listing = " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))
    one = len(numbers) == 1
    messages.callout(
        f"{'Line' if one else 'Lines'} {listing} {'holds' if one else 'hold'} a secret, such as an access token.",
        "It is neither stored with a task nor shown, and leaves the box when you register."
        + ("" if app.team.actor.role.covers(Role.OWNER) else " Owners of the team register tokens."),
        tone="quiet",
    )
    if app.team.actor.role.covers(Role.OWNER):
        st.page_link(routes.TOKENS, label="Register it as a token", icon=":material/key:", width="content")


def show(preview: Preview, rows: Sequence[Row], answers: Answers, *, version: int) -> None:
    """List what the lines become, to be corrected, and what is left out.

    Args:
        preview: what was read.
        rows: what is taken or asked about.
        answers: what was chosen for all of them.
        version: changes whenever something was registered.
    """
    shown = listed(rows)
    keys = {row.key for row in shown}
    others = [row for row in rows if row.key not in keys]
    left = _left_out(preview, others)
    if not shown and not left:
        return
    more = sum(row.taken for row in others)
    PASTE_PREVIEW(
        key=_COMPONENT,
        data={
            "version": version,
            "edits": as_reported(edits()),
            "operations": _OPERATIONS,
            "zone": str(answers.zone),
            "rows": [_shown(row.line, answers, row) for row in shown],
            "more": f"… and {count_of(more, 'more task')}, taken as read." if more else "",
            "left_title": f"Left out: {len(left):,}",
            "left": left[:LISTED],
            "left_more": f"… and {len(left) - LISTED:,} more." if len(left) > LISTED else "",
        },
        default={"edits": {}},
        on_edits_change=_keep_edits,
    )


def _shown(line: Line, answers: Answers, row: Row) -> dict[str, Any]:
    """A row as read; what was corrected is laid over it where it is shown."""
    read = row_of(line, answers, Edit())
    notes = [line.reason] if line.shape is Shape.UNUSUAL else []
    if row.typed and holds_secret(row.typed):
        notes.append("that label holds a secret, and everybody in the team would see it")
    return {
        "key": row.key,
        "number": line.number,
        "id": line.task_id,
        "note": "; ".join(notes),
        "take": read.taken,
        "label": "" if holds_secret(read.label) else read.label,
        "operation": read.operation.value,
        "trial": read.trial,
        "submitted": _local(read.submitted_at, answers.zone),
    }


def _local(moment: datetime | None, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") if moment else ""


def _left_out(preview: Preview, others: Sequence[Row]) -> list[dict[str, Any]]:
    """Whatever is not taken and not listed with a box to tick, in the order of lines."""
    found = [
        *(_left(line, line.text[:120], line.reason) for line in preview.malformed),
        *(_left(line, line.task_id, "", task_ref) for line, task_ref in preview.known),
        *(
            _left(line, line.task_id, f"the same task as in line {first:,}")
            for line, first in preview.repeats
            if first != line.number
        ),
        *(
            _left(row.line, row.line.task_id, row.line.reason or "left out by you")
            for row in others
            if not row.taken
        ),
    ]
    return sorted(found, key=lambda one: int(one["number"]))


def _left(line: Line, text: str, reason: str, task_ref: int | None = None) -> dict[str, Any]:
    href = routes.task_href(task_ref) if task_ref is not None else ""
    return {"number": line.number, "text": text, "reason": reason, "href": href}
