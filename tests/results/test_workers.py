"""Processes that open files: few at once, and none again and again for one document."""

import io
import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboard.results import pdf_pages, pdf_worker, sheets, workbook_worker, workers
from dashboard.results.pdf_pages import draw_page
from dashboard.results.sheets import Unreadable, read_table
from dashboard.results.sniffing import WORKBOOK
from dashboard.results.workers import (
    AT_ONCE,
    MOST_WAITING,
    REMEMBERED_SECONDS,
    SLOW_SECONDS,
    Trouble,
    WorkerFailed,
    Workers,
)
from dashboard.sandbox.documents import pdf
from tests.chaos.waiting import wait_until

DOCUMENT = b"a document"
PATIENCE = 20.0


class Clock:
    """Seconds that only the test lets pass."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.each_look = 0.0

    def __call__(self) -> float:
        """What time it is."""
        self.now += self.each_look
        return self.now


class Script:
    """A worker that counts how often it was started."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.path = folder / "worker.py"
        self._starts = folder / "starts"
        self._starts.touch()
        self._folder = folder
        self.path.write_text(
            "import os, sys, time\n"
            "data = sys.stdin.buffer.read()\n"
            f"with open({str(self._starts)!r}, 'a') as file: file.write('x')\n"
            f"gate = {str(folder / 'open')!r}\n{ending}\n"
        )

    @property
    def starts(self) -> int:
        """How often."""
        return len(self._starts.read_text())

    def open(self) -> None:
        """Let those go on that wait."""
        (self._folder / "open").touch()


FAILS = "sys.exit(1)"
ENDLESS = "while True: pass"
WORKS = "sys.stdout.buffer.write(b'drawn ' + data)"
WAITS = f"while not os.path.exists(gate): time.sleep(0.01)\n{WORKS}"


@pytest.fixture
def clock() -> Clock:
    """The time."""
    return Clock()


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Script]:
    """Makes a worker."""
    return lambda ending: Script(tmp_path, ending)


def trouble_of(made: Workers, script: Script, data: bytes = DOCUMENT, *arguments: str) -> Trouble | None:
    """What goes wrong; None for nothing."""
    try:
        made.run(script.path, data, seconds=1, arguments=arguments)
    except WorkerFailed as error:
        return error.trouble
    return None


@pytest.mark.parametrize(("ending", "trouble"), [(FAILS, Trouble.FAILED), (ENDLESS, Trouble.TOO_SLOW)])
def test_a_failure_is_remembered(
    clock: Clock, script: Callable[[str], Script], ending: str, trouble: Trouble
) -> None:
    """The same is said without another process, for a while; then it is tried once more."""
    made, worker = Workers(monotonic=clock), script(ending)
    assert [trouble_of(made, worker) for _ in range(5)] == [trouble] * 5
    assert worker.starts == 1
    clock.now += REMEMBERED_SECONDS
    assert trouble_of(made, worker) is trouble
    assert worker.starts == 2


def test_a_wrong_page_takes_nobody_the_others(clock: Clock, script: Callable[[str], Script]) -> None:
    """Somebody who asks for page 999 of a good document spoils it for nobody."""
    made = Workers(monotonic=clock)
    worker = script(f"{WORKS} if sys.argv[1] != '999' else sys.exit(1)")
    assert trouble_of(made, worker, DOCUMENT, "999") is Trouble.FAILED
    assert trouble_of(made, worker, DOCUMENT, "0") is None
    assert trouble_of(made, worker, DOCUMENT, "999") is Trouble.FAILED
    assert worker.starts == 2


@pytest.mark.parametrize("ending", [ENDLESS, FAILS], ids=["endless", "slow to fail"])
def test_a_costly_document_is_costly_on_every_page(
    clock: Clock, script: Callable[[str], Script], ending: str
) -> None:
    """Nobody gets another half minute of work for each page there might be."""
    made, worker = Workers(monotonic=clock), script(ending)
    clock.each_look = SLOW_SECONDS
    first = trouble_of(made, worker, DOCUMENT, "0")
    assert [trouble_of(made, worker, DOCUMENT, str(page)) for page in range(1, 9)] == [first] * 8
    assert worker.starts == 1


def test_reading_its_text_takes_nobody_the_pages(clock: Clock, script: Callable[[str], Script]) -> None:
    """A document whose text cannot be read in time may still be looked at; it is tried once for each."""
    made, worker = Workers(monotonic=clock), script(f"{WORKS} if sys.argv[1] != 'pdf' else sys.exit(1)")
    clock.each_look = SLOW_SECONDS
    for _ in range(3):
        with pytest.raises(WorkerFailed):
            made.run(worker.path, DOCUMENT, seconds=5, arguments=("pdf",), says_all=False)
    assert worker.starts == 1
    assert made.run(worker.path, DOCUMENT, seconds=5, arguments=("0",)) == b"drawn " + DOCUMENT


def test_other_documents_are_no_worse_off(clock: Clock, script: Callable[[str], Script]) -> None:
    """A failure is one document's."""
    made, worker = Workers(monotonic=clock), script(f"sys.exit(1) if data == b'bad' else {WORKS}")
    assert trouble_of(made, worker, b"bad") is Trouble.FAILED
    assert made.run(worker.path, b"good", seconds=5) == b"drawn good"


def test_few_run_at_once_and_one_for_a_document(script: Callable[[str], Script]) -> None:
    """Others are told to look again; who waits gets their turn."""
    made, hasty, worker = Workers(), Workers(patience_seconds=0), script(WAITS)
    hasty._busy, hasty._changed = made._busy, made._changed  # the same place, without patience
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        first = pool.submit(made.run, worker.path, b"0", seconds=30)
        wait_until(lambda: worker.starts == 1, "the first one is at work")
        assert trouble_of(hasty, worker, b"0") is Trouble.BUSY
        others = [
            pool.submit(made.run, worker.path, b"%d" % number, seconds=30) for number in range(1, AT_ONCE)
        ]
        wait_until(lambda: worker.starts == AT_ONCE, "as many as may are at work")
        assert trouble_of(hasty, worker, b"another") is Trouble.BUSY
        late = pool.submit(made.run, worker.path, b"late", seconds=30)
        assert worker.starts == AT_ONCE
        worker.open()
        assert [it.result(30) for it in (first, *others, late)] == [
            b"drawn 0",
            *(b"drawn %d" % number for number in range(1, AT_ONCE)),
            b"drawn late",
        ]


def test_few_wait(script: Callable[[str], Script]) -> None:
    """What they wait with is a thread of the server."""
    made, worker = Workers(), script(WAITS)
    with ThreadPoolExecutor(MOST_WAITING + 1) as pool:
        first = pool.submit(made.run, worker.path, DOCUMENT, seconds=30)
        wait_until(lambda: worker.starts == 1, "the first one is at work")
        waiting = [pool.submit(made.run, worker.path, DOCUMENT, seconds=30) for _ in range(MOST_WAITING)]
        wait_until(lambda: made._waiting == MOST_WAITING, "the others wait")
        assert trouble_of(made, worker) is Trouble.BUSY
        worker.open()
        assert {it.result(30) for it in (first, *waiting)} == {b"drawn " + DOCUMENT}
    assert made._waiting == 0


def test_who_waited_for_a_failure_makes_no_other(script: Callable[[str], Script]) -> None:
    """They learn what the one before has learned."""
    made, worker = Workers(), script(f"{WAITS}\nsys.exit(1)")
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(trouble_of, made, worker) for _ in range(4)]
        wait_until(lambda: made._waiting == 3, "three wait for the first one")
        worker.open()
        assert [it.result(30) for it in told] == [Trouble.FAILED] * 4
    assert worker.starts == 1


def test_nothing_is_kept_for_ever(
    clock: Clock, script: Callable[[str], Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what fails."""
    monkeypatch.setattr(workers, "_MOST_REMEMBERED", 3)
    made, worker = Workers(monotonic=clock), script(FAILS)
    for number in range(5):
        trouble_of(made, worker, b"%d" % number)
    assert len(made._failed) == 3


@pytest.mark.parametrize("how", ["end_all", "signal"])
def test_a_process_that_is_ended_from_outside(script: Callable[[str], Script], how: str) -> None:
    """Because the server ends: that says nothing about the document, and the next server reads it."""
    made, worker = Workers(), script("os.kill(os.getpid(), 15)" if how == "signal" else WAITS)

    def ended() -> Trouble | None:
        try:
            made.run(worker.path, DOCUMENT, seconds=PATIENCE)
        except WorkerFailed as error:
            return error.trouble
        return None

    with ThreadPoolExecutor() as threads:
        asking = threads.submit(ended)
        if how == "end_all":
            wait_until(lambda: worker.starts == 1, "it is being read")
            made.end_all()
        assert asking.result(PATIENCE) is Trouble.BUSY
    assert made._failed == {}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no process groups of this kind")
def test_a_terminal_does_not_reach_it(script: Callable[[str], Script]) -> None:
    """Ctrl+C is for us, and we end it."""
    worker = script("sys.stdout.write(str(os.getpgid(0)))")
    assert int(Workers().run(worker.path, b"one", seconds=PATIENCE)) != os.getpgid(0)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Workers of a server that has just started, in a hurry."""
    made = Workers(patience_seconds=0)
    monkeypatch.setattr(pdf_pages, "WORKERS", made)
    monkeypatch.setattr(sheets, "WORKERS", made)
    return made


def workbook() -> bytes:
    """A ZIP with something in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.xml"), "<a/>")  # the same bytes at any time
    return file.getvalue()


@pytest.mark.usefixtures("fresh")
def test_pages_of_a_pdf_that_takes_too_long(
    script: Callable[[str], Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One viewer who turns its pages has one process started."""
    worker = script(ENDLESS)
    monkeypatch.setattr(pdf_worker, "__file__", str(worker.path))
    monkeypatch.setattr(pdf_pages, "_SECONDS", 0.5)
    data = pdf("slow")
    for page in range(10):
        with pytest.raises(Unreadable, match="takes too long"):
            draw_page(data, page)
    assert worker.starts == 1


@pytest.mark.usefixtures("fresh")
def test_a_workbook_that_cannot_be_read(
    script: Callable[[str], Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no better."""
    worker = script(FAILS)
    monkeypatch.setattr(workbook_worker, "__file__", str(worker.path))
    for _ in range(5):
        with pytest.raises(Unreadable, match="cannot be shown here"):
            read_table(workbook(), WORKBOOK.media_type)
    assert worker.starts == 1


@pytest.mark.parametrize("kind", ["PDF", "workbook"])
def test_a_full_house_is_said_calmly(fresh: Workers, kind: str) -> None:
    """And is not remembered: the next look may find a free place."""
    with fresh._turn("one"), fresh._turn("two"), pytest.raises(Unreadable, match="Look again in a moment"):
        draw_page(pdf("fine"), 0) if kind == "PDF" else read_table(workbook(), WORKBOOK.media_type)
    assert draw_page(pdf("fine"), 0).pages == 1
