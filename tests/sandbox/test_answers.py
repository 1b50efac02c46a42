"""Which parts a result has, and what is in them."""

import ast
import json
from datetime import UTC, datetime

import pytest

from dashboard.models import Operation
from dashboard.sandbox.answers import envelope, parts
from dashboard.sandbox.samples import Sample, invoice, latin
from dashboard.sandbox.task_life import Phase, SandboxTask, Tempo


def _task(
    operation: Operation,
    *types: str,
    sample: Sample | None = None,
    text: str = "one\ntwo\nthree",
    trial: bool = False,
    regions: int = 0,
    notices: tuple[str, ...] = (),
) -> SandboxTask:
    return SandboxTask(
        task_id="an-id",
        operation=operation,
        trial=trial,
        submitted_at=datetime(2026, 11, 23, tzinfo=UTC),
        tempo=Tempo(),
        sha256=sample.sha256 if sample else "ab" * 32,
        text=sample.text if sample else text,
        result_types=types,
        regions=((0, 0, 9, 9),) * regions,
        notices=notices,
    )


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("Text", b"Lorem ipsum"),
        ("Pdf", b"%PDF-"),
        ("Hocr", b"<?xml"),
        ("Json", b'[{"text": "Lorem'),
        ("Csv", b'0\n"Lorem'),
        ("Excel", b"PK"),
        ("ImagePNG", b"\x89PNG"),
        ("WavFile", b"RIFF"),
        ("Other", b"[[183,"),
    ],
)
def test_each_type_is_a_genuine_file(kind: str, start: bytes) -> None:
    """The bytes begin as files of that type do."""
    [(answered, data)] = parts(_task(Operation.RECOGNIZE_IMAGE, kind, sample=latin()))
    assert answered == kind
    assert data.startswith(start)


def test_combined_types_are_parts_in_order() -> None:
    """One entry for each."""
    task = _task(Operation.RECOGNIZE_IMAGE, "Text", "Pdf", "Hocr")
    assert [kind for kind, _ in parts(task)] == ["Text", "Pdf", "Hocr"]


def test_every_region_is_a_part() -> None:
    """The lines are dealt out in order, and none is lost."""
    task = _task(Operation.RECOGNIZE_REGIONS, "Text", regions=2)
    assert [data for _, data in parts(task)] == [b"one", b"two\nthree"]


def test_the_invoice_has_its_seventeen_fields() -> None:
    """JSON in a part of type Text; -1 stands for a VAT that is not there."""
    [(kind, data)] = parts(_task(Operation.RECOGNIZE_INVOICE, "Text", sample=invoice()))
    fields = json.loads(data)
    assert (kind, len(fields), fields["total_amount"], fields["vat"]) == ("Text", 17, 43550.0, -1)


def test_an_invoice_that_is_none_has_empty_fields() -> None:
    """Nothing is invented about a picture the sandbox does not know."""
    [(_, data)] = parts(_task(Operation.RECOGNIZE_INVOICE, "Text"))
    assert set(json.loads(data).values()) == {"", -1}


def test_fonts_are_a_python_dictionary() -> None:
    """Single quotes, so that json.loads fails, as in the documentation."""
    [(_, data)] = parts(_task(Operation.IDENTIFY_FONT, "Text", sample=latin()))
    with pytest.raises(json.JSONDecodeError):
        json.loads(data)
    assert ast.literal_eval(data.decode())["style"] == "regular"


def test_the_table_of_the_invoice_is_its_csv() -> None:
    """A first row of column numbers, LF line ends, then the true cells."""
    [(_, data)] = parts(_task(Operation.RECOGNIZE_TABLE, "Csv", sample=invoice()))
    lines = data.decode().split("\n")
    assert lines[0] == "0,1,2,3,4,5"
    assert lines[2].endswith("500,EACH,29.50,14750.00")
    assert b"\r" not in data


def test_preprocessing_echoes_the_sample() -> None:
    """A PNG sample comes back as it was; other uploads, which are not kept, as a small picture."""
    assert parts(_task(Operation.DESKEW_IMAGE, "ImagePNG", sample=latin())) == [("ImagePNG", latin().image)]
    [(_, other)] = parts(_task(Operation.DESKEW_IMAGE, "ImagePNG"))
    assert other.startswith(b"\x89PNG")


def test_evaluation_mode_masks_the_text_of_every_type() -> None:
    """The sample's published trial text; by the rule for everything else."""
    [(_, sample), (_, page)] = parts(
        _task(Operation.RECOGNIZE_IMAGE, "Text", "Hocr", sample=latin(), trial=True)
    )
    assert sample.decode() == latin().trial_text
    assert b">***<" in page
    [(_, other)] = parts(_task(Operation.RECOGNIZE_IMAGE, "Text", text="word " * 40, trial=True))
    assert other.count(b"****") == 4


def test_notices_come_with_a_completed_result() -> None:
    """error.messages is filled although the task is completed."""
    task = _task(Operation.RECOGNIZE_IMAGE, "Text", notices=("low contrast",))
    assert envelope("an-id", task, Phase.COMPLETED)["error"] == {
        "messages": ["low contrast"],
        "warnings": None,
    }
    assert envelope("an-id", task, Phase.PROCESSING)["error"] is None
