"""What the service answers about a task: the envelope of fact sheet 3.3 and the parts inside it."""

import base64
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.models import Operation
from dashboard.sandbox import documents, samples
from dashboard.sandbox.masking import mask
from dashboard.sandbox.reading import documents as read_documents
from dashboard.sandbox.reading.pages import Reading, around, table_of, within
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.wire import envelopes

_CODES = {
    Phase.PENDING: "NotReady",
    Phase.PROCESSING: "NotReady",
    Phase.COMPLETED: "Ok",
    Phase.ERROR: "Error",
    Phase.NOT_EXIST: "TaskNotFound",
}
_TRIAL_NOTICE = "This speech was made in evaluation mode."


def envelope(
    task_id: str,
    task: SandboxTask | None,
    phase: Phase,
    *,
    reading: Reading | None = None,
    with_data: bool = True,
) -> dict[str, Any]:
    """The JSON object that answers a GET; ``with_data=False`` is the answer of ``GetTaskStatus``.

    ``reading`` is what the reader of the extra ``local`` found on the image, where one was at work.
    """
    messages: list[str] = []
    results = None
    if task is not None and phase is Phase.ERROR:
        messages = [task.failure]
    elif task is not None and phase is Phase.COMPLETED:
        messages = list(task.notices)
        if with_data:
            found = parts(task, reading)
            results = [{"type": kind, "data": base64.b64encode(data).decode()} for kind, data in found]
    return envelopes.envelope(
        task_id, task_status=phase.value, code=_CODES[phase], results=results, messages=messages
    )


def parts(task: SandboxTask, reading: Reading | None = None) -> list[tuple[str, bytes]]:
    """The result of a completed task: type and content of every part, in order."""
    text = visible_text(task)
    if reading is not None:
        # Evaluation mode masks the same words in every kind of part.
        reading = reading.with_words(text.split()) if task.trial else reading
        if task.regions:
            return [
                (kind, within(page, region).encode())
                for region in task.regions
                for page in reading.pages[:1]
                for kind in task.result_types
            ]
        return [(kind, _from_reading(kind, text, reading, task)) for kind in task.result_types]
    if task.regions:
        return [
            (kind, _render(kind, piece, task))
            for piece in _split(text, len(task.regions))
            for kind in task.result_types
        ]
    return [(kind, _render(kind, text, task)) for kind in task.result_types]


def _from_reading(kind: str, text: str, reading: Reading, task: SandboxTask) -> bytes:
    """A part with the places that the reader found; as without one where places say nothing."""
    rows = list(reading.rows())
    match kind:
        case "Pdf":
            return read_documents.pdf(reading)
        case "Hocr" | "Json":
            return (
                read_documents.hocr(reading) if kind == "Hocr" else read_documents.blocks(reading)
            ).encode()
        case "Csv" | "Excel":
            return _csv(table_of(rows)) if kind == "Csv" else documents.xlsx(table_of(rows))
        case "Other":
            boxes = [list(around([piece.box for piece in row])) for row in rows]
            return json.dumps(boxes, separators=(",", ":")).encode()
    return _render(kind, text, task)


def visible_text(task: SandboxTask) -> str:
    """The recognised text, masked when the task was submitted in evaluation mode (fact sheet 6)."""
    if not task.trial:
        return task.text
    if task.operation is Operation.TEXT_TO_SPEECH:
        return f"{_TRIAL_NOTICE} {task.text}"
    sample = samples.by_digest().get(task.sha256)
    if sample is not None and sample.trial_text is not None:
        return sample.trial_text
    return mask(task.text, task.sha256)


def _render(kind: str, text: str, task: SandboxTask) -> bytes:
    sample = samples.by_digest().get(task.sha256)
    return _RENDERERS[task.operation if kind == "Text" else kind](text, task.sha256, sample)


def _plain(text: str, _sha256: str, _sample: samples.Sample | None) -> bytes:
    return text.encode()


def _invoice(_text: str, _sha256: str, sample: samples.Sample | None) -> bytes:
    fields = samples.invoice().invoice
    if sample is not None and sample.invoice:
        return json.dumps(dict(sample.invoice)).encode()
    # The service writes -1 for a number that is not on the paper.
    return json.dumps({key: "" if isinstance(value, str) else -1 for key, value in fields.items()}).encode()


def _fonts(_text: str, _sha256: str, sample: samples.Sample | None) -> bytes:
    # The service prints a Python dictionary here, which is not JSON (fact sheet 3.3).
    return repr({"style": "regular", "font": list(sample.fonts) if sample else []}).encode()


def _boxes(_text: str, _sha256: str, sample: samples.Sample | None) -> bytes:
    boxes = sample.boxes if sample is not None else ((0, 0, 100, 100),)
    return json.dumps([list(box) for box in boxes], separators=(",", ":")).encode()


def _picture(_text: str, sha256: str, sample: samples.Sample | None) -> bytes:
    """The picture itself where it is kept as PNG; the bytes of other uploads are not kept."""
    return sample.image if sample is not None and sample.name.endswith(".png") else documents.png(sha256)


def _table(text: str, _sha256: str, sample: samples.Sample | None) -> bytes:
    """As in the service's own sample: a first row of column numbers, and LF line ends."""
    return _csv(_rows(text, sample))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([[str(n) for n in range(len(rows[0]))], *rows])
    return file.getvalue().encode()


def _blocks(text: str, _sha256: str, _sample: samples.Sample | None) -> bytes:
    """An array of blocks with corner coordinates (fact sheet 3.3; D10: others saw an object)."""
    corners = ((100, 0), (1180, 0), (1180, 30), (100, 30))
    blocks = [
        {"text": line, "coordinates": [[x, 100 + 40 * n + y] for x, y in corners]}
        for n, line in enumerate(text.split("\n"))
    ]
    return json.dumps(blocks, ensure_ascii=False).encode()


_RENDERERS: Mapping[str, Callable[[str, str, samples.Sample | None], bytes]] = {
    **dict.fromkeys(Operation, _plain),
    Operation.RECOGNIZE_INVOICE: _invoice,
    Operation.IDENTIFY_FONT: _fonts,
    "Pdf": lambda text, _sha256, _sample: documents.pdf(text),
    "Hocr": lambda text, _sha256, sample: documents.hocr(text, sample).encode(),
    "Json": _blocks,
    "Csv": _table,
    "Excel": lambda text, _sha256, sample: documents.xlsx(_rows(text, sample)),
    "ImagePNG": _picture,
    "WavFile": lambda text, _sha256, _sample: documents.wav(text),
    "Other": _boxes,
}
"""By type of the part; by operation for parts of type Text, whose content differs from one to another."""


def _split(text: str, count: int) -> list[str]:
    lines = text.split("\n")
    return ["\n".join(lines[len(lines) * n // count : len(lines) * (n + 1) // count]) for n in range(count)]


def _rows(text: str, sample: samples.Sample | None) -> Sequence[Sequence[str]]:
    return sample.table if sample is not None and sample.table else [[line] for line in text.split("\n")]
