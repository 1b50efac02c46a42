"""Outcomes are written in batches as large as have gathered, and none is lost."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence

import pytest

from dashboard.errors import DiskFull, StoreUnavailable
from dashboard.models import Change, Claim, DecodedPart, RawPart, Searchable
from dashboard.polling.one_poll import SET_ASIDE_SECONDS
from dashboard.polling.preparing import Preparation
from dashboard.polling.pulse import Pulse
from dashboard.polling.turns import Turns
from dashboard.polling.writing import MOST_AT_ONCE, Writer
from dashboard.results.decoding import decode_parts
from tests.polling.claims import claims


class Notebook:
    """A ledger that keeps outcomes in memory, and refuses while told to."""

    def __init__(self) -> None:
        self.batches: list[list[Change]] = []
        self.refusal: Exception | None = None
        self.lost: list[Claim] = []
        self.go = threading.Event()
        self.go.set()

    def record(self, changes: Sequence[Change]) -> list[Claim]:
        """Keep them."""
        self.go.wait(20)
        if self.refusal is not None:
            raise self.refusal
        self.batches.append(list(changes))
        return self.lost

    def written(self) -> list[int]:
        """Our IDs, in the order they were written in."""
        return [change.claim.id for batch in self.batches for change in batch]


class Desk:
    """A writer with its notebook."""

    def __init__(self) -> None:
        self.notebook = Notebook()
        self.pulse = Pulse()
        self.told: list[float | None] = []
        self.prepared: list[str] = []
        self.writer = Writer(
            self.notebook,  # type: ignore[arg-type]  # it only records
            self.pulse,
            preparation=Preparation(self._prepare, Turns()),
            written=self.told.append,
        )

    def add(self, *ids: int, delay: float | None = None, parts: Sequence[DecodedPart] = ()) -> None:
        """Have outcomes of these tasks arrive."""
        for claim in claims(*ids):
            self.writer.add(
                Change(claim=claim, values={}, next_delay_seconds=delay, attempt=None, parts=tuple(parts))
            )

    def _prepare(self, parts: Sequence[DecodedPart], _trial: bool) -> Searchable | None:  # noqa: FBT001 - the Protocol
        assert not self.notebook.batches, "it is made ready before anything is written"
        text = parts[0].text or ""
        self.prepared.append(text)
        if "hostile" in text:
            raise RuntimeError(text)
        return Searchable(folded=text, language="", words=1, masked_words=0)


def until(condition: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Nothing has arrived."""
    made = Desk()
    yield made
    made.notebook.go.set()
    made.writer.stop()


def test_what_comes_alone_is_written_at_once(desk: Desk) -> None:
    """It waits for no other."""
    desk.writer.start()
    began = time.monotonic()
    for number in range(1, 4):
        desk.add(number)
        until(lambda: not desk.writer.unwritten)
        time.sleep(0.05)
    assert time.monotonic() - began < 5
    assert [len(batch) for batch in desk.notebook.batches] == [1, 1, 1]


def test_what_gathers_while_it_writes_is_one_batch(desk: Desk) -> None:
    """In the order it came."""
    desk.notebook.go.clear()
    desk.writer.start()
    desk.add(1)
    time.sleep(0.05)
    desk.add(*range(2, 40))
    assert desk.writer.unwritten == 39
    desk.notebook.go.set()
    until(lambda: not desk.writer.unwritten)
    assert [len(batch) for batch in desk.notebook.batches] == [1, 38]
    assert desk.notebook.written() == list(range(1, 40))


def test_a_batch_has_a_bound(desk: Desk) -> None:
    """Nobody waits for thousands."""
    desk.add(*range(1, 2 * MOST_AT_ONCE + 6))
    desk.writer.write()
    assert [len(batch) for batch in desk.notebook.batches] == [MOST_AT_ONCE, MOST_AT_ONCE, 5]


def test_it_says_when_the_first_is_due_again(desk: Desk) -> None:
    """So that nobody has to look."""
    desk.add(1, delay=7.0)
    desk.add(2, delay=0.3)
    desk.add(3)
    desk.writer.write()
    desk.add(4)
    desk.writer.write()
    assert desk.told == [0.3, None]


@pytest.mark.parametrize(
    ("refusal", "is_full"), [(StoreUnavailable("locked"), False), (DiskFull("full"), True)]
)
def test_what_is_refused_is_kept(desk: Desk, refusal: Exception, *, is_full: bool) -> None:
    """It is written with what came meanwhile, when the database works again."""
    desk.notebook.refusal = refusal
    desk.writer.start()
    desk.add(1, 2)
    until(lambda: desk.pulse.store_trouble == str(refusal))
    assert (desk.writer.is_refused, desk.pulse.is_full) == (True, is_full)
    desk.add(3)
    desk.notebook.refusal = None
    until(lambda: not desk.writer.unwritten)
    assert desk.notebook.written() == [1, 2, 3]
    until(lambda: desk.pulse.store_trouble is None)
    assert not desk.writer.is_refused


def test_a_refusal_is_raised_for_who_writes_by_hand(desk: Desk) -> None:
    """And everything is kept."""
    desk.notebook.refusal = StoreUnavailable("locked")
    desk.add(1, 2)
    with pytest.raises(StoreUnavailable):
        desk.writer.write()
    assert desk.writer.unwritten == 2
    desk.notebook.refusal = None
    desk.writer.write()
    assert desk.notebook.written() == [1, 2]


def test_what_was_fenced_is_counted(desk: Desk) -> None:
    """It was asked about by somebody else."""
    desk.notebook.lost = [claims(2)[0]]
    desk.add(1, 2, 3)
    desk.writer.write()
    assert desk.pulse.fenced == 1


def test_an_outcome_that_cannot_be_written_is_set_aside(desk: Desk) -> None:
    """Where not even that can be written, it is left to its lease, and holds up no other."""
    written: list[Change] = []

    def record(changes: Sequence[Change]) -> list[Claim]:
        if any(change.claim.id == 2 and change.values for change in changes):
            raise KeyError("a bug")
        if any(change.claim.id == 3 for change in changes):
            raise KeyError("a worse one")
        written.extend(changes)
        return []

    desk.notebook.record = record  # type: ignore[method-assign]
    for claim in claims(1, 2, 3, 4):
        desk.writer.add(
            Change(claim=claim, values={"state": "completed"}, next_delay_seconds=None, attempt=None)
        )
    desk.writer.write()
    assert [(change.claim.id, change.next_delay_seconds) for change in written] == [
        (1, None),
        (2, SET_ASIDE_SECONDS),
        (4, None),
    ]


def test_texts_are_made_ready_once(desk: Desk) -> None:
    """Before they are written; not again when the database has refused them, nor where that cannot be done."""
    for number, text in enumerate(["good", "hostile"], 1):
        desk.add(
            number, parts=decode_parts([RawPart("Text", b64encode(text.encode()).decode())], trial=False)
        )
    desk.notebook.refusal = StoreUnavailable("busy")
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            desk.writer.write()
    desk.notebook.refusal = None
    desk.writer.write()
    assert desk.prepared == ["good", "hostile"]
    assert [change.searchable and change.searchable.folded for change in desk.notebook.batches[0]] == [
        "good",
        None,
    ]
