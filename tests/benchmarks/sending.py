"""What sending costs: ``python tests/benchmarks/sending.py [FILES] [MEGABYTES]``.

A script posts so many images to a server, which looks at each, keeps it and sends it on to a service that takes
everything. Processor time and memory are those of the server with all the processes it starts; beside it a bare
``requests`` session sends the same images to the same service and keeps nothing.
"""

import base64
import io
import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import Running, serving_dashboard, show
from tests.chaos.test_sending import counting_service

FILES = int(sys.argv[1]) if len(sys.argv) > 1 else 200
MEGABYTES = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
IN_A_CALL = 20
LONGEST_SECONDS = 900.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time and by the clock; bytes of memory at rest, at most, and so of the server alone."""

    cpu: float
    wall: float
    rest: int = 0
    most: int = 0
    alone: int = 0


def image(number: int) -> bytes:
    """A picture of about the size wanted, unlike all others."""
    return _PICTURE + number.to_bytes(4, "big")  # readers of JPEG ignore what follows its end


def _picture() -> bytes:
    side = int((MEGABYTES * 1e6 / 1.1) ** 0.5)
    noise = np.random.default_rng(7).integers(0, 255, (side, side), dtype=np.uint8)
    made = io.BytesIO()
    Image.fromarray(noise).save(made, "JPEG", quality=92)
    return made.getvalue()


_PICTURE = _picture()


def tree_of(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            children = (task / "children").read_text().split()
            found += [int(child) for child in children]
    return found


def memory_of(*pids: int) -> int:
    """Resident bytes of processes."""
    total = 0
    for one in pids:
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError):
            continue
    return total


def cpu_of(pid: int) -> float:
    """Processor seconds of a process, with children that have ended, and of those that live."""
    total = 0
    for one in tree_of(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15] if one == pid else fields[11:13]))
    return total / TICKS


def through_the_dashboard(server: Running) -> Spent:
    """Post all, and wait until all are sent."""
    pid = server.process.pid
    post(server, [image(0)])
    wait_until_sent(server, 1)
    rest, most, is_over = memory_of(pid), [0, 0], threading.Event()

    def look() -> None:
        while not is_over.wait(0.05):
            most[:] = max(most[0], memory_of(*tree_of(pid))), max(most[1], memory_of(pid))

    watching = threading.Thread(target=look)
    watching.start()
    cpu, began = cpu_of(pid), time.monotonic()
    try:
        for start in range(0, FILES, IN_A_CALL):
            numbers = range(start + 1, min(start + IN_A_CALL, FILES) + 1)
            post(server, [image(number) for number in numbers])
        wait_until_sent(server, -(-FILES // IN_A_CALL) + 1)
    finally:
        is_over.set()
        watching.join()
    return Spent(cpu_of(pid) - cpu, time.monotonic() - began, rest, *most)


def post(server: Running, images: list[bytes]) -> None:
    """One call with some images; anything but success ends the run."""
    files = [
        ("file", (f"{number}.jpg", io.BytesIO(data), "image/jpeg")) for number, data in enumerate(images)
    ]
    settings = json.dumps({"trial": True})
    answer = requests.post(
        f"{server.url}/api/v1/submissions", files=files, data={"settings": settings}, timeout=600
    )
    answer.raise_for_status()
    assert not answer.json()["refused"], answer.text[:500]


def wait_until_sent(server: Running, batches: int) -> None:
    """Until nothing of these batches waits."""
    ends = time.monotonic() + LONGEST_SECONDS
    for batch in range(1, batches + 1):
        while requests.get(f"{server.url}/api/v1/batches/{batch}", timeout=30).json()["waiting"]:
            assert time.monotonic() < ends, "it takes too long"
            time.sleep(0.1)


def bare(url: str) -> Spent:
    """The same images by a session of one thread."""
    session = requests.Session()
    cpu, began = time.thread_time(), time.monotonic()
    for number in range(1, FILES + 1):
        body = json.dumps({"image": base64.b64encode(image(number)).decode(), "settings": {}})
        answer = session.post(f"{url}/v5.0/ocr/RecognizeImageTrial", data=body, timeout=60)
        answer.raise_for_status()
    return Spent(time.thread_time() - cpu, time.monotonic() - began)


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder, counting_service(0.0, keeps=False) as (url, _):
        with serving_dashboard(Path(folder), api_url=url) as server:
            spent = through_the_dashboard(server)
        alone = bare(url)
    megabytes = FILES * len(_PICTURE) / 1e6
    show(
        f"{FILES} images of {len(_PICTURE) / 1e6:.1f} MB each",
        ["", "CPU, ms per MB", "seconds", "MB of memory at rest", "at most", "more", "of the server alone"],
        [
            [
                "through the dashboard",
                f"{spent.cpu / megabytes * 1e3:.1f}",
                f"{spent.wall:.1f}",
                f"{spent.rest / 1e6:.0f}",
                f"{spent.most / 1e6:.0f}",
                f"{(spent.most - spent.rest) / 1e6:.0f}",
                f"{(spent.alone - spent.rest) / 1e6:.0f}",
            ],
            ["bare session", f"{alone.cpu / megabytes * 1e3:.1f}", f"{alone.wall:.1f}", "", "", "", ""],
        ],
        {
            "through the dashboard": "looked at, a small picture made, kept in SQLite, sent; with all its processes"
        },
    )


if __name__ == "__main__":
    main()
