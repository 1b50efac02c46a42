"""What taking out ten thousand results costs: ``python tests/benchmarks/export.py``."""

import sys
import tempfile
import time
from pathlib import Path

import requests

from dashboard import logs

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import NOBODY, Running, building, fill, serving_dashboard, show

SIZES = (1_000, 10_000)


def main() -> None:
    """Download everything as one ZIP, and look at the server's memory meanwhile."""
    logs.configure(level="error")
    rows = [export(size) for size in SIZES]
    each = [seconds / size for size, seconds, *_ in rows]
    show(
        "Every result of a team as one ZIP",
        ["results", "seconds", "first byte s", "MB", "server MiB before", "highest", "grown"],
        [
            (
                f"{size:,}",
                f"{seconds:.1f}",
                f"{first:.2f}",
                f"{megabytes:.1f}",
                f"{before:.0f}",
                f"{peak:.0f}",
                f"{peak - before:.0f}",
            )
            for size, seconds, first, megabytes, before, peak in rows
        ],
        {
            "seconds a result": f"{each[-1] / each[0]:.2f} times as long among {SIZES[-1]:,} as among {SIZES[0]:,}",
            "highest": "resident memory of the server, read after each 64 kB that arrived",
        },
    )


def export(size: int) -> tuple[int, float, float, float, float, float]:
    """Results, seconds, seconds to the first byte, megabytes, and MiB of the server before and at most."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with building(folder) as app:
            fill(app, size)
        with serving_dashboard(folder, api_url=NOBODY) as server:
            return size, *download(server)


def download(server: Running) -> tuple[float, float, float, float, float]:
    """Take everything, keep nothing."""
    requests.get(f"{server.url}/api/v1/tasks", timeout=60).raise_for_status()  # what loads late is loaded now
    before = peak = server.rss_mib
    first, received, began = 0.0, 0, time.perf_counter()
    with requests.get(f"{server.url}/api/v1/export", stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(65_536):
            first = first or time.perf_counter() - began
            received += len(piece)
            peak = max(peak, server.rss_mib)
    return time.perf_counter() - began, first, received / 1e6, before, peak


if __name__ == "__main__":
    main()
