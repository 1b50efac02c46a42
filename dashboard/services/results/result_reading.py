"""Stored results: the one place where a task's parts, people's judgements and corrections become a text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import inf
from typing import Any, Self

from sqlmodel import Session

from dashboard.errors import NotFound
from dashboard.models import Correction, Part, Task
from dashboard.results.exports import ResultFacts
from dashboard.results.files import combined_text, file_name, read_texts
from dashboard.results.masks import (
    Mask,
    MaskReport,
    find_masks,
    mask_report,
    masks_within,
    too_many_asterisks,
)
from dashboard.results.sniffing import PLAIN
from dashboard.services.team_scope import TeamScope
from dashboard.store import corrections, stored_results
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows

_ASKED, _AT_ONCE, _BYTES = 500, 100, 2_000_000
"""Tasks whose sizes are asked for at once, and as many of them as are read at once, with so many bytes at most."""


@dataclass(frozen=True, kw_only=True)
class StoredResult:
    """A task with what is stored of its result; what is worked out of its text is worked out once, when asked for.

    Attributes:
        task: finished or not.
        parts: without their bytes.
        flipped: offsets of asterisks in ``text`` that a person judged otherwise than we.
        versions: corrections, newest first: the newest one, or as many as were asked for.
        left_out: its text was not read, though there may be one.
        edited: the text of a correction that takes the place of the service's own.
    """

    task: Task
    parts: Sequence[Part]
    flipped: frozenset[int] = frozenset()
    versions: Sequence[Correction] = ()
    left_out: bool = False
    edited: str | None = None

    @property
    def correction(self) -> Correction | None:
        """The edited text that counts, when there is one."""
        newest = self.versions[0] if self.versions else None
        return newest if newest is not None and newest.text is not None else None

    def corrected(self) -> Self:
        """The same with the corrected text and the masks left in it; itself without a correction."""
        if self.correction is None:
            return self
        return replace(self, edited=self.correction.text, flipped=frozenset())

    @cached_property
    def text(self) -> str | None:
        """The readable text of the whole result, or None while there is none."""
        if self.edited is not None:
            return self.edited
        if self.left_out or all(part.text is None for part in self.parts):
            return None
        return combined_text([(part.media_type, part.text) for part in self.parts])

    @cached_property
    def masks(self) -> Sequence[Mask]:
        """Masked words of ``text``; never any for regular tasks."""
        return find_masks(self.text, flipped=self.flipped) if self.task.trial and self.text else ()

    @cached_property
    def report(self) -> MaskReport:
        """Words and masks; hOCR and its kind are counted by part, or markup would count as words."""
        if self.edited is not None or (not self.left_out and self._plain):
            return mask_report(self.text or "", trial=self.task.trial, flipped=self.flipped)
        return MaskReport(
            words=sum(part.words for part in self.parts), masks=sum(part.masked_words for part in self.parts)
        )

    @property
    def judged(self) -> bool:
        """Whether masked words could be told; not where there are too many asterisks."""
        return not (self.task.trial and too_many_asterisks(self.text or ""))

    def masks_in(self, part: Part) -> Sequence[Mask]:
        """Masked words of one text part, as they are judged in the whole text, people's word included.

        A text that is no part of the readable whole is judged by itself: nobody can have said anything about it.
        """
        if not self.task.trial or not part.text:
            return ()
        whole, start = self.text or "", 0
        pieces = read_texts([(one.media_type, one.text) for one in self._plain])
        for one, piece in zip(self._plain, pieces, strict=True):
            start = whole.find(piece, start)
            if one.position == part.position and start >= 0:
                here = masks_within(self.masks, start, start + len(piece))
                return [mask.moved(part.text.find(piece)) for mask in here]
            start += len(piece)
        return find_masks(part.text)

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

    def file_name(self, extension: str) -> str:
        """What the file of its text is called."""
        return file_name(self.task.label, self.task.task_id, extension=extension)

    @cached_property
    def _plain(self) -> Sequence[Part]:
        return [part for part in self.parts if part.media_type == PLAIN.media_type and part.text]


def part_name(task: Task, part: Part) -> str:
    """What the file of one part is called."""
    return file_name(task.label, task.task_id, extension=part.extension, part=part.position + 1)


def read_result(
    *, session: Session, task: Task, with_text: bool = True, most: int | None = None, versions: int | None = 1
) -> StoredResult:
    """What is stored of a task's result.

    Args:
        session: any.
        task: as it was read in this session.
        with_text: whether its texts and what people did to them are read as well.
        most: how many of its parts; None for all.
        versions: how many of its corrections; None for all.
    """
    mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task.id or 0}
    parts = part_rows.list_of(**mine, with_text=with_text, most=most)
    readable = with_text and bool(parts)
    return StoredResult(
        task=task,
        parts=parts,
        flipped=corrections.flips_of(**mine) if readable and task.trial else frozenset(),
        versions=corrections.history(**mine, most=versions) if readable else (),
        left_out=bool(parts) and not with_text,
    )


def read_part(*, session: Session, task: Task, position: int) -> Part:
    """One part with its bytes, by its 0-based place in the service's list; raises NotFound."""
    mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task.id or 0}
    # The place comes from a URL; PostgreSQL refuses numbers that no column can hold.
    part = part_rows.get(**mine, position=position) if 0 <= position <= task_rows.MAX_ID else None
    if part is None:
        raise NotFound("This result has no such part.")
    return part


def read_some(
    team: TeamScope, task_refs: Sequence[int], *, most: float = inf, with_bytes: bool = False
) -> Iterator[StoredResult]:
    """Those of these tasks that there are, finished or not, in short transactions.

    As many are in memory at a time as have two megabytes together; beyond ``most`` characters they come without
    their texts. With their bytes on demand, but for those that are larger than that by themselves
    (:func:`dashboard.services.results.part_bytes.with_bytes` reads what is not there).
    """
    for some, size in _runs(team, task_refs, at_once=_AT_ONCE if most == inf else 1):
        bytes_too = with_bytes and size <= _BYTES
        with team.reading() as session:
            results = _read_all(session, team.team_id, some, with_text=most > 0, with_bytes=bytes_too)
        for result in results:
            most -= len(result.text or "")
            yield result


def _runs(team: TeamScope, task_refs: Sequence[int], *, at_once: int) -> Iterator[tuple[list[int], int]]:
    """Tasks that there are, in their order, as many together as are read at once, and how many bytes they have."""
    for start in range(0, len(task_refs), _ASKED):
        asked = task_refs[start : start + _ASKED]
        with team.reading() as session:
            sizes = stored_results.sizes(session=session, team_id=team.team_id, task_refs=asked)
        some: list[int] = []
        size = 0
        for task_ref in asked:
            if task_ref not in sizes:
                continue
            if some and (len(some) == at_once or size + sizes[task_ref] > _BYTES):
                yield some, size
                some, size = [], 0
            some.append(task_ref)
            size += sizes[task_ref]
        if some:
            yield some, size


def _read_all(
    session: Session, team_id: int, task_refs: Sequence[int], *, with_text: bool, with_bytes: bool
) -> list[StoredResult]:
    """The same as :func:`read_result` of each that is still there, in three statements for all but edited ones."""
    tasks = stored_results.tasks_of(session=session, team_id=team_id, task_refs=task_refs)
    here = [task_ref for task_ref in task_refs if task_ref in tasks]
    parts = stored_results.parts_of(
        session=session, task_refs=here, with_text=with_text, with_bytes=with_bytes
    )
    edited = corrections.edited(session=session, task_refs=here)
    return [
        read_result(session=session, task=tasks[task_ref], with_text=with_text)
        if task_ref in edited
        else StoredResult(
            task=tasks[task_ref],
            parts=parts.get(task_ref, ()),
            left_out=task_ref in parts and not with_text,
        )
        for task_ref in here
    ]


def iso(moment: datetime | None) -> str:
    """ISO 8601 in UTC; empty for an unknown moment."""
    return moment.isoformat() if moment else ""
