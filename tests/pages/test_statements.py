"""What a page asks the database: it is drawn again every few seconds, for everybody who looks."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from dashboard.bootstrap import Dashboard
from dashboard.models import RawPart
from dashboard.store.database import Database
from tests.pages.conftest import Finish
from tests.pages.test_many_parts import drawn

GUID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TEXT = RawPart("Text", base64.b64encode(b"Meeting moved to ****** at the office, as was agreed.").decode())
TABLE = RawPart("Csv", base64.b64encode(b"a;b\n1;2\n").decode())

OF_A_FINISHED_TASK = 8
"""Two that begin the transaction, then: task with token and image, parts, corrections, spellings, calls, links."""


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Everything that is said to the database meanwhile."""
    said: list[str] = []

    def hear(*given: object) -> None:
        said.append(str(given[2]))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(database.engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("shared", [False, True])
def test_a_finished_task_of_two_parts(dashboard: Dashboard, finish: Finish, *, shared: bool) -> None:
    """One statement for each table, in one transaction."""
    task_ref = finish(TEXT, TABLE, task_id=GUID)
    if shared:
        dashboard.team.sharing.make([task_ref])
        dashboard.team.corrections.correct(task_ref, "as it is", based_on=None)
    with statements(dashboard.database) as said:
        page = drawn(task_ref)
    assert len(page.get("download_button")) == 3
    assert len(said) <= OF_A_FINISHED_TASK, "\n".join(said)


def test_what_evaluation_mode_adds(dashboard: Dashboard, finish: Finish) -> None:
    """Judged asterisks; then what can be compared, and the tokens that could read it without masks."""
    task_ref = finish(TEXT, TABLE, trial=True, task_id=GUID)
    with statements(dashboard.database) as said:
        drawn(task_ref)
    assert len(said) <= OF_A_FINISHED_TASK + 11, "\n".join(said)
