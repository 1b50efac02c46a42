"""How long 10,000 pasted lines take, and whether a full team is slower: ``python tests/benchmarks/pasting.py``.

Reading is compared with finding nothing but the GUIDs in the same text, which knows no labels, no services and no
doubtful IDs; registering in a team with 200,000 tasks with registering in an empty one, and both with an
``executemany`` of such rows into the same table, which checks nothing.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sqlalchemy import insert

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, Origin, Task
from dashboard.services.tasks.intake import NewTask
from dashboard.services.tasks.pasted_tasks import read_lines
from dashboard.store.new_tasks import NEW

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, fill, medians_ms, show
from tests.benchmarks.search import databases

LINES = 10_000
TASKS = 200_000
ROUNDS = 7
URL = "https://api.aspose.cloud/v5.0/ocr/RecognizeImage?id="
KINDS: Mapping[str, str] = {
    "bare IDs": "{id}",
    "a table": "{id},invoice {number}.png,done",
    "a log": "2026-11-26 04:25:41 INFO submitted {id} scan-{number}.png",
    "requests": f'curl -H "Accept: text/plain" "{URL}{{id}}"',
    "prose": "Dear colleagues, page {number} of the report is with the printer until Friday.",
}
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def main() -> None:
    """Measure reading, then registering on both databases."""
    logs.configure(level="error")
    show(
        f"Reading {LINES:,} pasted lines, milliseconds (median of {ROUNDS})",
        ["lines", "read", "GUIDs only", "read / bare IDs"],
        list(_reading()),
        {"GUIDs only": "a regular expression over the whole text"},
    )
    rows = []
    with databases() as urls:
        for name, url in urls.items():
            with tempfile.TemporaryDirectory() as folder, building(Path(folder), database_url=url) as app:
                rows.append([name, *_registering(app)])
    show(
        f"Registering {LINES:,} task IDs, milliseconds (median of {ROUNDS})",
        [
            "database",
            "empty team",
            "executemany",
            "ratio",
            f"{TASKS:,} tasks",
            "executemany",
            "ratio",
            "known already",
            "known / new",
        ],
        rows,
        {"known already": f"the same IDs once more, in the team with {TASKS:,} tasks"},
    )


def _reading() -> list[list[str]]:
    texts = {
        kind: "\n".join(line.format(id=_id(number), number=number) for number in range(LINES))
        for kind, line in KINDS.items()
    }
    ways: list[Callable[[], object]] = []
    for text in texts.values():
        ways += [partial(_read, text), partial(_GUID.findall, text)]
    taken = medians_ms(ways, times=ROUNDS)
    return [
        [kind, f"{read:.0f}", f"{plain:.0f}", f"{read / taken[0]:.1f}"]
        for kind, read, plain in zip(texts, taken[::2], taken[1::2], strict=True)
    ]


def _read(text: str) -> int:
    return sum(1 for _ in read_lines(text))


def _registering(app: Dashboard) -> list[str]:
    empty, bare = medians_ms([Fresh(app, "a").register, Fresh(app, "c").bare], times=ROUNDS)
    fill(app, TASKS)
    fresh = Fresh(app, "b")
    full, bare_full = medians_ms([fresh.register, Fresh(app, "d").bare], times=ROUNDS)
    (known,) = medians_ms([fresh.again], times=ROUNDS)
    return [
        *(f"{empty:.0f}", f"{bare:.0f}", f"{empty / bare:.1f}"),
        *(f"{full:.0f}", f"{bare_full:.0f}", f"{full / bare_full:.1f}"),
        *(f"{known:.0f}", f"{known / full:.2f}"),
    ]


class Fresh:
    """Registers other IDs each time, or the last ones once more."""

    def __init__(self, app: Dashboard, digit: str) -> None:
        self._app = app
        self._digit = digit
        self._times = 0

    def register(self) -> None:
        """New ones, half of them with capitals, as some programs write them."""
        self._times += 1
        self.again()

    def again(self) -> None:
        """The ones of the last time."""
        self._app.team.intake.register([NewTask(task_id=it) for it in self._ids()])

    def bare(self) -> None:
        """New rows as they are stored, and nothing else."""
        self._times += 1
        now = self._app.clock()
        row = dict(NEW) | {
            "team_id": 1,
            "api_url": "http://127.0.0.1:9",
            "operation": Operation.RECOGNIZE_IMAGE.value,
            "trial": False,
            "origin": Origin.REGISTERED.value,
            "registered_at": now,
            "next_poll_at": now,
            "expires_at": now,
            "expiry_exact": False,
        }
        with self._app.database.writing() as session:
            session.connection().execute(insert(Task), [row | {"task_id": it} for it in self._ids()])

    def _ids(self) -> list[str]:
        ids = (_id(number, f"{self._digit}{self._times:03}") for number in range(LINES))
        return [it.upper() if number % 2 else it for number, it in enumerate(ids)]


def _id(number: int, group: str = "4000") -> str:
    return f"{number:08x}-1b2d-{group}-8f4a-5b6c7d8e9f01"


if __name__ == "__main__":
    main()
