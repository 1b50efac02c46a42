"""What a sandbox remembers, also over a restart."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.models import Operation
from dashboard.sandbox import SandboxState, Tempo, seed
from dashboard.sandbox.answers import envelope
from dashboard.sandbox.samples import invoice, latin
from dashboard.sandbox.task_life import Phase
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REGULAR = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)
TRIAL = Endpoint(Operation.RECOGNIZE_IMAGE, trial=True)
ORDER = Order(content=latin().image, result_types=("Text", "Pdf"))


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder that does not exist yet."""
    return tmp_path / "sandbox" / "tasks.json"


def test_tasks_and_their_answers_survive_a_restart(path: Path) -> None:
    """A second sandbox on the same file gives the same answers, byte for byte."""
    first = SandboxState(clock=_at(NOW), path=path, tempo=Tempo(1, 1))
    tasks = [first.submit(endpoint, ORDER) for endpoint in (REGULAR, TRIAL)]
    second = SandboxState(clock=_at(NOW + timedelta(minutes=1)), path=path)
    for task, endpoint in zip(tasks, (REGULAR, TRIAL), strict=True):
        found, phase = second.find(task.task_id, endpoint)
        assert phase is Phase.COMPLETED
        assert envelope(task.task_id, found, phase) == envelope(task.task_id, task, phase)


def test_the_file_keeps_no_image(path: Path) -> None:
    """Text and digest are enough."""
    SandboxState(clock=_at(NOW), path=path).submit(REGULAR, ORDER)
    assert path.stat().st_size < 2000


def test_a_cancelled_task_stays_cancelled(path: Path) -> None:
    """The cancellation is kept too."""
    state = SandboxState(clock=_at(NOW), path=path)
    task = state.submit(REGULAR, ORDER)
    state.cancel(task.task_id, TRIAL)
    assert state.find(task.task_id, REGULAR)[1] is Phase.PENDING
    state.cancel(task.task_id, REGULAR)
    assert SandboxState(clock=_at(NOW), path=path).find(task.task_id, REGULAR) == (None, Phase.NOT_EXIST)


def test_expired_tasks_leave_the_file(path: Path) -> None:
    """It does not grow for ever."""
    SandboxState(clock=_at(NOW), path=path).submit(REGULAR, ORDER)
    later = SandboxState(clock=_at(NOW + timedelta(hours=25)), path=path)
    fresh = later.submit(REGULAR, ORDER)
    assert [task["task_id"] for task in json.loads(path.read_text())["tasks"]] == [fresh.task_id]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"tasks": [{}]}', '{"tasks": [5]}', "\x00"])
def test_an_unreadable_file_is_an_empty_sandbox(path: Path, content: str) -> None:
    """A stand-in must not keep the dashboard from starting."""
    path.parent.mkdir()
    path.write_text(content)
    assert SandboxState(path=path).seeded() == []


def test_a_task_that_cannot_be_kept_does_not_exist(path: Path) -> None:
    """The caller learns of it, and memory and file agree."""
    path.parent.mkdir()
    state = SandboxState(clock=_at(NOW), path=path)
    path.mkdir()
    with pytest.raises(OSError, match=r"tasks\.json"):
        state.submit(REGULAR, ORDER)
    assert not state._tasks


def test_submissions_from_many_threads_are_all_kept(path: Path) -> None:
    """No write undoes another."""
    state = SandboxState(clock=_at(NOW), path=path)
    small = Order(content=b"x", result_types=("Text",))
    threads = [threading.Thread(target=state.submit, args=(REGULAR, small), daemon=True) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(path.read_text())["tasks"]) == 24


def test_seeding_fills_a_board_that_goes_on_living() -> None:
    """Some samples are done at once, every other one within forty seconds, and each ends as planned."""
    state = SandboxState(clock=_at(NOW))
    seeded = seed(state)
    at_once = [state.find(task.task_id, Endpoint(task.operation, task.trial))[1] for task in seeded]
    assert sorted(set(at_once)) == [Phase.COMPLETED, Phase.PENDING]
    state.clock = _at(NOW + timedelta(seconds=41))
    ended = {task.label: state.find(task.task_id, Endpoint(task.operation, task.trial)) for task in seeded}
    assert {label for label, (_, phase) in ended.items() if phase is not Phase.COMPLETED} == {
        "A damaged scan"
    }
    assert ended["A damaged scan"][1] is Phase.ERROR
    table = envelope("id", *ended["Invoice: table"])
    assert [part["type"] for part in table["results"]] == ["Csv", "Excel"]
    assert table["error"]["messages"]
    texts = {task.text for task, _ in ended.values() if task}
    assert {latin().text, invoice().text} <= texts
    assert any(task.trial for task in seeded)


def test_seeding_twice_gives_the_same_tasks(path: Path) -> None:
    """A restart does not fill the board with copies; when all are gone there is a new set."""
    first = seed(SandboxState(clock=_at(NOW), path=path))
    again = seed(SandboxState(clock=_at(NOW), path=path))
    assert again == sorted(first, key=lambda task: task.submitted_at)
    later = seed(SandboxState(clock=_at(NOW + timedelta(days=2)), path=path))
    assert len(later) == len(first)
    assert not {task.task_id for task in later} & {task.task_id for task in first}
