"""Every screen asks for the tokens at every refresh, so their tasks are counted once for each change only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event

from dashboard.services.tasks.intake import NewTask
from dashboard.store.database import Database
from tests.services.conftest import Desk

TOKEN = "eyJhbGciOiJSUzI1NiJ9.planted-body.planted-signature-wxyz"


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are sent within the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_tasks_of_tokens_are_counted_once_for_each_change(desk: Desk) -> None:
    """A second look counts nothing, and sees whatever was registered or deleted in between."""
    desk.credentials.add(label="", access_token=TOKEN)
    (ref,) = desk.intake.register([NewTask(task_id="task-0001")]).registered.values()
    assert numbers(desk) == [(1, 1)]
    with statements(desk.database) as sent:
        assert numbers(desk) == [(1, 1)]
    assert [statement for statement in sent if "count(" in statement] == []
    changes: list[tuple[Callable[[], object], list[tuple[int, int]]]] = [
        (lambda: desk.intake.register([NewTask(task_id="task-0002")]), [(2, 2)]),
        (lambda: desk.tasks.cancel([ref]), [(2, 1)]),
        (lambda: desk.tasks.delete([ref]), [(1, 1)]),
        (lambda: desk.credentials.add(label="", access_token=TOKEN[::-1]), [(0, 0), (1, 1)]),
    ]
    for change, expected in changes:
        change()
        assert numbers(desk) == expected


def numbers(desk: Desk) -> list[tuple[int, int]]:
    """Tasks and open tasks of every token, newest first."""
    return [(view.tasks, view.open_tasks) for view in desk.credentials.all()]
