"""One task as pages and routes get it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.models import Attempt, Correction, ParkReason, Part, State, Task
from dashboard.models.limits import NOT_JUDGED, ONLY_FIRST_PARTS
from dashboard.results.files import file_name, read_texts
from dashboard.results.masks import Mask, MaskReport, find_masks, mask_report, masks_within
from dashboard.results.sniffing import PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDetail:
    """Everything the task page shows; parts come without their bytes.

    Attributes:
        parts: the first :data:`~dashboard.models.limits.MOST_PARTS_SHOWN` of them.
        part_count: how many there are in all.
        parked: why it cannot be asked about now; the token's pause counts as well as its own.
        calls: how many calls were made for it in all.
        text: the readable text of the whole result, or None while there is none.
        masks: masked words of ``text``; never any for regular tasks.
        judged: whether masked words could be told; False where there are too many asterisks.
        flipped: offsets of asterisks in ``text`` that a person judged otherwise than we.
        correction: the edited text that counts, when there is one.
        same_as: our IDs of the same task stored in another spelling, from when that was taken for another one.
    """

    task: Task
    state: State
    parked: ParkReason | None
    parked_detail: str | None
    credential_label: str | None
    parts: Sequence[Part]
    part_count: int
    attempts: Sequence[Attempt]
    calls: int
    text: str | None
    masks: MaskReport
    judged: bool
    flipped: frozenset[int]
    correction: Correction | None
    same_as: Sequence[int]

    @property
    def limits(self) -> list[str]:
        """What is not shown or counted because there is too much of it, in sentences."""
        parts = [] if len(self.parts) == self.part_count else [ONLY_FIRST_PARTS]
        return parts if self.judged else [*parts, NOT_JUDGED]


def masks_in(detail: TaskDetail, part: Part) -> Sequence[Mask]:
    """Masked words of one text part of a trial task, as they are judged in the whole text, people's word included.

    A text that is no part of the readable whole is judged by itself: nobody can have said anything about it.
    """
    plain = [it for it in detail.parts if it.text and it.media_type == PLAIN.media_type]
    whole, start = detail.text or "", 0
    for it, piece in zip(plain, read_texts([(one.media_type, one.text) for one in plain]), strict=True):
        start = whole.find(piece, start)
        if it.position == part.position and start >= 0:
            here = masks_within(find_masks(whole, flipped=detail.flipped), start, start + len(piece))
            return [mask.moved((part.text or "").find(piece)) for mask in here]
        start += len(piece)
    return find_masks(part.text or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes


def text_file_name(task: Task) -> str:
    """What the file of a task's text is called."""
    return file_name(task.label, task.task_id, extension=".txt")


def part_file_name(task: Task, position: int, extension: str) -> str:
    """What the file of one part is called."""
    return file_name(task.label, task.task_id, extension=extension, part=position + 1)


def masks_of(parts: Sequence[Part], text: str, *, trial: bool, flipped: frozenset[int]) -> MaskReport:
    """Words and masks of the shown text; hOCR and its kind are counted by part, or markup would count as words."""
    if any(part.text and part.media_type == PLAIN.media_type for part in parts):
        return mask_report(text, trial=trial, flipped=flipped)
    return MaskReport(words=sum(part.words for part in parts), masks=sum(part.masked_words for part in parts))
