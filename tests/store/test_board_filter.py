"""Which tasks the board shows, and in which order, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dashboard.models import Batch, Operation, Part, State, Submission, Task, TaskTag
from dashboard.store import board
from dashboard.store.board_filter import BoardFilter, BoardSort
from dashboard.store.database import Database
from tests.conftest import API_URL

AddTask = Callable[..., int]
Labels = Callable[..., list[str]]


@pytest.fixture
def labels(database: Database, team_id: int, now: datetime) -> Labels:
    """The labels of what a filter leaves, as they are shown."""

    def read(**wanted: object) -> list[str]:
        with database.reading() as session:
            rows, total = board.page(
                session=session,
                team_id=team_id,
                wanted=BoardFilter(**wanted),  # type: ignore[arg-type]
                page=1,
                per_page=50,
                now=now,
            )
        assert len(rows) == total
        return [row.label for row in rows]

    return read


@pytest.fixture
def tasks(add_task: AddTask, database: Database, team_id: int, now: datetime) -> dict[str, int]:
    """A few of each kind, added one after the other."""
    ended = {"next_poll_at": None, "completed_at": now}
    refs = {
        "Äpfel": add_task(
            label="Äpfel", expires_at=now + timedelta(hours=3), registered_at=now - timedelta(days=2)
        ),
        "": add_task(label="", state=State.FAILED.value, expires_at=now + timedelta(hours=1), **ended),
        "birnen": add_task(
            label="birnen",
            operation=Operation.RECOGNIZE_PDF.value,
            trial=True,
            expires_at=now + timedelta(hours=2),
        ),
        "Zitronen": add_task(label="Zitronen", state=State.COMPLETED.value, expires_at=now, **ended),
    }
    with database.writing() as session:
        session.add(TaskTag(task_ref=refs["birnen"], team_id=team_id, tag="fruit"))
        batch = Batch(team_id=team_id, name="Monday", created_at=now, created_by="ann")
        session.add(batch)
        session.flush()
        for position, ref in enumerate((refs["Zitronen"], None)):
            session.add(
                Submission(
                    team_id=team_id,
                    batch_id=batch.id or 0,
                    position=position,
                    label="x",
                    api_url=API_URL,
                    operation=Operation.RECOGNIZE_IMAGE.value,
                    trial=False,
                    task_ref=ref,
                )
            )
        session.flush()
        refs["batch"] = batch.id or 0
    return refs


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (BoardSort.NEWEST, ["Zitronen", "birnen", "", "Äpfel"]),
        (BoardSort.OLDEST, ["Äpfel", "", "birnen", "Zitronen"]),
        (BoardSort.LABEL, ["Äpfel", "birnen", "Zitronen", ""]),
        (BoardSort.DEADLINE, ["birnen", "Äpfel", "Zitronen", ""]),
        (BoardSort.STATE, ["birnen", "Äpfel", "Zitronen", ""]),
    ],
)
def test_orders(tasks: dict[str, int], labels: Labels, sort: BoardSort, expected: list[str]) -> None:
    """Open ones by deadline before those that have none any more; labels as people read them, none at the end."""
    assert tasks
    assert labels(sort=sort) == expected
    assert sorted(labels(sort=sort, query="n")) == ["Zitronen", "birnen"]


def test_filters(tasks: dict[str, int], labels: Labels, now: datetime) -> None:
    """Each narrows; all given must hold."""
    assert labels(operation=Operation.RECOGNIZE_PDF) == ["birnen"]
    assert labels(trial=False) == ["Zitronen", "", "Äpfel"]
    assert labels(tag="fruit") == ["birnen"]
    assert labels(tag="fruit", trial=False) == []
    assert labels(batch_id=tasks["batch"]) == ["Zitronen"]
    assert labels(batch_id=tasks["batch"] + 1) == []
    assert labels(until=now - timedelta(days=1)) == ["Äpfel"]
    assert labels(since=now - timedelta(days=1), states=frozenset({State.FAILED})) == [""]


def test_names_by_their_first_words(
    tasks: dict[str, int], database: Database, team_id: int, now: datetime
) -> None:
    """Only where there is no label, of the first plain text with something in it, and never of a long part."""
    texts = {
        tasks[""]: [("text/html", "<p>other"), ("text/plain", "  "), ("text/plain", "Dear Ann, " * 200)],
        tasks["birnen"]: [("text/plain", "not needed")],
    }
    with database.writing() as session:
        for ref, parts in texts.items():
            for position, (media_type, text) in enumerate(parts):
                session.add(_part(ref, position, media_type, text))
    with database.reading() as session:
        rows = board.by_ids(session=session, team_id=team_id, task_refs=list(texts), now=now)
    begins = {row.id: row.beginning for row in rows}
    assert begins[tasks["birnen"]] == ""
    assert begins[tasks[""]].startswith("Dear Ann")
    assert len(begins[tasks[""]]) <= 600


def _part(ref: int, position: int, media_type: str, text: str) -> Part:
    data = text.encode()
    return Part(
        task_ref=ref,
        position=position,
        media_type=media_type,
        extension=".txt",
        data=data,
        size=len(data),
        sha256="",
        text=text,
    )


def test_labels_fold(tasks: dict[str, int], database: Database) -> None:
    """What they are ordered by is kept beside each."""
    with database.reading() as session:
        assert session.get_one(Task, tasks["Äpfel"]).label_folded == "apfel"
