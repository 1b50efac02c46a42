"""The sandbox with a reader, asked over HTTP as the service is."""

import base64
import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from PIL import Image

from dashboard.models import Operation
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.masking import choose_words
from dashboard.sandbox.reading.pages import Reading
from dashboard.sandbox.reading.process import ReaderProcess
from dashboard.sandbox.reading.reader import Done, Reader
from dashboard.sandbox.state import utc_now
from dashboard.sandbox.task_life import Phase
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

IMAGE = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)
TRIAL = Endpoint(Operation.RECOGNIZE_IMAGE, trial=True)


class PatientReader(Reader):
    """Reads when it is told to."""

    def __init__(self) -> None:
        super().__init__(ReaderProcess(module="tests.sandbox.reading.bad_child"))
        self.asked: list[tuple[str, Path, Done]] = []

    def read(self, digest: str, path: Path, done: Done) -> None:
        """Only note it."""
        self.asked.append((digest, path, done))

    def go_on(self, *, refusal: str = "") -> None:
        """Read the next one."""
        digest, path, done = self.asked.pop(0)
        assert path.exists()
        done(digest, refusal or reading("These are ten words and so one of them is ** masked"))


def reading(text: str) -> Reading:
    """One row."""
    words = [
        {"text": word, "box": [n, 0, n + 1, 9], "confidence": 0.5} for n, word in enumerate(text.split())
    ]
    page = {"width": 100, "height": 9, "rows": [[{"words": words}]], "picture": ""}
    return Reading.from_json({"pages": [page], "notices": ["read here"]})


def order(shade: int = 0, *types: str, language: str = "English") -> Order:
    """A small picture, each shade another one."""
    file = io.BytesIO()
    Image.new("L", (20, 20), shade).save(file, "PNG")
    return Order(content=file.getvalue(), result_types=types or ("Text",), language=language)


@pytest.fixture
def patient() -> PatientReader:
    """A reader that waits for a word."""
    return PatientReader()


def test_a_task_is_processing_for_as_long_as_reading_takes(patient: PatientReader) -> None:
    """However long; then it is done at once, and the same image is not read again."""
    now = utc_now()
    state = SandboxState(clock=lambda: now, reader=patient)
    task = state.submit(IMAGE, order())
    now += timedelta(hours=1)
    assert state.find(task.task_id, IMAGE)[1] is Phase.PROCESSING
    patient.go_on()
    found, phase = state.find(task.task_id, IMAGE)
    assert found is not None
    assert (phase, found.text[:9], found.notices) == (Phase.COMPLETED, "These are", ("read here",))
    again = state.submit(TRIAL, order())
    assert (patient.asked, again.being_read) == ([], False)
    assert state.submit(IMAGE, order(1)).being_read
    state.close()


def test_what_is_not_read_fails_with_a_sentence(patient: PatientReader) -> None:
    """Of this task only."""
    state = SandboxState(reader=patient, tempo=Tempo(0, 0))
    first, second = state.submit(IMAGE, order(1)), state.submit(IMAGE, order(2))
    patient.go_on(refusal="No luck.")
    patient.go_on()
    assert state.find(first.task_id, IMAGE)[1] is Phase.ERROR
    assert state.find(second.task_id, IMAGE)[1] is Phase.COMPLETED
    failed = state.find(first.task_id, IMAGE)[0]
    assert failed is not None
    assert failed.failure == "No luck."
    state.close()


@pytest.mark.parametrize("language", ["Russian", "Arabic", "HWT_ENG", "Vietnamese"])
def test_other_languages_get_a_sentence(language: str, patient: PatientReader) -> None:
    """Rather than wrong letters; the languages it reads are named."""
    state = SandboxState(reader=patient, tempo=Tempo(0, 0))
    task = state.submit(IMAGE, order(language=language))
    assert patient.asked == []
    assert task.failure.startswith(
        f"The reader on this machine does not read {language}. It reads Afrikaans, "
    )
    state.close()


@pytest.mark.parametrize(
    "operation", [Operation.DESKEW_IMAGE, Operation.IDENTIFY_FONT, Operation.RECOGNIZE_INVOICE]
)
def test_only_text_is_read(operation: Operation, patient: PatientReader) -> None:
    """Other operations answer as they do without a reader."""
    state = SandboxState(reader=patient)
    assert not state.submit(Endpoint(operation, trial=False), order()).being_read
    state.close()


def test_reading_goes_on_after_a_restart(patient: PatientReader, tmp_path: Path) -> None:
    """What was read is there, what was not is read; what cannot be any more says so."""
    path = tmp_path / "sandbox.json"
    state = SandboxState(path=path, reader=patient, tempo=Tempo(0, 0))
    first, second = state.submit(IMAGE, order(1, "Hocr")), state.submit(IMAGE, order(2))
    patient.go_on()
    state.close()
    patient.asked.clear()

    state = SandboxState(path=path, reader=patient, tempo=Tempo(0, 0))
    found = state.find(first.task_id, IMAGE)[0]
    kept = state.reading_of(found)
    assert kept is not None
    assert kept.text.startswith("These are")
    assert [it[0] for it in patient.asked] == [second.sha256]
    state.close()

    state = SandboxState(path=path, tempo=Tempo(0, 0))
    stopped = state.find(second.task_id, IMAGE)[0]
    assert stopped is not None
    assert "Send it once more" in stopped.failure


def test_what_was_read_goes_with_its_task(patient: PatientReader, tmp_path: Path) -> None:
    """After 24 hours nothing of an image is left, nor of what stood on it."""
    now = utc_now()
    folder = tmp_path / "sandbox-reading"
    state = SandboxState(clock=lambda: now, path=tmp_path / "sandbox.json", reader=patient)
    state.submit(IMAGE, order(1))
    patient.go_on()
    assert [it.suffix for it in folder.iterdir()] == [".json"]
    now += timedelta(hours=25)
    state.submit(Endpoint(Operation.DESKEW_IMAGE, trial=False), order(2))
    assert list(folder.iterdir()) == []
    state.close()


def test_evaluation_mode_masks_the_same_words_everywhere(patient: PatientReader) -> None:
    """In text, hOCR and blocks; as measured: one word in ten, whole, in letters only."""
    with SandboxServer(state=SandboxState(reader=patient, tempo=Tempo(0, 0))) as server:
        task = server.state.submit(TRIAL, order(3, "Text", "Hocr", "Json", "Pdf"))
        patient.go_on()
        address = f"{server.url}/v5.0/ocr/RecognizeImageTrial"
        answer = requests.get(address, params={"id": task.task_id}, timeout=5).json()
        server.state.close()
    text, hocr, blocks, pdf = (base64.b64decode(part["data"]) for part in answer["results"])
    plain = "These are ten words and so one of them is ** masked"
    (position,) = choose_words(plain, task.sha256)
    masked = "*" * len(plain.split()[position])
    assert text.decode().split()[position] == masked
    assert f">{masked}</span>" in hocr.decode()
    assert json.loads(blocks)[0]["text"] == text.decode()
    assert pdf.startswith(b"%PDF-")
    assert answer["error"]["messages"] == ["read here"]


@pytest.fixture
def reads(reader: ReaderProcess) -> Iterator[SandboxServer]:
    """A sandbox with the real reader."""
    with SandboxServer(state=SandboxState(reader=Reader(reader), tempo=Tempo(0, 0))) as server:
        yield server


def test_an_image_of_ones_own_is_read_over_http(
    reads: SandboxServer, page: Image.Image, word_errors: Callable[[str], float]
) -> None:
    """The whole way: sent as by the service's clients, fetched until it is done."""
    file = io.BytesIO()
    page.resize((page.width // 2, page.height // 2)).save(file, "JPEG")
    body = {
        "image": base64.b64encode(file.getvalue()).decode(),
        "settings": {"language": "Latin", "resultType": "TextAndPdfAndHocr"},
    }
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {DEMO_ACCESS_TOKEN}"
        address = f"{reads.url}/v5.0/ocr/RecognizeImage"
        task_id = session.post(address, json=body, timeout=5).text
        for _ in range(600):
            answer = session.get(address, params={"id": task_id}, timeout=5).json()
            if answer["taskStatus"] not in {"Pending", "Processing"}:
                break
            time.sleep(0.1)
    assert answer["taskStatus"] == "Completed", answer["error"]
    text, pdf, hocr = (base64.b64decode(part["data"]) for part in answer["results"])
    assert word_errors(text.decode()) <= 0.02
    assert b"/DCTDecode" in pdf
    assert b"x_wconf" in hocr
    assert hashlib.sha256(file.getvalue()).hexdigest() not in hocr.decode()
