"""When a process beats, and what it does for those that do not any more."""

from collections.abc import Mapping

import pytest

from dashboard.errors import StoreUnavailable
from dashboard.polling.heartbeat import Heartbeat


class Rows:
    """The rows of all processes, as a test says they are."""

    def __init__(self) -> None:
        self.beats = 0
        self.others: dict[str, int | None] = {}
        self.freed: list[tuple[str, int | None]] = []
        self.refusal: StoreUnavailable | None = None

    def beat(self) -> None:
        """Count it."""
        if self.refusal:
            raise self.refusal
        self.beats += 1

    def beats_of_others(self) -> Mapping[str, int | None]:
        """As given."""
        if self.refusal:
            raise self.refusal
        return self.others

    def free(self, holder: str, *, beats: int | None) -> int:
        """Note it."""
        self.freed.append((holder, beats))
        del self.others[holder]
        return 3

    def leave(self) -> None:
        """Nobody leaves here."""


class Story:
    """One process that looks every two seconds."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.is_busy = False
        self.rings = 0
        self.now = 100.0
        self.heartbeat = Heartbeat(
            self.rows, is_busy=lambda: self.is_busy, freed=self._ring, now=lambda: self.now
        )

    def goes_on(self, seconds: float) -> None:
        """Look after so many seconds."""
        self.now += seconds
        self.heartbeat.beat_and_look()

    def _ring(self) -> None:
        self.rings += 1


@pytest.fixture
def story() -> Story:
    """An idle process, alone."""
    return Story()


def test_an_idle_process_writes_nothing(story: Story) -> None:
    """However long it runs."""
    for _ in range(50):
        story.goes_on(2)
    assert story.rows.beats == 0


def test_a_busy_one_beats_with_every_look(story: Story) -> None:
    """Every two seconds."""
    story.is_busy = True
    for _ in range(5):
        story.goes_on(2)
    assert story.rows.beats == 5


def test_what_the_dead_held_is_freed_once_and_polling_is_woken(story: Story) -> None:
    """After six seconds; before that the observer has written twice itself, although idle, and soon does no more."""
    story.rows.others = {"dead": 12}
    for _ in range(3):
        story.goes_on(2)
    assert story.rows.freed == []
    story.goes_on(2)
    assert (story.rows.freed, story.rings, story.rows.beats) == ([("dead", 12)], 1, 2)
    for _ in range(5):
        story.goes_on(2)
    assert (len(story.rows.freed), story.rings, story.rows.beats) == (1, 1, 3)


def test_nobody_loses_anything_while_nobody_can_write(story: Story) -> None:
    """Others may live and not be able to say so; they have six seconds from when they can again."""
    story.rows.others = {"alive": 12}
    for _ in range(3):
        story.goes_on(2)
    story.rows.refusal = StoreUnavailable("locked")
    for _ in range(10):
        story.goes_on(2)
    story.rows.refusal = None
    for _ in range(3):
        story.goes_on(2)
    assert story.rows.freed == []
    story.goes_on(2)
    assert story.rows.freed == [("alive", 12)]
