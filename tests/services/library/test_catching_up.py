"""Catching up never gives up: neither for a locked database nor for a text that cannot be indexed."""

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from dashboard.errors import StoreUnavailable
from dashboard.models import RawPart
from dashboard.results.decoding import decode_parts
from dashboard.retrying import PAUSES, Refusals, pause_after
from dashboard.sandbox.documents import pdf
from dashboard.services.library.catching_up import CatchUp
from dashboard.services.library.indexing import Indexing
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.store.database import Database
from tests.chaos.obstacles import locked
from tests.chaos.waiting import wait_until
from tests.services.conftest import Desk
from tests.services.stored import indexing, store


@pytest.fixture
def impatient(database_url: str) -> Iterator[Database]:
    """The same database, opened by somebody who does not wait for locks."""
    opened = Database(database_url, busy_seconds=0.05)
    yield opened
    opened.close()


class Lock:
    """A lock by somebody else that ends after so many waits."""

    def __init__(self, database: Database, *, waits: int) -> None:
        self._held = ExitStack()
        self._held.enter_context(locked(database))
        self._waits = waits
        self.pauses: list[float] = []

    def wait(self, seconds: float) -> None:
        """Wait."""
        self.pauses.append(seconds)
        if len(self.pauses) == self._waits:
            self._held.close()


def catch_up_of(database: Database, desk: Desk, lock: Lock) -> CatchUp:
    """What catches up in this database, waiting for this lock."""
    ours = Indexing(database=database, clock=desk.clock)
    return CatchUp(database=database, prepare=ours.prepare, index=ours._catch_up_with, wait=lock.wait)


def test_a_lock_does_not_end_it(desk: Desk, impatient: Database) -> None:
    """However long it lasts: it is tried again with growing pauses, and everything is found at last."""
    for number in range(5):
        store(desk, f"old text {number}", indexed=False)
    lock = Lock(desk.database, waits=7)
    catching_up = catch_up_of(impatient, desk, lock)
    assert catching_up.catch_up() == 5
    assert lock.pauses == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    assert (catching_up.behind(), catching_up.trouble) == (0, None)
    library = Library(desk.scope())
    assert library.look(LibraryRequest(typed="old text")).total == 5


def test_it_says_how_much_is_left_and_why(desk: Desk, other_desk: Desk, impatient: Database) -> None:
    """While it is refused, of each team; nothing before it was counted."""
    for number in range(3):
        store(desk, f"old text {number}", indexed=False)
    store(other_desk, "theirs", indexed=False)
    said: list[tuple[int, int, str | None]] = []
    lock = Lock(desk.database, waits=2)
    catching_up = catch_up_of(impatient, desk, lock)

    def look(seconds: float) -> None:
        said.append((catching_up.behind(), catching_up.behind(other_desk.team_id), catching_up.trouble))
        lock.wait(seconds)

    catching_up._refusals._wait = look
    assert catching_up.behind() == 0
    catching_up.catch_up()
    assert [(whole, theirs) for whole, theirs, _ in said] == [(4, 1), (4, 1)]
    assert said[1][2] is not None
    assert "locked" in said[1][2]
    assert catching_up.behind(other_desk.team_id) == 0


def test_a_text_that_cannot_be_indexed_keeps_no_other_from_it(desk: Desk) -> None:
    """It is counted as not searchable, and not tried again and again."""
    refs = [store(desk, f"old text {number}", indexed=False) for number in range(3)]
    ours = indexing(desk)
    tried: list[int] = []

    def index(task_ref: int) -> bool:
        tried.append(task_ref)
        if task_ref == refs[0]:
            raise RuntimeError
        return ours._catch_up_with(task_ref)

    catching_up = CatchUp(database=desk.database, prepare=lambda: None, index=index)
    assert catching_up.catch_up() == 2
    assert catching_up.behind(desk.team_id) == 1
    assert catching_up.catch_up() == 0
    assert tried == refs
    assert (catching_up.given_up(desk.team_id), catching_up.given_up()) == (1, 1)
    desk.tasks.delete([refs[0]])
    catching_up.catch_up()
    assert (catching_up.behind(), catching_up.given_up()) == (0, 0)


def test_what_is_refused_in_the_middle_comes_in_the_next_round(desk: Desk) -> None:
    """It does not hold up those behind it."""
    refs = [store(desk, f"old text {number}", indexed=False) for number in range(4)]
    ours = indexing(desk)
    order: list[int] = []

    def index(task_ref: int) -> bool:
        if task_ref == refs[1] and order.count(task_ref) == 0:
            order.append(task_ref)
            raise StoreUnavailable("a damaged page")
        order.append(task_ref)
        return ours._catch_up_with(task_ref)

    catching_up = CatchUp(database=desk.database, prepare=lambda: None, index=index, wait=lambda _: None)
    assert catching_up.catch_up() == 4
    assert order == [*refs, refs[1]]


def test_the_thread_outlives_a_model_that_cannot_be_loaded(desk: Desk) -> None:
    """Texts are found without their language being known before."""
    store(desk, "old text", indexed=False)

    def unloadable() -> None:
        raise OSError

    catching_up = CatchUp(database=desk.database, prepare=unloadable, index=indexing(desk)._catch_up_with)
    catching_up.start()
    wait_until(
        lambda: indexing(desk).catching_up._count() and catching_up._left == {desk.team_id: 0}, "it is"
    )
    catching_up.stop()


def test_files_of_before_are_taken_up_after_a_lock(desk: Desk) -> None:
    """A start at which the database refuses is no start without them."""
    store(desk, label="pdf", files=[("Pdf", pdf("Rechnung"))])
    done = threading.Event()
    pauses: list[float] = []
    ours = indexing(desk)
    broken = [3]

    class Refusing:
        is_sqlite = True

        def reading(self) -> object:
            if broken[0]:
                broken[0] -= 1
                raise StoreUnavailable("locked")
            return desk.database.reading()

        writing = staticmethod(desk.database.writing)

    def renew(task_ref: int) -> None:
        ours.renew(task_ref)
        done.set()

    inside = InnerTexts(
        database=Refusing(),  # type: ignore[arg-type]  # what it needs of one
        clock=desk.clock,
        renew=renew,
        wait=pauses.append,
    )
    inside.start()
    assert done.wait(30)
    inside.stop()
    assert pauses == list(PAUSES[:3])


def test_a_refusal_between_text_and_index_is_made_good(desk: Desk) -> None:
    """The texts are kept already, so that nothing is unread: it is indexed all the same, without a new start."""
    done, tries = threading.Event(), [0]

    def renew(task_ref: int) -> None:
        tries[0] += 1
        if tries[0] < 3:
            raise StoreUnavailable("locked")
        indexing(desk).renew(task_ref)
        done.set()

    inside = InnerTexts(database=desk.database, clock=desk.clock, renew=renew, wait=lambda _: None)
    content = pdf("Rechnung")
    task_ref = store(desk, label="pdf", files=[("Pdf", content)])
    inside.start()
    parts = decode_parts([RawPart("Pdf", base64.b64encode(content).decode())], trial=False)
    inside.stored(task_ref, [replace(part) for part in parts])
    assert done.wait(30)
    inside.stop()
    library = Library(desk.scope())
    assert library.look(LibraryRequest(typed="rechnung")).total == 1


def test_pauses_grow_and_stay(desk: Desk) -> None:
    """As the poller's do; the first one that works begins them anew."""
    del desk
    assert [pause_after(number) for number in range(7)] == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    waited: list[float] = []
    refusals = Refusals(waited.append)
    assert refusals.refused("no")
    assert not refusals.refused("no")
    assert refusals.works()
    assert not refusals.works()
    assert refusals.refused("no")
    assert waited == [PAUSES[0], PAUSES[1], PAUSES[0]]
