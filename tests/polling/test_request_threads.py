"""The threads that ask: as many as needed, never more than allowed, and they live on."""

import threading
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

from dashboard.models import Claim
from dashboard.polling.request_threads import RequestThreads
from tests.polling.claims import claims


def until(condition: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


class Scene:
    """Threads whose polls last until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.polled: list[int] = []
        self.names: list[str] = []
        self.told: list[int] = []
        self.threads = RequestThreads(self._poll, told=self.told.append, workers=2, most=4)

    def _poll(self, claim: Claim, since: float) -> None:
        assert since <= time.monotonic()
        self.names.append(threading.current_thread().name)
        self.polled.append(claim.id)
        self.go.wait(20)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Two workers, four threads at most."""
    made = Scene()
    yield made
    made.go.set()
    made.threads.end()


def test_no_more_threads_than_workers(scene: Scene) -> None:
    """What is claimed ahead waits its turn."""
    scene.threads.put(claims(1, 2, 3), at_once=False)
    until(lambda: len(scene.polled) == 2)
    time.sleep(0.05)
    assert scene.polled == [1, 2]
    assert [claim.id for claim in scene.threads.held()] == [1, 2, 3]
    scene.go.set()
    scene.threads.wait(20)
    assert sorted(scene.polled) == [1, 2, 3]
    assert (scene.threads.held(), scene.threads.ended, scene.told[-1]) == ([], 3, 0)
    assert len(set(scene.names)) == 2


def test_they_live_on(scene: Scene) -> None:
    """No thread is made for a call that one is free for."""
    scene.go.set()
    for number in range(1, 20):
        scene.threads.put(claims(number), at_once=False)
        scene.threads.wait(20)
    assert len(scene.polled) == 19
    assert len(set(scene.names)) <= 2


def test_more_for_those_that_must_not_wait(scene: Scene) -> None:
    """Up to the most; they end when they have nothing to do."""
    scene.threads.put(claims(1, 2), at_once=False)
    scene.threads.put(claims(3, 4, 5), at_once=True)
    until(lambda: len(scene.polled) == 4)
    time.sleep(0.05)
    assert len(scene.polled) == 4
    scene.go.set()
    scene.threads.wait(20)
    assert sorted(scene.polled) == [1, 2, 3, 4, 5]
    until(lambda: scene.threads._threads == 2)


def test_what_waits_for_too_long_is_taken_back(scene: Scene) -> None:
    """What is being asked about stays."""
    scene.threads.put(claims(1, 2, 3, 4), at_once=False)
    until(lambda: len(scene.polled) == 2)
    assert scene.threads.take_back(claimed_before=0.0) == []
    assert [claim.id for claim in scene.threads.take_back(claimed_before=time.monotonic())] == [3, 4]
    assert [claim.id for claim in scene.threads.held()] == [1, 2]
    scene.threads.put(claims(5, 6), at_once=False)
    assert [claim.id for claim in scene.threads.take_back()] == [5, 6]
    assert scene.told[-1] == 2


def test_what_a_free_thread_is_about_to_take_is_not_taken_back(scene: Scene) -> None:
    """On a busy machine it may take a while to do so."""
    with patch.object(threading.Thread, "start"):
        scene.threads.put(claims(1, 2, 3), at_once=False)
    assert [claim.id for claim in scene.threads.take_back(claimed_before=time.monotonic())] == [3]


def test_the_end(scene: Scene) -> None:
    """Each ends after its call; after a new beginning there are others."""
    scene.threads.put(claims(1), at_once=False)
    scene.threads.end()
    scene.go.set()
    until(lambda: scene.threads._threads == 0)
    scene.threads.begin()
    scene.threads.put(claims(2), at_once=False)
    until(lambda: scene.polled == [1, 2])
