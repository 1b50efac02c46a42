"""``ocr-dashboard reindex``: beside a running server, more than once, and stopped in the middle."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import update
from sqlmodel import Session, col, select

from dashboard.models import LibraryEntry, Task
from dashboard.sandbox.documents import hocr, pdf
from dashboard.services.library.indexing import READING, Indexing
from dashboard.services.library.reindexing import Progress, Reindexing
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.store import labels
from dashboard.store.database import Database, sqlite_url
from tests.browser.hostile import answering, result
from tests.browser.running import RunningDashboard, running_dashboard
from tests.chaos.waiting import wait_until
from tests.commands import Run
from tests.conftest import NOW
from tests.postgres import PostgresServer

NAMES = [f"everyday-{number:05d}" for number in range(30)]
ANSWERS = {
    "pdf-00001": result(("Pdf", pdf("Die Rech-\nnung"))),
    "broken-00001": result(("Pdf", b"%PDF-1.7 broken")),
    **{name: result(("Hocr", hocr(f"amo-\nunt {name}").encode())) for name in NAMES},
}


@pytest.fixture(params=["sqlite", "postgresql"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a deployment keeps its data, and the settings that say so."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data"), {}
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create("reindexed")
    yield url, {"database_url": url}
    server.drop("reindexed")


def text_of(server: RunningDashboard, name: str) -> str:
    """The text of a task as a script gets it; empty when there is none."""
    answer = requests.get(f"{server.url}/api/v1/tasks/{name}/text", timeout=10)
    return answer.text if answer.ok else ""


def readings(database: Database) -> list[int]:
    """By which reading each task was indexed."""
    with database.reading() as session:
        return list(session.exec(select(LibraryEntry.reading)))


def test_beside_a_running_server(deployment: tuple[str, dict[str, Any]], tmp_path: Path, run: Run) -> None:
    """The server reads what is new; the command does the old, while results go on coming in; again is nothing."""
    url, settings = deployment
    (tmp_path / "data").mkdir(exist_ok=True)
    with (
        answering(ANSWERS) as service,
        running_dashboard(tmp_path / "data", api_url=service, **settings) as server,
    ):
        for name in ("pdf-00001", "broken-00001", *NAMES[:20]):
            server.register(name, trial=True)
        wait_until(lambda: text_of(server, "pdf-00001") == "Die Rech-\nnung", "the text in the PDF is read")
        assert server.task("broken-00001")["state"] == "completed"
        wait_until(lambda: all(text_of(server, name) for name in NAMES[:20]), "the results are stored")
        database = Database(url)
        with database.writing() as session:
            session.connection().execute(update(LibraryEntry).values(reading=1))
        for name in NAMES[20:]:
            server.register(name, trial=True)
        code, said = run("reindex", **settings)
        assert code == 0, said
        assert "Done" in said
        assert "Results indexed: " in said
        wait_until(lambda: all(text_of(server, name) for name in NAMES[20:]), "the new results are stored")
        assert set(readings(database)) == {READING}
        assert len(readings(database)) == len(NAMES) + 1
        code, said = run("reindex", **settings)
        assert (code, "Results indexed: 0 of 0" in said) == (0, True), said
        assert text_of(server, NAMES[0]) == f"amo-\nunt {NAMES[0]}"
        database.close()


def test_stopped_in_the_middle(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says that nothing is lost, and how to go on."""

    def stopped(_: Reindexing) -> Iterator[Progress]:
        yield Progress(0, 0)
        yield Progress(0, 1_234)
        yield Progress(50, 1_234)
        raise KeyboardInterrupt

    monkeypatch.setattr(Reindexing, "run", stopped)
    code, said = run("reindex")
    assert code == 1
    assert "run it again" in said
    assert "Done" not in said


def test_progress(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far it is, in thousands; what came in meanwhile counts as well."""

    def steps(_: Reindexing) -> Iterator[Progress]:
        yield from (Progress(0, 2), Progress(1, 2), Progress(2, 2))
        yield from (Progress(0, 1_200), Progress(1_000, 1_200), Progress(1_250, 1_200))
        yield Progress(0, 0)

    monkeypatch.setattr(Reindexing, "run", steps)
    code, said = run("reindex")
    assert code == 0
    assert "PDFs and workbooks read: 2 of 2" in said
    assert "Results indexed: 1,250 of 1,250" in said
    assert "Labels looked through: 0 of 0" in said


def test_labels_that_were_folded_otherwise(
    database: Database, add_task: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is older than the program's folding finds its labels after that; others are not written."""
    old, none, right, empty = (add_task(label=label) for label in ("Straße 1", "Straße 2", "Straße 3", ""))
    with database.writing() as session:
        session.connection().execute(update(Task).where(col(Task.id) == old).values(label_folded="straße 1"))
        session.connection().execute(update(Task).where(col(Task.id) == none).values(label_folded=None))
    written: list[int] = []
    fold_anew = labels.fold_anew

    def watched(*, session: Session, labels: Sequence[tuple[int, str]]) -> None:
        written.extend(task_ref for task_ref, _ in labels)
        fold_anew(session=session, labels=labels)

    monkeypatch.setattr(labels, "fold_anew", watched)
    indexing = Indexing(database=database, clock=lambda: NOW)
    inner = InnerTexts(database=database, clock=lambda: NOW, renew=indexing.renew)
    work = Reindexing(database=database, indexing=indexing, inner_texts=inner)
    assert list(work.run())[-1] == Progress(3, 3)
    assert written == [old, none]
    with database.reading() as session:
        found = session.exec(select(Task.id).where(labels.label_holds("strasse")))
        assert set(found) == {old, none, right}
    list(work.run())
    assert written == [old, none]
    assert empty not in written
