"""The life of a task as a function of time."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.models import Operation
from dashboard.sandbox.task_life import Phase, SandboxTask, Tempo

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 24 * 3600


def _task(failure: str = "", tempo: Tempo | None = None) -> SandboxTask:
    return SandboxTask(
        task_id="0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01",
        operation=Operation.RECOGNIZE_IMAGE,
        trial=True,
        submitted_at=START,
        tempo=tempo or Tempo(1.5, 2.5),
        sha256="ab" * 32,
        text="Grüße",
        result_types=("Text", "Pdf"),
        failure=failure,
        notices=("a notice",),
        label="a label",
    )


@pytest.mark.parametrize(
    ("age", "phase"),
    [
        pytest.param(-60, Phase.PENDING, id="the clock was set back"),
        pytest.param(0, Phase.PENDING, id="just submitted"),
        pytest.param(1.49, Phase.PENDING, id="still waiting"),
        pytest.param(1.5, Phase.PROCESSING, id="taken up"),
        pytest.param(3.99, Phase.PROCESSING, id="still working"),
        pytest.param(4, Phase.COMPLETED, id="done"),
        pytest.param(DAY - 0.01, Phase.COMPLETED, id="kept to the last moment"),
        pytest.param(DAY, Phase.NOT_EXIST, id="gone after 24 hours"),
        pytest.param(7 * DAY, Phase.NOT_EXIST, id="gone for good"),
    ],
)
def test_the_phase_follows_from_the_age(age: float, phase: Phase) -> None:
    """Pending, processing, completed, and after the retention nothing."""
    assert _task().phase(START + timedelta(seconds=age)) is phase


def test_an_unreadable_image_ends_in_error() -> None:
    """A failure shows only when the recognition would have ended."""
    task = _task(failure="unreadable")
    assert task.phase(START + timedelta(seconds=3)) is Phase.PROCESSING
    assert task.phase(START + timedelta(seconds=5)) is Phase.ERROR


def test_a_tempo_of_zero_is_done_at_once() -> None:
    """Demonstrations can skip the waiting."""
    assert _task(tempo=Tempo(0, 0)).phase(START) is Phase.COMPLETED


def test_the_retention_is_adjustable() -> None:
    """A test can let tasks expire early, even unfinished ones."""
    assert _task().phase(START + timedelta(seconds=2), timedelta(seconds=2)) is Phase.NOT_EXIST


def test_a_task_survives_being_kept_as_json() -> None:
    """What is kept is all there is."""
    assert SandboxTask.from_json(_task().to_json()) == _task()
