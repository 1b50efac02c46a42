"""How long searching 100,000 results takes in the database: ``python tests/benchmarks/search.py``.

Beside each search stands the same one done with LIKE over the stored texts, in the same run.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import col, select

from dashboard import logs
from dashboard.bootstrap import Dashboard
from dashboard.models import LibraryEntry, Part, Task
from dashboard.store import library_search, search
from dashboard.store.library_search import LibraryFilter
from dashboard.store.search_query import parse

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.benchmarks.measuring import building, percentile, show
from tests.postgres import running_server, why_not

RESULTS = 100_000
WORDS = 120
"""Words of a text; a page of a letter."""

VOCABULARY = 60_000
PIECE = 2_000
ROUNDS = 11
PAGE = 20
SEARCHES = {
    "rare word": ("needle", ["needle"]),
    "common word": ("w1", [" w1 "]),
    "two common words": ("w2 w3", [" w2 ", " w3 "]),
    "phrase": ('"total amount due"', ["total amount due"]),
    "beginning": ("w999*", [" w999"]),
    "common without rare": ("w1 -needle", [" w1 "]),
    "nothing": ("nowherewrittenword", ["nowherewrittenword"]),
}


def main() -> None:
    """Measure on both databases."""
    logs.configure(level="error")
    rows = []
    with databases() as urls:
        for name, url in urls.items():
            with tempfile.TemporaryDirectory() as folder, building(Path(folder), database_url=url) as app:
                began = time.perf_counter()
                fill(app)
                print(f"{name}: filled in {time.perf_counter() - began:.0f} s", flush=True)
                rows += [(name, *row) for row in measure(app)]
    show(
        f"Library: first page of {PAGE} of {RESULTS:,} results, milliseconds in the database",
        ["database", "search", "found", "p50", "p95", "maybe p50", "LIKE p50", "LIKE / search"],
        rows,
        {
            "found": "counted up to one thousand, as the library does",
            "maybe": "the same question with one word replaced by a gap: what may match",
            "LIKE": "the first page and the count by LIKE over every stored text",
        },
    )


@contextmanager
def databases() -> Iterator[dict[str, str | None]]:
    """URLs of an empty database of each kind; None is SQLite in the data folder."""
    if reason := why_not():
        print(f"without PostgreSQL: {reason}")
        yield {"SQLite": None}
        return
    with running_server() as server:
        yield {"SQLite": None, "PostgreSQL": server.create("search")}


def fill(app: Dashboard) -> None:
    """Store texts whose words are as unevenly frequent as in a language."""
    dice = random.Random(7)  # noqa: S311 - the same texts every time
    names = [f"w{number}" for number in range(VOCABULARY)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
    for start in range(0, RESULTS, PIECE):
        texts = {number: _text(dice, names, weights, number) for number in range(start, start + PIECE)}
        team_id, now = app.team.team_id, app.clock()
        with app.database.writing() as session:
            connection = session.connection()
            connection.execute(insert(Task), [_task(number, team_id=team_id, now=now) for number in texts])
            connection.execute(insert(Part), [_part(number, text) for number, text in texts.items()])
            connection.execute(
                insert(LibraryEntry), [_entry(number, team_id=team_id, now=now) for number in texts]
            )
            for number, text in texts.items():
                place = text.find(" ", 100) + 1
                masks = [(place, place + 5)] if number % 2 == 0 else []
                search.put(session=session, task_ref=number + 1, text=text, masks=masks)
    if not app.database.is_sqlite:
        with app.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # as the server does by itself, a minute later


def _text(dice: random.Random, names: list[str], weights: list[float], number: int) -> str:
    words = dice.choices(names, cum_weights=weights, k=WORDS)
    if number % 10_000 == 0:
        words[50] = "needle"
    if number % 50 == 0:
        words[60:63] = ["total", "amount", "due"]
    return " ".join(words)


def _task(number: int, *, team_id: int, now: datetime) -> dict[str, object]:
    return {
        "id": number + 1,
        "team_id": team_id,
        "api_url": "https://ocr.example",
        "task_id": f"task-{number}",
        "operation": "RecognizeImage",
        "trial": number % 2 == 0,
        "state": "completed",
        "registered_at": now,
        "expires_at": now,
        "completed_at": now,
        "origin": "registered",
        "label": f"scan-{number}",
        "notices": [],
        "remarks": [],
        "polls": 1,
        "errors": 0,
        "doubts": 0,
        "expiry_exact": False,
        "archived": False,
    }


def _part(number: int, text: str) -> dict[str, object]:
    return {
        "task_ref": number + 1,
        "position": 0,
        "media_type": "text/plain",
        "extension": ".txt",
        "data": b"",
        "size": len(text),
        "sha256": "",
        "text": text,
        "remarks": [],
        "words": WORDS,
        "masked_words": 0,
    }


def _entry(number: int, *, team_id: int, now: datetime) -> dict[str, object]:
    return {
        "task_ref": number + 1,
        "team_id": team_id,
        "language": "en",
        "words": WORDS,
        "masked_words": 0,
        "indexed_at": now,
    }


def measure(app: Dashboard) -> Iterator[tuple[str, ...]]:
    """One line for each search."""
    for name, (typed, pieces) in SEARCHES.items():
        query = parse(typed)
        counts: list[int] = []

        def look(*, gaps: bool = False) -> None:
            with app.database.reading() as session:
                _, total = library_search.page(
                    session=session,
                    team_id=app.team.team_id,
                    wanted=LibraryFilter(),
                    query=query,  # noqa: B023 - the same
                    gaps=gaps,
                    start=0,
                    limit=PAGE,
                )
                counts.append(total)  # noqa: B023 - the same

        def compare() -> None:
            like = [col(Part.text).contains(piece) for piece in pieces]  # noqa: B023 - the same
            mine = select(Task.id).join(Part).where(Task.team_id == app.team.team_id, *like)
            with app.database.reading() as session:
                session.exec(mine.order_by(col(Task.id).desc()).limit(PAGE)).all()
                len(session.exec(mine.limit(library_search.COUNTED + 1)).all())

        ours = sorted(_ms(look) for _ in range(ROUNDS))
        found = counts[-1]
        maybe = sorted(_ms(lambda: look(gaps=True)) for _ in range(3))
        theirs = sorted(_ms(compare) for _ in range(3))
        yield (
            name,
            f"{found:,}" if found <= library_search.COUNTED else "more",
            f"{percentile(ours, 50):.1f}",
            f"{percentile(ours, 95):.1f}",
            f"{percentile(maybe, 50):.1f}",
            f"{percentile(theirs, 50):.1f}",
            f"{percentile(theirs, 50) / percentile(ours, 50):.1f}",
        )


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
