"""The life of one task: Pending, Processing, Completed or Error, and after 24 hours nothing at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from dashboard.models import Operation
from dashboard.models.retention import RETENTION
from dashboard.wire.contract import Rectangle


class Phase(StrEnum):
    """Where a task is in its life; the values are the service's ``taskStatus`` words (fact sheet 4)."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    NOT_EXIST = "NotExist"


OPEN = frozenset({Phase.PENDING, Phase.PROCESSING})


@dataclass(frozen=True, slots=True)
class Tempo:
    """How long a task waits, and how long its recognition takes."""

    pending_seconds: float = 1.5
    processing_seconds: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTask:
    """Everything the sandbox keeps of one submission; all answers are computed from this alone.

    Attributes:
        submitted_at: aware UTC.
        sha256: digest of the image (or of the text to speak), which stands in for the image itself.
        text: what was recognised, unmasked.
        result_types: the types of the parts to answer, in order.
        regions: the rectangles that were asked for; empty for the whole image.
        failure: why the recognition ends in ``Error``; empty when it does not.
        notices: messages that come with a completed result.
        label: what a seeded sample is called; empty for tasks submitted over HTTP.
        being_read: whether its image is still to be read, however long that takes.
    """

    task_id: str
    operation: Operation
    trial: bool
    submitted_at: datetime
    tempo: Tempo
    sha256: str
    text: str
    result_types: tuple[str, ...]
    regions: tuple[Rectangle, ...] = ()
    failure: str = ""
    notices: tuple[str, ...] = ()
    label: str = ""
    being_read: bool = False

    def phase(self, now: datetime, retention: timedelta = RETENTION) -> Phase:
        """Where the task is at this moment; a pure function of its submission, its tempo and the time."""
        age = now - self.submitted_at
        if age >= retention:
            return Phase.NOT_EXIST
        if age < timedelta(seconds=self.tempo.pending_seconds):
            return Phase.PENDING
        if self.being_read or age < timedelta(
            seconds=self.tempo.pending_seconds + self.tempo.processing_seconds
        ):
            return Phase.PROCESSING
        return Phase.ERROR if self.failure else Phase.COMPLETED

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for keeping over a restart."""
        return {
            "task_id": self.task_id,
            "operation": self.operation.value,
            "trial": self.trial,
            "submitted_at": self.submitted_at.isoformat(),
            "tempo": [self.tempo.pending_seconds, self.tempo.processing_seconds],
            "sha256": self.sha256,
            "text": self.text,
            "result_types": list(self.result_types),
            "regions": [list(region) for region in self.regions],
            "failure": self.failure,
            "notices": list(self.notices),
            "label": self.label,
            "being_read": self.being_read,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`; raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            **{
                **kept,
                "operation": Operation(kept["operation"]),
                "submitted_at": datetime.fromisoformat(kept["submitted_at"]),
                "tempo": Tempo(*kept["tempo"]),
                "result_types": tuple(kept["result_types"]),
                "notices": tuple(kept["notices"]),
                "regions": _regions(kept["regions"]),
            }
        )


def _regions(kept: Any) -> tuple[Rectangle, ...]:  # noqa: ANN401 - whatever stands in a file
    if isinstance(kept, int):  # before there were rectangles, their number was kept
        return ((0, 0, 0, 0),) * kept
    return tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in kept)
