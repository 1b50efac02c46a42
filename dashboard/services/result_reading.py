"""Stored results, one after another: what every way of taking them out begins with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any

from dashboard.errors import NotFound
from dashboard.models import Correction, Part, Task
from dashboard.results.exports import ResultFacts
from dashboard.results.files import combined_text
from dashboard.results.masks import Mask, find_masks
from dashboard.services.team_scope import TeamScope
from dashboard.store import corrections
from dashboard.store import parts as part_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """A finished task with its text; parts come without their bytes, masks only for trial results.

    Attributes:
        left_out: its text was not read, because those before it were too large already.
    """

    task: Task
    parts: Sequence[Part]
    text: str | None
    masks: Sequence[Mask]
    correction: Correction | None
    left_out: bool = False

    def corrected(self) -> "StoredResult":
        """The same with the corrected text and the masks left in it; itself without a correction."""
        text = self.correction.text if self.correction else None
        if text is None:
            return self
        return replace(self, text=text, masks=find_masks(text) if self.task.trial else ())

    @property
    def title(self) -> str:
        """What people call it."""
        return self.task.label or self.task.task_id

    @property
    def facts(self) -> ResultFacts:
        """What is said about it beside its text."""
        task = self.task
        return ResultFacts(
            title=self.title,
            facts={
                "task": task.task_id,
                "label": task.label,
                "operation": task.operation,
                "trial": task.trial,
                "state": task.state,
                "submitted": iso(task.submitted_at),
                "completed": iso(task.completed_at),
                "words": sum(part.words for part in self.parts),
                "masked words": len(self.masks),
                "corrected by": self.correction.author if self.correction else "",
                "notices": [str(notice) for notice in task.notices],
            },
        )


class ResultReader:
    """Reads the results of one team, each in a short transaction of its own."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def read_all(self, task_refs: Sequence[int]) -> Iterator[StoredResult]:
        """Those of these tasks that have a result, in this order; one at a time is in memory."""
        return (result for result in self.read_some(task_refs) if result.parts)

    def read_some(self, task_refs: Sequence[int], *, most: float = inf) -> Iterator[StoredResult]:
        """Those of these tasks that there are, finished or not; beyond so many characters without their texts."""
        for task_ref in task_refs:
            try:
                result = self.read(task_ref, with_text=most > 0)
            except NotFound:
                continue
            most -= len(result.text or "")
            yield result

    def read(self, task_ref: int, *, with_text: bool = True) -> StoredResult:
        """One task as it is stored, on demand without its text; raises NotFound."""
        with self._team.reading() as session:
            task = self._team.task(session, task_ref)
            mine: dict[str, Any] = {"session": session, "team_id": self._team.team_id, "task_ref": task_ref}
            parts = part_rows.list_of(**mine, with_text=with_text)
            flipped = corrections.flips_of(**mine)
            correction = corrections.latest(**mine) if with_text else None
        if not with_text:
            return StoredResult(
                task=task, parts=parts, text=None, masks=(), correction=None, left_out=bool(parts)
            )
        readable = any(part.text is not None for part in parts)
        text = combined_text([(part.media_type, part.text) for part in parts]) if readable else None
        masks = find_masks(text, flipped=flipped) if task.trial and text else ()
        return StoredResult(task=task, parts=parts, text=text, masks=masks, correction=correction)


def iso(moment: datetime | None) -> str:
    """ISO 8601 in UTC; empty for an unknown moment."""
    return moment.isoformat() if moment else ""
