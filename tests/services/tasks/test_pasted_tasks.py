"""Pasted text, in whatever dress it comes."""

import time

import pytest

from dashboard.models import Operation
from dashboard.models.task_ids import MAX_LENGTH, Shape, clean_id
from dashboard.services.labels import MAX_LABEL
from dashboard.services.tasks.pasted_tasks import Line, read_lines

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TTS = "TTS01232-9d40-4f2d-8eda-f1fc0b12bce6"
SHORT = "db03b9ea-3eed-4954-a1d4-b2712773bbe"  # 35 characters, in the vendor's own documentation
URL = "https://api.aspose.cloud/v5.0/ocr"

USUAL = Shape.USUAL


def only(text: str) -> Line:
    """The one line that is in a text."""
    (line,) = read_lines(text)
    return line


@pytest.mark.parametrize(
    ("text", "task_id", "label"),
    [
        pytest.param(ID, ID, "", id="bare"),
        pytest.param(ID.upper(), ID.upper(), "", id="case is kept"),
        pytest.param(TTS, TTS, "", id="text to speech"),
        pytest.param(SHORT, SHORT, "", id="35 characters"),
        pytest.param(ID.replace("-", ""), ID.replace("-", ""), "", id="without hyphens"),
        pytest.param(f"  {ID}\t ", ID, "", id="blanks around"),
        pytest.param(f"\u00a0{ID}\u3000", ID, "", id="unusual blanks around"),
        pytest.param(f'"{ID}"', ID, "", id="double quotes"),
        pytest.param(f"'{ID}',", ID, "", id="single quotes and a comma"),
        pytest.param(f"`{ID}`", ID, "", id="backticks"),
        pytest.param(f"“{ID}”", ID, "", id="curly quotes"),
        pytest.param(f"«{ID}»", ID, "", id="angle quotes"),
        pytest.param(f"<{ID}>", ID, "", id="angle brackets"),
        pytest.param(f"\ufeff{ID}", ID, "", id="byte order mark"),
        pytest.param(f"{ID}\r\n", ID, "", id="CRLF"),
        pytest.param(f"\u200b{ID[:9]}\u200b{ID[9:]}\u2060", ID, "", id="zero width"),
        pytest.param(f"\u202a{ID}\u202c", ID, "", id="direction marks"),
        pytest.param(f"\u2066{ID}\u2069", ID, "", id="isolates"),
        pytest.param(ID[:8] + "\u00ad" + ID[8:], ID, "", id="soft hyphen"),
        pytest.param(f"{ID}\tInvoice March", ID, "Invoice March", id="label after a tab"),
        pytest.param(f"{ID},Invoice March", ID, "Invoice March", id="label after a comma"),
        pytest.param(f"{ID}, Invoice, March", ID, "Invoice, March", id="comma in the label"),
        pytest.param(f"{ID};Invoice", ID, "Invoice", id="label after a semicolon"),
        pytest.param(f"{ID}|Invoice", ID, "Invoice", id="label after a bar"),
        pytest.param(f"{ID}  Invoice  March", ID, "Invoice  March", id="label after blanks"),
        pytest.param(f'"{ID}","Invoice March"', ID, "Invoice March", id="CSV"),
        pytest.param(f"{ID} 発票 №7", ID, "発票 №7", id="label in another script"),
        pytest.param(f"{ID} {'x' * 500}", ID, "x" * MAX_LABEL, id="long label"),
        pytest.param(f"{ID} 🎉", ID, "🎉", id="emoji as label"),
    ],
)
def test_an_id_is_found(text: str, task_id: str, label: str) -> None:
    """Whatever was copied along with it."""
    line = only(text)

    assert (line.task_id, line.label, line.shape, line.reason) == (task_id, label, USUAL, "")
    assert (line.operation, line.trial) == (None, None)


@pytest.mark.parametrize(
    ("text", "operation", "trial"),
    [
        pytest.param(f"{URL}/RecognizeImage?id={ID}", Operation.RECOGNIZE_IMAGE, False, id="plain"),
        pytest.param(f"{URL}/RecognizeImageTrial?id={ID}", Operation.RECOGNIZE_IMAGE, True, id="trial"),
        pytest.param(f"{URL}/recognizepdf?id={ID}", Operation.RECOGNIZE_PDF, False, id="lower case"),
        pytest.param(f"{URL}/ConvertTextToSpeechTrial?id={ID}", Operation.TEXT_TO_SPEECH, True, id="TTS"),
        pytest.param(f"{URL}/RecognizeTable?x=1&id={ID}&y=2", Operation.RECOGNIZE_TABLE, False, id="others"),
        pytest.param(f"{URL}/RecognizeTable?x=1&amp;id={ID}", Operation.RECOGNIZE_TABLE, False, id="&amp;"),
        pytest.param(f"{URL}/DjVu2PDF/?id={ID}#top", Operation.DJVU_TO_PDF, False, id="slash and fragment"),
        pytest.param(
            f"https://host/v5.1/ocr/IdentifyFont?id={ID}", Operation.IDENTIFY_FONT, False, id="v5.1"
        ),
        pytest.param(f"https://host/v5/ocr/DetectRegions?ID={ID}", Operation.DETECT_REGIONS, False, id="v5"),
        pytest.param(
            f"""curl -X GET "{URL}/RecognizeImage?id={ID}" -H 'Authorization: Bearer planted' """,
            Operation.RECOGNIZE_IMAGE,
            False,
            id="curl with a token",
        ),
        pytest.param(
            f"GET {URL}/RecognizeReceipt?id={ID} HTTP/1.1", Operation.RECOGNIZE_RECEIPT, False, id="log"
        ),
        pytest.param(
            f'<a href="{URL}/RecognizeLabel?id={ID}">', Operation.RECOGNIZE_LABEL, False, id="HTML link"
        ),
        pytest.param(f"{URL}/Utilities/GetTaskStatus?id={ID}", None, None, id="status call"),
        pytest.param(f"{URL}/RecognizeDreams?id={ID}", None, None, id="unknown operation"),
        pytest.param(f"{URL}/RecognizePdfTrial?id={ID}", None, None, id="no such trial"),
        pytest.param(f"{URL}/RecognizeImage?id=%20{ID}%0a", Operation.RECOGNIZE_IMAGE, False, id="encoded"),
    ],
)
def test_a_request_url_tells_the_operation(
    text: str, operation: Operation | None, *, trial: bool | None
) -> None:
    """The ID is taken from it, and nothing else of the request: it may hold a token."""
    line = only(text)

    assert (line.task_id, line.operation, line.trial) == (ID, operation, trial)
    assert (line.label, line.shape) == ("", USUAL)


@pytest.mark.parametrize("text", ["", "\n\n", " \t\r\n ", "\ufeff\n\u200b"])
def test_nothing_is_nothing(text: str) -> None:
    """Blank lines are skipped."""
    assert list(read_lines(text)) == []


def test_lines_keep_their_numbers() -> None:
    """As an editor counts them, blank ones included."""
    found = list(read_lines(f"\n{ID}\r\n\r\nabc\n"))

    assert [(line.number, line.task_id) for line in found] == [(2, ID), (4, "")]


def test_ten_thousand_lines_are_read_at_once() -> None:
    """A whole export can be pasted."""
    text = "\n".join(
        f"{URL}/RecognizeImage?id={number:08}-1b2d-4c3e-8f4a-5b6c7d8e9f01" for number in range(10_000)
    )
    began = time.process_time()
    found = list(read_lines(text))

    assert time.process_time() - began < 2
    assert len({line.task_id for line in found}) == 10_000


@pytest.mark.parametrize(
    "text", ["/v5/ocr/a?&" * 100_000, "x" * 1_000_000, "<" * 1_000_000, " " * 1_000_000 + "x", "a&" * 500_000]
)
def test_a_hostile_line_takes_no_time(text: str) -> None:
    """However it is made; only its beginning is looked at."""
    began = time.process_time()
    for line in read_lines(text):
        assert len(line.task_id) <= MAX_LENGTH
        assert len(line.text) <= 300

    assert time.process_time() - began < 1


def test_cleaning_twice_changes_nothing() -> None:
    """What is stored is what is asked with."""
    assert clean_id(clean_id(f" “{ID}”, ")) == ID
