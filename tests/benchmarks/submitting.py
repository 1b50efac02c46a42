"""What a submission by script costs: ``python tests/benchmarks/submitting.py 200 5`` sends 200 files of 5 MB.

A server as people start it, which polls nothing, and noise that no compression makes smaller. Says CPU seconds a MB,
the time, and by how much the server's memory grew at its highest.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from dashboard.client import Client

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.commands import free_port, running

_TICKS = os.sysconf("SC_CLK_TCK")
_BYTES_A_PIXEL = 3


def noise(path: Path, megabytes: float) -> None:
    """A picture of so many MB."""
    side = int((megabytes * 1e6 / _BYTES_A_PIXEL) ** 0.5)
    Image.frombytes("RGB", (side, side), os.urandom(side * side * _BYTES_A_PIXEL)).save(
        path, compress_level=0
    )


def resident(pid: int) -> int:
    """Bytes of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int) -> float:
    """Seconds of CPU of a process and of those it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def main(count: int, megabytes: float) -> None:
    """Send them and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        paths = [folder / f"{number}.png" for number in range(count)]
        for path in paths:
            noise(path, megabytes)
        environment = {"OCR_DASHBOARD_DATA_DIR": str(folder / "data"), "OCR_DASHBOARD_POLLER": "off"}
        with running("serve", "--port", str(port), folder=folder, environment=environment) as server:
            server.wait_for("is ready at")
            pid = server.process.pid
            with Client(f"http://127.0.0.1:{port}") as client:
                client.submit([paths[0]], settings={"trial": True})  # what is loaded at the first one
                before, spent, highest, over = resident(pid), cpu(pid), [resident(pid)], threading.Event()

                def look() -> None:
                    while not over.wait(0.05):
                        highest[0] = max(highest[0], resident(pid))

                threading.Thread(target=look, daemon=True).start()
                began = time.monotonic()
                batch = client.submit(paths, settings={"trial": True})
                took = time.monotonic() - began
                over.set()
            total = count * megabytes
            print(f"{batch.total} files, {total:.0f} MB in {took:.1f} s ({total / took:.0f} MB/s)")
            print(f"CPU of the server: {(cpu(pid) - spent) / total * 1000:.1f} ms a MB")
            print(f"memory of the server: grew by {(highest[0] - before) / 1e6:.0f} MB at its highest")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
