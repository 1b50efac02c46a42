"""Catching up never gives up: neither for a locked database nor for a text that cannot be indexed."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from dashboard.errors import StoreUnavailable
from dashboard.models import LibraryEntry, Part, RawPart, Searchable
from dashboard.results.decoding import decode_parts
from dashboard.retrying import PAUSES, Refusals, pause_after
from dashboard.sandbox.documents import pdf
from dashboard.services.library import text_pieces
from dashboard.services.library.catching_up import CatchUp
from dashboard.services.library.indexing import READING, Indexing
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.services.tasks.tasks import Tasks
from dashboard.store import library_rows, search, teams
from dashboard.store.database import Database
from dashboard.store.engines import MOST_LOOK_SECONDS
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
    return CatchUp(
        database=database, prepare=ours.prepare, texts=ours.texts, wait=lock.wait, rest=lambda _: None
    )


def unresting(
    desk: Desk,
    made_ready: Callable[[int], Searchable | None] | None = None,
    **given: Any,  # noqa: ANN401 - what it is made of
) -> CatchUp:
    """What catches up without rests, making texts ready in this way."""
    texts = indexing(desk).texts
    if made_ready is not None:
        texts = replace(texts, made_ready=made_ready)
    values: dict[str, Any] = {"prepare": lambda: None, "wait": lambda _: None, "rest": lambda _: None}
    return CatchUp(database=desk.database, texts=texts, **{**values, **given})


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

    def made_ready(task_ref: int) -> Searchable | None:
        tried.append(task_ref)
        if task_ref == refs[0]:
            raise RuntimeError
        return ours.made_ready(task_ref)

    catching_up = unresting(desk, made_ready)
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

    def made_ready(task_ref: int) -> Searchable | None:
        order.append(task_ref)
        if task_ref == refs[1] and order.count(task_ref) == 1:
            raise StoreUnavailable("a damaged page")
        return ours.made_ready(task_ref)

    catching_up = unresting(desk, made_ready)
    assert catching_up.catch_up() == 4
    assert order == [*refs, refs[1]]


def test_the_thread_outlives_a_model_that_cannot_be_loaded(desk: Desk) -> None:
    """Texts are found without their language being known before."""
    store(desk, "old text", indexed=False)

    def unloadable() -> None:
        raise OSError

    catching_up = unresting(desk, prepare=unloadable)
    catching_up.start()
    wait_until(lambda: catching_up.begun_with() == 1 and catching_up.behind() == 0, "it is")
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
        write_queue = desk.database.write_queue

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


def as_before(desk: Desk, *task_refs: int, text: str = "as it was") -> None:
    """Have these tasks be indexed as an older reading read them."""
    with desk.database.writing() as session:
        for task_ref in task_refs:
            search.put(session=session, task_ref=task_ref, text=text)
        older = update(LibraryEntry).where(col(LibraryEntry.task_ref).in_(task_refs))
        session.exec(older.values(reading=READING - 1))


def readings(desk: Desk) -> list[int]:
    """By which reading each task was indexed."""
    with desk.database.reading() as session:
        return sorted(session.exec(select(LibraryEntry.reading)))


def found(desk: Desk, typed: str) -> int:
    """How many results a search finds."""
    return Library(desk.scope()).look(LibraryRequest(typed=typed)).total


def test_what_an_older_reading_has_indexed_is_indexed_anew(desk: Desk, other_desk: Desk) -> None:
    """By itself, after what is not searchable at all; it is found all the while."""
    old = [store(desk, f"amo-\nunt {number}") for number in range(3)]
    as_before(desk, *old)
    theirs = store(other_desk, "amo-\nunt")
    as_before(desk, theirs)
    missing = store(desk, "never indexed", indexed=False)
    order: list[int] = []
    ours = indexing(desk)

    def made_ready(task_ref: int) -> Searchable | None:
        order.append(task_ref)
        assert found(desk, "was") + found(desk, "amount") == 3
        return ours.made_ready(task_ref)

    catching_up = unresting(desk, made_ready)
    assert catching_up.outdated() == (0, 0)
    assert catching_up._count()
    assert (catching_up.outdated(), catching_up.outdated(other_desk.team_id)) == ((4, 4), (1, 1))
    assert (catching_up.behind(), catching_up.begun_with(desk.team_id)) == (1, 1)
    assert catching_up.catch_up() == 5
    assert order == [missing, *old, theirs]
    assert (found(desk, "amount"), found(desk, "was")) == (3, 0)
    assert set(readings(desk)) == {READING}
    assert (catching_up.outdated(), catching_up.behind()) == ((0, 4), 0)
    assert catching_up.catch_up() == 0
    assert catching_up.outdated() == (0, 0)


def test_it_goes_on_where_it_was_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a piece: what is done is not done twice by the next process."""
    monkeypatch.setattr(text_pieces, "MOST_WAITING", 2)
    missing = [store(desk, f"old text {number}", indexed=False) for number in range(5)]
    old = [store(desk, f"older text {number}") for number in range(5)]
    as_before(desk, *old)
    ours = indexing(desk)
    order: list[int] = []

    def until(last: int) -> CatchUp:
        def made_ready(task_ref: int) -> Searchable | None:
            order.append(task_ref)
            if len(order) == last:
                catching_up.begin_to_stop()
            return ours.made_ready(task_ref)

        catching_up = unresting(desk, made_ready)
        return catching_up

    done = [until(last).catch_up() for last in (3, 9, 99)]
    assert sum(done) == 10
    assert order == [*missing[:3], *missing[2:], *old[:3], *old[2:]]
    assert set(readings(desk)) == {READING}
    assert found(desk, "text") == 10


def test_others_go_first_and_can_write_in_between(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is free during every rest, and there is a rest after every piece."""
    monkeypatch.setattr(text_pieces, "MOST_WAITING", 2)
    for number in range(6):
        store(desk, f"old text {number}", indexed=False)
    left: list[int] = []

    def rest(seconds: float) -> None:
        if seconds < MOST_LOOK_SECONDS:
            return  # it waits for us
        with desk.database.writing() as session:
            teams.touch(session=session, team_ids=[desk.team_id])
        left.append(catching_up.behind())

    catching_up = unresting(desk, rest=rest)
    catching_up.catch_up()
    assert left == [6, 4, 2]
    assert found(desk, "old text") == 6


def test_a_text_that_ends_a_piece_keeps_no_other_from_it(desk: Desk) -> None:
    """Whatever the index raises over one: it is written alone, and the others are."""
    refs = [store(desk, f"old text {number}", indexed=False) for number in range(3)]
    texts = indexing(desk).texts

    def put(session: Session, made_ready: Mapping[int, Searchable | None]) -> None:
        if refs[1] in made_ready:
            raise RuntimeError
        texts.put(session, made_ready)

    catching_up = CatchUp(
        database=desk.database, prepare=lambda: None, texts=replace(texts, put=put), rest=lambda _: None
    )
    assert catching_up.catch_up() == 2
    assert (catching_up.behind(), catching_up.given_up()) == (1, 1)
    assert found(desk, "old text") == 2


def test_what_changes_meanwhile_is_not_undone(desk: Desk) -> None:
    """Texts that are deleted or indexed by somebody else between reading and writing."""
    gone, newer, plain = (store(desk, f"amo-\nunt {name}", indexed=False) for name in ("a", "b", "c"))
    ours = indexing(desk)

    def made_ready(task_ref: int) -> Searchable | None:
        ready = ours.made_ready(task_ref)
        if task_ref == gone:
            desk.tasks.delete([gone])
        elif task_ref == newer:
            with desk.database.writing() as session:
                part = session.exec(select(Part).where(Part.task_ref == newer)).one()
                part.text = "other words"
                session.add(part)
                session.flush()
                desk.clock.advance(seconds=1)
                ours.index(session, [newer])
        return ready

    catching_up = unresting(desk, made_ready)
    catching_up.catch_up()
    assert (found(desk, "amount"), found(desk, "other")) == (1, 1)
    assert (catching_up.behind(), catching_up.given_up()) == (0, 0)
    assert plain


def test_a_change_that_could_not_be_indexed_is_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label, a correction: kept and told, found as before meanwhile, and indexed with all that is outdated."""
    task_ref = store(desk, "amount due", label="first")
    ours = indexing(desk)
    tasks = Tasks(
        desk.scope(), tokens=desk.tokens, api=desk.api, wake=lambda: None, renew=ours.renew_outdated
    )

    def refuse(*_: object) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr(ours, "_guarded", refuse)
        tasks.relabel(task_ref, "second")
    assert desk.task(task_ref).label == "second"
    assert (found(desk, "first"), found(desk, "second"), readings(desk)) == (1, 0, [0])
    assert unresting(desk).catch_up() == 1
    assert (found(desk, "first"), found(desk, "second"), readings(desk)) == (0, 1, [READING])
    tasks.relabel(task_ref, "third")
    assert (found(desk, "second"), found(desk, "third")) == (0, 1)


def test_nothing_is_locked_while_a_changed_text_is_made_ready(desk: Desk) -> None:
    """Anybody else can write at that moment; what they change of the text is not lost."""
    task_ref = store(desk, "amount due", label="first")
    ours = indexing(desk)
    made_ready = ours.made_ready

    def made_ready_and_more(task_ref: int) -> Searchable | None:
        ready = made_ready(task_ref)
        with desk.database.writing() as session:
            part = session.exec(select(Part).where(Part.task_ref == task_ref)).one()
            part.text = "other words"
            session.add(part)
            session.flush()
            desk.clock.advance(seconds=1)
            indexing(desk).index(session, [task_ref])
        return ready

    ours.made_ready = made_ready_and_more  # type: ignore[method-assign]  # others come between
    tasks = Tasks(
        desk.scope(), tokens=desk.tokens, api=desk.api, wake=lambda: None, renew=ours.renew_outdated
    )
    tasks.relabel(task_ref, "second")
    assert (found(desk, "other second"), found(desk, "amount")) == (1, 0)


def test_two_processes_do_not_get_in_each_others_way(desk: Desk) -> None:
    """What another one is just writing is left to it, and no failure."""
    if desk.database.is_sqlite:
        pytest.skip("one writes at a time")
    refs = [store(desk, f"old text {number}", indexed=False) for number in range(3)]
    catching_up = unresting(desk)
    with desk.database.writing() as session:
        assert library_rows.free(session=session, task_refs=refs[:2]) == refs[:2]
        catching_up.catch_up()
        assert catching_up.given_up() == 0
        indexing(desk).index(session, refs[:2])
    assert found(desk, "old text") == 3
    assert catching_up.catch_up() == 0
