"""What the drop-in address costs: ``python tests/benchmarks/drop_in.py [tutorial latency waiting large]``.

Scripts, the dashboard and the service are processes of their own; the same scripts talk to the service directly and
through the address, in one run.
"""

import base64
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import requests

from dashboard import logs
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import Running, building, percentile, serving, serving_dashboard, show

TASKS = 300
WITHIN = 40.0
"""Seconds over which the scripts of a team begin."""
MEDIAN_SECONDS, SPREAD = 3.0, 0.8
TRIES, PAUSE = 10, 2.0
PATH = "/v5.0/ocr/RecognizeImage"
DIRECTLY = {"Authorization": f"Bearer {DEMO_ACCESS_TOKEN}"}
WAITING, LEAST = 200, 16.0
LARGE, LARGE_BYTES, LARGE_AT_ONCE = 40, 15_000_000, 40


class Varying(SandboxState):
    """A service whose tasks take as long as they take: the same durations in each run, by the order they come in.

    Args:
        least: seconds that every task takes in addition.
    """

    def __init__(self, least: float = 0.0) -> None:
        super().__init__()
        self._least = least
        self._durations = random.Random(1)  # noqa: S311 - no secret

    def submit(self, *given: object, **more: object) -> object:  # type: ignore[override]  # as it was called
        """Take an order in with a duration of its own."""
        seconds = self._least + self._durations.lognormvariate(0, SPREAD) * MEDIAN_SECONDS
        return super().submit(*given, **{**more, "tempo": Tempo(seconds / 2, seconds / 2)})  # type: ignore[arg-type]


@contextmanager
def both(*, seconds: float | None = None, least: float = 0.0) -> Iterator[tuple[Running, Running]]:
    """The service and a dashboard in front of it, which has a token.

    ``seconds`` is how long every task takes; without it they vary, and take ``least`` in addition.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "service").mkdir()
        speed = ["varying", least] if seconds is None else ["fixed", seconds]
        with serving([Path(__file__).resolve(), "service", "{port}", *speed], folder / "service") as service:
            with building(folder, api_url=service.url) as app:
                app.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
            with serving_dashboard(folder, api_url=service.url) as dashboard:
                yield service, dashboard


def body(data: bytes) -> dict[str, object]:
    """A request."""
    return {"image": base64.b64encode(data).decode(), "settings": {"language": "English"}}


def tutorial() -> None:
    """The tutorial's script, many of them, each with an image of its own."""
    with both() as (service, _):
        direct, direct_calls = scripts(service.url, DIRECTLY)
    with both() as (_, dashboard):
        through, _ = scripts(dashboard.url, {})
        polls = polled(dashboard)
    with both() as (_, dashboard):  # a fresh one, which has learned nothing
        alone = engine_alone(dashboard)
    show(
        f"{TASKS} tasks of the tutorial's script (2 s, ten tries), lognormal with median {MEDIAN_SECONDS:g} s",
        ["what", "directly", "through the address", "ratio"],
        [
            ("texts", str(len(direct)), str(len(through)), f"{len(through) / len(direct):.2f}"),
            ratio("until the script has its text, median s", direct, through, statistics.median),
            ratio("... p95 s", direct, through, lambda it: percentile(it, 95)),
            (
                "GETs the service gets, per task",
                f"{direct_calls / TASKS:.2f}",
                f"{polls / TASKS:.2f}",
                f"{polls / direct_calls:.2f}",
            ),
            ("... of the engine, while no script asks", "", f"{alone / TASKS:.2f}", f"{polls / alone:.2f}"),
        ],
        {"ratio": "through to directly; in the last row to the engine alone"},
    )


def scripts(url: str, headers: dict[str, str]) -> tuple[list[float], int]:
    """Let them run; seconds until each had its text, and how often they asked."""
    asked = [0]
    counting = threading.Lock()

    def run(number: int) -> float | None:
        time.sleep(random.Random(number).uniform(0, WITHIN))  # noqa: S311 - no secret
        began = time.monotonic()
        given = body(latin().image + number.to_bytes(4, "big"))
        accept = {**headers, "Accept": "text/plain"}
        sent = requests.post(f"{url}{PATH}", json=given, headers=accept, timeout=60)
        for _ in range(TRIES):
            time.sleep(PAUSE)
            with counting:
                asked[0] += 1
            found = requests.get(f"{url}{PATH}", params={"id": sent.text}, headers=headers, timeout=60).json()
            if found["taskStatus"] == "Completed":
                return time.monotonic() - began
        return None

    with ThreadPoolExecutor(TASKS) as pool:
        took = list(pool.map(run, range(TASKS)))
    return [it for it in took if it is not None], asked[0]


def engine_alone(dashboard: Running) -> int:
    """Submit as many, and let nobody ask; how often the engine did."""
    before = polled(dashboard)

    def run(number: int) -> None:
        time.sleep(random.Random(number).uniform(0, WITHIN))  # noqa: S311 - no secret
        given = body(latin().image + (number + TASKS).to_bytes(4, "big"))
        requests.post(f"{dashboard.url}{PATH}", json=given, timeout=60).raise_for_status()

    with ThreadPoolExecutor(TASKS) as pool:
        list(pool.map(run, range(TASKS)))
    while requests.get(f"{dashboard.url}/api/v1/tasks?state=pending,processing", timeout=30).json()["total"]:
        time.sleep(1.0)
    return polled(dashboard) - before


def polled(dashboard: Running) -> int:
    """How often the service was asked about all tasks there are."""
    total, page = 0, 1
    while True:
        answer = requests.get(f"{dashboard.url}/api/v1/tasks?per_page=500&page={page}", timeout=60).json()
        if not answer["items"]:
            return total
        total += sum(item["polls"] for item in answer["items"])
        page += 1


def latency() -> None:
    """One after the other: what a call takes longer."""
    rows = []
    with both(seconds=3600) as (service, dashboard):
        for name, data, times in (
            ("small image", latin().image, 100),
            ("5 MB", bytes(range(256)) * 19_532, 20),
        ):
            direct, direct_ids = submissions(service.url, DIRECTLY, data, times)
            through, ids = submissions(dashboard.url, {}, data, times)
            rows += pair(f"submission, {name}, ms", direct, through)
        rows += pair(
            "status of an open task, ms",
            asking(service.url, DIRECTLY, direct_ids[0]),
            asking(dashboard.url, {}, ids[0]),
        )
    with both(seconds=0) as (service, dashboard):
        _, direct_ids = submissions(service.url, DIRECTLY, latin().image, 1)
        _, ids = submissions(dashboard.url, {}, latin().image, 1)
        requests.get(
            f"{dashboard.url}{PATH}", params={"id": ids[0]}, headers={"Prefer": "wait=30"}, timeout=60
        )
        rows += pair(
            "a finished task, ms",
            asking(service.url, DIRECTLY, direct_ids[0]),
            asking(dashboard.url, {}, ids[0]),
        )
    show("Calls, one after the other", ["what", "directly", "through the address", "ratio"], rows, {})


def submissions(url: str, headers: dict[str, str], data: bytes, times: int) -> tuple[list[float], list[str]]:
    """Milliseconds of each, and the task IDs."""
    took, ids = [], []
    with requests.Session() as session:
        for number in range(times):
            given = body(data + number.to_bytes(4, "big") + url.encode())
            began = time.perf_counter()
            answer = session.post(
                f"{url}{PATH}", json=given, headers={**headers, "Accept": "text/plain"}, timeout=99
            )
            took.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            ids.append(answer.text)
    return took, ids


def asking(url: str, headers: dict[str, str], task_id: str) -> list[float]:
    """Milliseconds of each of many."""
    took = []
    with requests.Session() as session:
        for _ in range(200):
            began = time.perf_counter()
            session.get(
                f"{url}{PATH}", params={"id": task_id}, headers=headers, timeout=30
            ).raise_for_status()
            took.append((time.perf_counter() - began) * 1000)
    return took


def waiting() -> None:
    """Many who wait for tasks that end at different times."""
    with both(least=LEAST) as (_, dashboard):
        headers = {"Prefer": "wait=30"}
        before, cpu, began = dashboard.rss_mib, dashboard.cpu_seconds, time.monotonic()
        held, delays, counting = [0, 0], list[float](), threading.Lock()
        others: list[float] = []
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(0.2):
                start = time.perf_counter()
                requests.get(f"{dashboard.url}/api/v1/tasks?per_page=20", timeout=30)
                others.append((time.perf_counter() - start) * 1000)

        def wait(number: int) -> bool:
            url = f"{dashboard.url}{PATH}"
            _, ids = submissions(dashboard.url, {}, latin().image + number.to_bytes(4, "big"), 1)
            with counting:
                held[0] += 1
                held[1] = max(held)
            answer = requests.get(url, params={"id": ids[0]}, headers=headers, timeout=60)
            answered_at = datetime.now(UTC)
            with counting:
                held[0] -= 1
            stored = requests.get(f"{dashboard.url}/api/v1/tasks/{ids[0]}", timeout=60).json()["completed_at"]
            if stored:
                delays.append((answered_at - datetime.fromisoformat(stored)).total_seconds() * 1000)
            return bool(answer.json()["results"])

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        peak = [before]
        with ThreadPoolExecutor(WAITING) as pool:
            pending = [pool.submit(wait, number) for number in range(WAITING)]
            while not all(it.done() for it in pending):
                peak[0] = max(peak[0], dashboard.rss_mib)
                time.sleep(0.2)
        is_over.set()
        looking.join()
        seconds = time.monotonic() - began
        show(
            f"{WAITING} clients that wait at once",
            ["what", "figure"],
            [
                ("answered with a result", f"{sum(it.result() for it in pending)} of {WAITING}"),
                ("held at once, at most", str(held[1])),
                (
                    "answered after the result was stored, median / p95 ms",
                    f"{statistics.median(delays):.0f} / {percentile(delays, 95):.0f}",
                ),
                (
                    "memory before / at most / after, MiB",
                    f"{before:.0f} / {peak[0]:.0f} / {dashboard.rss_mib:.0f}",
                ),
                ("processor of the server, cores", f"{(dashboard.cpu_seconds - cpu) / seconds:.2f}"),
                (
                    "a look at the API meanwhile, median / p95 ms",
                    f"{statistics.median(others):.0f} / {percentile(others, 95):.0f}",
                ),
            ],
            {},
        )


def large() -> None:
    """Large images at once: they are not to stand in memory."""
    with both(seconds=3600) as (_, dashboard):
        before, peak, began = dashboard.rss_mib, dashboard.rss_mib, time.monotonic()
        data = bytes(range(256)) * (LARGE_BYTES // 256)
        with ThreadPoolExecutor(LARGE_AT_ONCE) as pool:
            jobs = [
                pool.submit(submissions, dashboard.url, {}, data + bytes([number]), 1)
                for number in range(LARGE)
            ]
            while not all(it.done() for it in jobs):
                peak = max(peak, dashboard.rss_mib)
                time.sleep(0.1)
        sent = sum(it.exception() is None for it in jobs)
        show(
            f"{LARGE} images of {LARGE_BYTES / 1e6:g} MB, {LARGE_AT_ONCE} at once",
            ["what", "figure"],
            [
                ("sent", f"{sent} of {LARGE}"),
                ("memory before / at most, MiB", f"{before:.0f} / {peak:.0f}"),
                ("seconds", f"{time.monotonic() - began:.1f}"),
            ],
            {},
        )


def ratio(
    what: str, direct: list[float], through: list[float], of: Callable[[list[float]], float]
) -> tuple[str, ...]:
    """A row with what one figure says."""
    one, other = of(direct), of(through)
    return what, f"{one:.2f}", f"{other:.2f}", f"{other / one:.2f}"


def pair(what: str, direct: list[float], through: list[float]) -> list[tuple[str, ...]]:
    """Median and p95."""
    return [
        ratio(f"{what}: median", direct, through, statistics.median),
        ratio(f"{what}: p95", direct, through, lambda it: percentile(it, 95)),
    ]


def main() -> None:
    """Measure what is named, or everything."""
    logs.configure(level="error")
    parts = {"tutorial": tutorial, "latency": latency, "waiting": waiting, "large": large}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    if sys.argv[1:2] == ["service"]:
        port, how, number = int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
        state = Varying(number) if how == "varying" else SandboxState(tempo=Tempo(0, number))
        SandboxServer(port=port, state=state).run()
    else:
        main()
