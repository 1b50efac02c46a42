"""Task IDs in text that is piped into a command, as entries of the API. Pure."""

from collections.abc import Iterator
from urllib.parse import quote

from dashboard.models import Operation
from dashboard.models.task_ids import Shape
from dashboard.results.text_encoding import read_text
from dashboard.services.tasks.pasted_tasks import Line, read_lines


def entries_in(data: bytes) -> Iterator[dict[str, object]]:
    """What is read on the page when the same text is pasted, in UTF-8 or what Windows writes.

    An unusual ID counts where it stands alone on its line: nobody can be asked about it here.
    """
    for line in read_lines(read_text(data).text):
        alone = line.text.strip() == line.task_id
        if line.shape is Shape.USUAL or (line.shape is Shape.UNUSUAL and alone):
            yield _entry(line)


def _entry(line: Line) -> dict[str, object]:
    said: dict[str, object] = {"task_id": line.task_id}
    if line.operation is not None:
        said |= {"operation": line.operation.value, "trial": bool(line.trial)}
    if line.api_url is not None:  # which the API learns from a whole request alone
        path = (line.operation or Operation.RECOGNIZE_IMAGE).value + ("Trial" if line.trial else "")
        said["task_id"] = f"{line.api_url}/v5.0/ocr/{path}?id={quote(line.task_id, safe='')}"
    if line.label:
        said["label"] = line.label
    if line.submitted_at is not None:
        said["submitted_at"] = line.submitted_at.isoformat()
    return said
