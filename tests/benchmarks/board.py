"""How much slower the board gets with a thousand times as many tasks: ``python tests/benchmarks/board.py``."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.models import Operation, State
from dashboard.store import teams
from dashboard.store.board_filter import BoardFilter, BoardSort

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import ROOT, building, fill, medians_ms, show
from tests.postgres import running_server, why_not

SIZES = (100, 100_000)
LOOKS = {
    "all": BoardFilter(),
    "one state": BoardFilter(states=frozenset({State.FAILED})),
    "needs attention": BoardFilter(attention=True),
    "at risk": BoardFilter(at_risk=True, sort=BoardSort.DEADLINE),
    "by label": BoardFilter(sort=BoardSort.LABEL),
    "by deadline": BoardFilter(sort=BoardSort.DEADLINE),
    "one operation": BoardFilter(operation=Operation.RECOGNIZE_PDF),
    "search, found often": BoardFilter(query="scan-0"),
    "search, found once": BoardFilter(query="scan-000042"),
    "search, found never": BoardFilter(query="nowhere"),
}


def main() -> None:
    """Measure both databases, small and large in turns."""
    logs.configure(level="error")
    set_log_level("ERROR")  # pages without a server warn at every turn
    os.chdir(ROOT)  # where Streamlit finds its settings
    rows = []
    with databases() as kinds:
        for name, urls in kinds.items():
            with ExitStack() as stack:
                apps = [stack.enter_context(filled(size, url)) for size, url in zip(SIZES, urls, strict=True)]
                for what, (small, large) in measure(apps).items():
                    rows.append((name, what, f"{small:.2f}", f"{large:.2f}", f"{large / small:.2f}"))
    show(
        "Board: one page of 50 rows, milliseconds (median)",
        ["database", "what", *(f"{size:,} tasks" for size in SIZES), "ratio"],
        rows,
        {
            "look": "services.Board.look; unchanged: as every further viewer, changed: the first one after a change",
            "page": "a full rerun of the board page without a browser (AppTest)",
        },
    )


@contextmanager
def filled(size: int, url: str | None) -> Iterator[Dashboard]:
    """A dashboard with so many tasks."""
    with tempfile.TemporaryDirectory() as folder, building(Path(folder), database_url=url) as app:
        fill(app, size)
        yield app


@contextmanager
def databases() -> Iterator[dict[str, tuple[str | None, ...]]]:
    """URLs of an empty database for each size and kind; None is SQLite in the data folder."""
    sqlite: dict[str, tuple[str | None, ...]] = {"SQLite": (None,) * len(SIZES)}
    if reason := why_not():
        print(f"without PostgreSQL: {reason}")
        yield sqlite
        return
    with running_server() as server:
        yield sqlite | {"PostgreSQL": tuple(server.create(f"tasks_{size}") for size in SIZES)}


def measure(apps: Sequence[Dashboard]) -> dict[str, list[float]]:
    """Milliseconds for each dashboard, by what was done."""
    changes = [partial(change, app) for app in apps]
    found = {
        "look, unchanged": medians_ms(
            [partial(app.team.board.look, BoardFilter()) for app in apps], times=200
        )
    }
    for name, wanted in LOOKS.items():
        looks = [partial(app.team.board.look, wanted) for app in apps]
        found[f"look, changed: {name}"] = medians_ms(looks, times=15, before=changes)
    pages = [Page(app) for app in apps]
    found["page, unchanged"] = medians_ms([page.rerun for page in pages], times=40)
    found["page, changed"] = medians_ms([page.rerun for page in pages], times=20, before=changes)
    bootstrap.use(None)
    return found


def change(app: Dashboard) -> None:
    """Change something that everybody sees."""
    with app.database.writing() as session:
        teams.touch(session=session, team_ids=[app.team.team_id])


class Page:
    """The board page of one dashboard."""

    def __init__(self, app: Dashboard) -> None:
        self._app = app
        self._page = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=30)
        self.rerun()
        if self._page.exception:
            sys.exit(f"The page failed: {self._page.exception[0].message}")

    def rerun(self) -> None:
        """Draw all of it."""
        bootstrap.use(self._app)
        self._page.run()


if __name__ == "__main__":
    main()
