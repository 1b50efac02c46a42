"""Pieces of a size that nobody feels, and others first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
from sqlmodel import Session

from dashboard.errors import StoreUnavailable
from dashboard.services.upkeep.pace import (
    AIM_SECONDS,
    LEAST_REST_SECONDS,
    PATIENCE_SECONDS,
    QUIET_SECONDS,
    Pace,
)
from dashboard.store.database import Database
from dashboard.store.engines import MOST_LOOK_SECONDS
from dashboard.store.write_queue import WriteQueue, is_aside


@dataclass
class Machine:
    """A clock that only moves by work and rests, and a database whose locks take no time."""

    now: float = 0.0
    rests: list[float] = field(default_factory=list)
    write_queue: WriteQueue = field(init=False)
    is_refusing: bool = False

    def __post_init__(self) -> None:
        self.write_queue = WriteQueue(one_at_a_time=True, monotonic=lambda: self.now)

    @contextmanager
    def writing(self) -> Iterator[object]:
        """As the database does it."""
        if self.is_refusing:
            raise StoreUnavailable("locked")
        with self.write_queue.counted(), self.write_queue.taken(seconds=0):
            yield Locked()

    def rest(self, seconds: float) -> None:
        """Let time go by."""
        self.rests.append(seconds)
        self.now += seconds

    def pace(self, *, first: int = 100, least: int = 1, most: int = 1_000) -> Pace:
        """The pace on this machine."""
        return Pace(
            self,  # type: ignore[arg-type]  # what it needs of a database
            first=first,
            least=least,
            most=most,
            rest=self.rest,
            elapsed=lambda: self.now,
        )

    def write(self, pace: Pace, *, each: float, size: int | None = None) -> None:
        """One piece, each unit of which takes so many seconds."""
        taken = pace.size if size is None else size

        def work(_: Session) -> None:
            assert is_aside()
            self.now += taken * each

        pace.write(work, size=taken)


class Locked:
    """A session."""

    def connection(self) -> None:
        """Take the lock."""


def test_pieces_that_take_too_long_get_smaller() -> None:
    """At once to what would have been right; and larger again when the machine is quicker."""
    machine = Machine()
    pace = machine.pace(first=100)
    machine.write(pace, each=0.001)  # 100 ms
    assert pace.size == 20
    machine.write(pace, each=0.001)  # 20 ms
    assert pace.size == 20
    machine.write(pace, each=0.010)
    assert pace.size == 2
    for _ in range(20):
        machine.write(pace, each=0.0001)
    assert AIM_SECONDS / 2 / 0.0001 <= pace.size <= AIM_SECONDS / 0.0001


@pytest.mark.parametrize(("each", "size"), [(1.0, 5), (0.0, 40)])
def test_there_are_bounds(each: float, size: int) -> None:
    """However slow or quick it is."""
    machine = Machine()
    pace = machine.pace(first=10, least=5, most=40)
    for _ in range(10):
        machine.write(pace, each=each)
    assert pace.size == size


def test_a_small_rest_teaches_nothing() -> None:
    """A last piece that is quick because it is small does not make the next one large; a slow one still counts."""
    machine = Machine()
    pace = machine.pace(first=100)
    machine.write(pace, each=0.00001, size=3)
    assert pace.size == 100
    machine.write(pace, each=0.02, size=3)
    assert pace.size == 1


def test_every_piece_is_followed_by_a_rest_that_is_as_long() -> None:
    """And long enough for a process that looks for the lock now and then."""
    machine = Machine()
    pace = machine.pace(first=100)
    machine.write(pace, each=0.001)
    machine.write(pace, each=0.00001, size=1)
    assert machine.rests == pytest.approx([0.1, LEAST_REST_SECONDS])
    assert LEAST_REST_SECONDS > MOST_LOOK_SECONDS


def test_it_waits_while_somebody_is_busy() -> None:
    """And for a moment afterwards: a page reads more than once. Without anybody there is nothing to wait for."""
    machine = Machine()
    pace = machine.pace()
    pace.give_way()
    assert machine.rests == []
    busy = machine.write_queue.counted()
    busy.__enter__()
    looks = count(1)

    def rest(seconds: float) -> None:
        machine.now += seconds
        if next(looks) == 5:
            busy.__exit__(None, None, None)

    pace._rest = rest
    pace.give_way()
    assert machine.now == pytest.approx(5 * 0.005 + QUIET_SECONDS, abs=0.006)


def test_it_does_not_wait_for_ever() -> None:
    """On a server that always has something to do; however often it looks, for one piece."""
    machine = Machine()
    pace = machine.pace()
    with machine.write_queue.counted():
        pace.give_way()
        pace.give_way()
        assert machine.now == pytest.approx(PATIENCE_SECONDS, abs=0.006)
        pace.write(lambda _: None, size=1)
        before = machine.now
        pace.give_way()
        assert machine.now - before == pytest.approx(PATIENCE_SECONDS, abs=0.006)


def test_what_is_refused_can_be_tried_again() -> None:
    """Nothing was learned from it, and nobody is kept waiting by it."""
    machine = Machine(is_refusing=True)
    pace = machine.pace()
    with pytest.raises(StoreUnavailable):
        pace.write(lambda _: None, size=100)
    assert pace.size == 100
    assert not machine.write_queue.others_busy()
    machine.is_refusing = False
    assert pace.write(lambda _: "written", size=100) == "written"


def test_steps_that_write_by_themselves() -> None:
    """Give way before, rest afterwards, and are marked."""
    machine = Machine()
    pace = machine.pace()
    with pace.step():
        assert is_aside()
        machine.now += 0.5
    assert not is_aside()
    assert machine.rests == [0.5]


def test_the_lock_is_free_after_every_piece(database: Database) -> None:
    """Whoever else wants to write can do so in every rest."""
    written: list[int] = []

    def rest(_: float) -> None:
        with database.writing() as session:
            session.connection().exec_driver_sql("UPDATE team SET revision = revision + 1")
        written.append(1)

    pace = Pace(database, first=1, most=10, rest=rest)
    for _ in range(3):
        pace.write(lambda session: session.connection().exec_driver_sql("DELETE FROM part"), size=1)
    assert len(written) >= 3
