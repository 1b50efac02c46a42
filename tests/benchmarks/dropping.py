"""What 200 dropped files of 5 MB cost: ``python tests/benchmarks/dropping.py [FILES]``.

Uploads go to a server of their own, three at a time as a browser sends them; its memory is looked at meanwhile and
compared with what it would hold if it kept every byte until the page is left, as Streamlit's uploader does. Keeping is
the way from the disk into the database when somebody presses *Send*, compared with copying the file.
"""

import io
import os
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from PIL import Image

from dashboard import logs
from dashboard.models.dispatches import Pieces

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import NOBODY, Running, building, serving_dashboard, show

AT_ONCE = 3
_KEPT = 20


def main() -> None:
    """Upload, then keep."""
    logs.configure(level="error")
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    image = noise()
    megabytes = len(image) / 1e6
    with tempfile.TemporaryDirectory() as folder, serving_dashboard(Path(folder), api_url=NOBODY) as running:
        upload(running, image, 0)
        before, cpu, began = running.rss_mib, running.cpu_seconds, time.perf_counter()
        peak = watched(running, image, files)
        seconds, cpu = time.perf_counter() - began, running.cpu_seconds - cpu
    grown, whole = peak - before, files * len(image) / 2**20
    show(
        f"{files} files of {megabytes:.1f} MB dropped, {AT_ONCE} at once",
        [
            "memory before, MiB",
            "grown by at most, MiB",
            "of what was sent",
            "seconds a file",
            "server's CPU, ms a MB",
        ],
        [
            [
                f"{before:.0f}",
                f"{grown:.0f}",
                f"{grown / whole:.1%}",
                f"{seconds / files:.2f}",
                f"{1000 * cpu / files / megabytes:.1f}",
            ]
        ],
        {"of what was sent": "100 % where every byte is kept in memory until the page is left"},
    )
    keep(image, megabytes)


def keep(image: bytes, megabytes: float) -> None:
    """Measure the way into the database."""
    with tempfile.TemporaryDirectory() as folder, building(Path(folder) / "data") as app:
        path = Path(folder) / "a.png"
        path.write_bytes(image)
        began = time.perf_counter()
        for number in range(_KEPT):
            shutil.copyfile(path, Path(folder) / f"{number}.png")
        copied, began = time.perf_counter() - began, time.perf_counter()
        for _ in range(_KEPT):
            app.team.kept_sources.keep(name="a.png", data=Pieces.of_file(path), media_type="image/png")
        kept = time.perf_counter() - began
    each = 1000 / _KEPT / megabytes
    show(
        f"{_KEPT} files of {megabytes:.1f} MB kept in SQLite",
        ["ms a MB", "copying the file, ms a MB", "ratio"],
        [[f"{kept * each:.1f}", f"{copied * each:.1f}", f"{kept / copied:.0f}"]],
        {"ms a MB": "its digest included"},
    )


def watched(running: Running, image: bytes, files: int) -> float:
    """Upload, and give back the most memory that was seen."""
    most, is_over = running.rss_mib, threading.Event()

    def look() -> None:
        nonlocal most
        while not is_over.wait(0.02):
            most = max(most, running.rss_mib)

    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: upload(running, image, number), range(files)))
    is_over.set()
    looking.join()
    return most


def upload(running: Running, image: bytes, number: int) -> None:
    """One file, as the page sends it."""
    answer = requests.post(
        f"{running.url}/api/v1/dropped", params={"name": f"{number}.png"}, data=image, timeout=60
    )
    answer.raise_for_status()
    if not answer.json()["files"]:
        sys.exit(f"Not taken: {answer.json()}")


def noise() -> bytes:
    """An image that nothing makes smaller: five megabytes."""
    side = 1300
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
