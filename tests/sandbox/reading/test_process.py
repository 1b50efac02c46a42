"""Whatever the reader's process does, one image fails and the server goes on."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.sandbox.reading.pages import Reading
from dashboard.sandbox.reading.process import NotRead, ReaderProcess
from dashboard.sandbox.reading.reader import Reader

BAD = "tests.sandbox.reading.bad_child"
Make = Callable[[str], Path]


@pytest.fixture
def process() -> Iterator[ReaderProcess]:
    """A process that does what files say; three seconds are too long for it."""
    process = ReaderProcess(seconds=3, module=BAD)
    yield process
    process.end()


@pytest.fixture
def file(tmp_path: Path) -> Make:
    """A file that says what is to be done."""

    def make(text: str) -> Path:
        path = tmp_path / text.replace(" ", "-")
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        pytest.param("hang", "took longer than 3 seconds", id="takes too long"),
        pytest.param("crash", "broke down", id="native crash"),
        pytest.param("garbage", "broke down", id="no answer of ours"),
    ],
)
def test_trouble_is_one_images_own(trouble: str, said: str, process: ReaderProcess, file: Make) -> None:
    """The next one has a fresh process."""
    with pytest.raises(NotRead, match=said):
        process.read(file(trouble))
    assert not process.is_running
    assert process.read(file("all is well")).text == "all is well"


def test_secrets_stay_with_the_server(
    process: ReaderProcess, file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What parses strangers' images knows none of our settings."""
    monkeypatch.setenv("OCR_DASHBOARD_SECRET_KEYS", "planted")
    with pytest.raises(NotRead) as refused:
        process.read(file("environment"))
    assert "PATH" in str(refused.value)
    assert "OCR_DASHBOARD" not in str(refused.value)


def test_it_is_ended_while_it_reads(process: ReaderProcess, file: Make) -> None:
    """A server that stops waits for no image."""
    timer = threading.Timer(0.3, process.end)
    timer.start()
    with pytest.raises(NotRead):
        process.read(file("hang"))
    assert not process.is_running
    with pytest.raises(NotRead):
        process.read(file("all is well"))


def test_images_are_read_in_turn_and_the_process_rests_after_them(process: ReaderProcess, file: Make) -> None:
    """One fails, the others come in their order; when there are no more the memory is free again."""
    reader = Reader(process, idle_seconds=0.2)
    came: list[tuple[str, str]] = []
    all_told = threading.Event()

    def done(digest: str, reading: Reading | str) -> None:
        came.append((digest, reading if isinstance(reading, str) else reading.text))
        if len(came) == 3:
            all_told.set()

    for text in ("first one", "crash", "last one"):
        reader.read(text, file(text), done)
    assert all_told.wait(20)
    assert [came[0], came[2]] == [("first one", "first one"), ("last one", "last one")]
    assert "broke down" in came[1][1]
    thread = next(it for it in threading.enumerate() if it.name == "sandbox-reader")
    thread.join(10)
    assert not reader.is_running

    all_told.clear()
    came.clear()
    for _ in range(3):
        reader.read("again", file("again"), done)
    assert all_told.wait(20)
    reader.stop()


def test_nothing_of_it_is_loaded_with_the_dashboard() -> None:
    """Half a gigabyte belongs into its own process, and the extra may be missing."""
    code = (
        "import sys, dashboard.sandbox, dashboard.bootstrap, dashboard.cli\n"
        "dashboard.sandbox.reader_here()\n"
        "print({'rapidocr', 'onnxruntime', 'cv2'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert ended.stdout.strip() == "set()"


def test_the_process_has_no_way_to_the_network() -> None:
    """A model that is missing is said to be missing, never fetched."""
    code = (
        "import socket\nfrom dashboard.sandbox.reading import child\nchild._hold_back()\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9))\n"
        "except OSError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert ended.stdout.strip() == "the reader has no network"
