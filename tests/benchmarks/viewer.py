"""What opening a large result costs the server: ``python tests/benchmarks/viewer.py``.

The same page with a result a hundred times as large: pages of a text keep the work and what is sent small.
"""

import base64
import io
import os
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TypeVar

import openpyxl
from sqlalchemy import insert
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Part, RawPart, Task
from dashboard.results.decoding import decode_parts
from dashboard.results.hocr import read_hocr
from dashboard.results.json_tree import as_html, read_json
from dashboard.results.pdf_pages import draw_page
from dashboard.results.sheets import read_table
from dashboard.results.sniffing import CSV, WORKBOOK
from dashboard.sandbox.documents import hocr, pdf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import ROOT, building, medians_ms, show

SMALL, LARGE = 50_000, 5_000_000
"""Characters."""

TIMES = 5

T = TypeVar("T")


def main() -> None:
    """Measure pages, then readers of files."""
    logs.configure(level="error")
    set_log_level("ERROR")  # pages without a server warn at every turn
    os.chdir(ROOT)  # where Streamlit finds its settings
    rows = []
    with tempfile.TemporaryDirectory() as folder, building(Path(folder)) as app:
        for name, make in {"lines": _lines, "one line": _one_line, "trial": _trial}.items():
            refs = [store(app, make(size), trial=name == "trial") for size in (SMALL, LARGE)]
            rows.append((f"page, {name}", *measured(partial(opened, app), refs)))
    for name, (read, pair) in readers().items():
        rows.append((name, *measured(read, pair)))
    show(
        "Viewers: milliseconds (median) for a small and a large result",
        ["what", "50 kB", "5 MB", "ratio", "peak MB"],
        rows,
        {
            "page": "a full rerun of the task page without a browser (AppTest)",
            "peak MB": "of Python objects while the large one is opened",
            "PDF": "the first page of 60 and of 6,000 lines, in a process of its own whose memory is not counted",
        },
    )


def measured(work: Callable[[T], object], pair: Sequence[T]) -> tuple[str, str, str, str]:
    """Milliseconds for a small and a large one, their ratio, and the peak of memory for the large one."""
    small, large = medians_ms([partial(work, one) for one in pair], times=TIMES)
    return f"{small:.0f}", f"{large:.0f}", f"{large / small:.1f}", f"{_peak(partial(work, pair[1])):.0f}"


def store(app: Dashboard, text: str, *, trial: bool) -> int:
    """A finished task with this text; its ID."""
    now = app.clock()
    raw = RawPart("Text", base64.b64encode(text.encode()).decode())
    (part,) = decode_parts([raw], trial=trial)
    with app.database.writing() as session:
        task = Task(
            team_id=app.team.team_id,
            api_url="https://ocr.example",
            task_id=f"viewer-{len(text)}-{text[:5]}-{trial}",
            operation="RecognizeImage",
            trial=trial,
            state="completed",
            registered_at=now,
            expires_at=now,
            completed_at=now,
        )
        session.add(task)
        session.flush()
        fields = asdict(part) | {"remarks": list(part.remarks), "size": len(part.data), "position": 0}
        session.connection().execute(insert(Part), fields | {"task_ref": task.id})
        return task.id or 0


def opened(app: Dashboard, task_ref: int) -> None:
    """The task page, drawn once."""
    bootstrap.use(app)
    page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120)
    page.query_params["id"] = str(task_ref)
    page.switch_page(str(ROOT / "pages" / "task.py")).run()
    bootstrap.use(None)
    if page.exception:
        raise RuntimeError(page.exception)


def readers() -> dict[str, tuple[Callable[[bytes], object], Sequence[bytes]]]:
    """What reads a file, with a small and a large one."""
    return {
        "hOCR": (lambda data: read_hocr(data.decode()), [hocr("word " * n).encode() for n in (500, 50_000)]),
        "JSON": (
            lambda data: as_html(read_json(data.decode())),
            [b"[" + b",".join([b'{"name": "chair"}'] * n) + b"]" for n in (2_500, 250_000)],
        ),
        "CSV": (
            lambda data: read_table(data, CSV.media_type),
            [b"chair,12.50,EUR\n" * n for n in (3_000, 300_000)],
        ),
        "Excel": (
            lambda data: read_table(data, WORKBOOK.media_type),
            [_workbook(n) for n in (1_000, 100_000)],
        ),
        "PDF": (
            lambda data: draw_page(data, 0),
            [pdf("\n".join(f"line {number}" for number in range(n))) for n in (60, 6_000)],
        ),
    }


def _workbook(rows: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(rows):
        sheet.append([f"chair {number}", 12.5, "EUR"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _lines(size: int) -> str:
    line = "a line of a long document, as they usually are\n"
    return line * (size // len(line))


def _one_line(size: int) -> str:
    return "word " * (size // 5)


def _trial(size: int) -> str:
    line = "nine words and then the one that is ****** here\n"
    return line * (size // len(line))


def _peak(work: Callable[[], object]) -> float:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1_000_000


if __name__ == "__main__":
    main()
