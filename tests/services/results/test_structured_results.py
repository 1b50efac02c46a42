"""hOCR, JSON, PDFs and workbooks are found and exported by their words."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import islice

import pytest
from sqlmodel import Session, col, select

from dashboard.errors import StoreUnavailable
from dashboard.models import LibraryEntry, Part, RawPart, Task
from dashboard.results.decoding import decode_parts
from dashboard.results.inner_text import NOT_READ, NOTHING_INSIDE, TOO_MANY, InnerText, inner_text
from dashboard.results.workers import Trouble, WorkerFailed
from dashboard.sandbox.documents import hocr, pdf, xlsx
from dashboard.services.library import reindexing, text_pieces
from dashboard.services.library.indexing import READING, Indexing
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.reindexing import Progress, Reindexing
from dashboard.services.library.snippets import Kind
from dashboard.services.results import inner_texts
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.store import search
from dashboard.store import tasks as task_rows
from tests.services.conftest import Desk
from tests.services.stored import indexing, store

HOCR = ("Hocr", hocr("The total amo-\nunt due").encode())
FIELDS = ("Json", json.dumps({"vendor": {"bbox": "Ada & Sons"}, "lines": [{"name": "blue chair"}]}).encode())
PDF = ("Pdf", pdf("Die Rech-\nnung des Monats"))
SHEET = ("Excel", xlsx([["Item", "Amount"], ["green chair", "12,50"]]))
BROKEN = ("Pdf", b"%PDF-1.7 broken")


@pytest.fixture
def library(desk: Desk) -> Library:
    """The library of the team."""
    return Library(desk.scope())


@pytest.fixture
def inside(desk: Desk) -> InnerTexts:
    """What reads PDFs and workbooks."""
    return InnerTexts(database=desk.database, clock=desk.clock, renew=indexing(desk).renew)


@pytest.fixture
def reindex(desk: Desk, inside: InnerTexts) -> Callable[[], list[Progress]]:
    """Reads and indexes everything anew."""

    def run() -> list[Progress]:
        return list(reindexing_of(desk, inside).run())

    return run


def reindexing_of(desk: Desk, inside: InnerTexts) -> Reindexing:
    """What does it, without resting."""
    return Reindexing(
        database=desk.database,
        indexing=indexing(desk),
        inner_texts=inside,
        rest=lambda _: None,
    )


def found(library: Library, typed: str) -> list[str]:
    """Labels of the first page."""
    return sorted(one.row.label for one in library.look(LibraryRequest(typed=typed)).rows)


def remarks(desk: Desk, task_ref: int) -> list[list[str]]:
    """What is said about the parts of a task."""
    with desk.database.reading() as session:
        return [list(part.remarks) for part in parts(session, task_ref)]


def parts(session: Session, task_ref: int) -> list[Part]:
    """The parts of a task."""
    return list(session.exec(select(Part).where(Part.task_ref == task_ref).order_by(col(Part.position))))


def as_before(desk: Desk, task_ref: int, text: str) -> None:
    """Index a task as an earlier version did: with its markup, word by word."""
    with desk.database.writing() as session:
        search.put(session=session, task_ref=task_ref, text=text)
        task = session.get_one(Task, task_ref)
        session.merge(
            LibraryEntry(task_ref=task_ref, team_id=task.team_id, reading=1, indexed_at=desk.clock())
        )


def test_new_results_are_found_by_their_words(desk: Desk, library: Library, inside: InnerTexts) -> None:
    """Not by tags, places and names of fields; a snippet shows the words."""
    store(desk, label="hocr", files=[HOCR])
    store(desk, label="json", files=[FIELDS])
    store(desk, "plain words", label="both", files=[HOCR])
    for label, file in (("pdf", PDF), ("sheet", SHEET)):
        task_ref = store(desk, label=label, files=[file])
        assert inside.read(task_ref)
        assert not inside.read(task_ref)  # once
    assert found(library, '"total amount due"') == ["hocr"]
    assert found(library, "chair") == ["json", "sheet"]
    assert found(library, '"ada & sons"') == ["json"]
    assert found(library, '"die rechnung des monats"') == ["pdf"]
    assert found(library, '"green chair"') == ["sheet"]
    for markup in ("span", "bbox", "ocrx_word", "class", "vendor", "name"):
        assert found(library, markup) == []
    (row,) = library.look(LibraryRequest(typed="rechnung")).rows
    assert [piece.text for piece in row.snippet if piece.kind is Kind.HIT] == ["Rech-\nnung"]


def test_exports_are_text(desk: Desk, inside: InnerTexts) -> None:
    """The file and the page hold the words; the parts stay exactly as they came."""
    by_kind = {kind: store(desk, files=[(kind, data)]) for kind, data in (HOCR, FIELDS, PDF, SHEET)}
    inside.read(by_kind["Pdf"])
    inside.read(by_kind["Excel"])
    texts = {kind: desk.result_export.one(task_ref).data.decode() for kind, task_ref in by_kind.items()}
    assert texts == {
        "Hocr": "The total amo-\nunt due",
        "Json": "Ada & Sons\nblue chair",
        "Pdf": "Die Rech-\nnung des Monats",
        "Excel": "Item\tAmount\ngreen chair\t12,50",
    }
    for kind, data in (HOCR, FIELDS, PDF, SHEET):
        assert desk.result_export.part(by_kind[kind], 0).data == data
        assert desk.tasks.detail(by_kind[kind]).text == texts[kind]


def test_a_file_that_cannot_be_read_costs_nothing(desk: Desk, library: Library, inside: InnerTexts) -> None:
    """It is kept, found by its label, says what is wrong, and is not tried again."""
    broken = store(desk, label="broken", files=[BROKEN, PDF])
    empty = store(desk, label="empty", files=[("Pdf", pdf(""))])
    assert inside.read(broken)
    assert not inside.read(empty)
    assert remarks(desk, broken) == [[NOT_READ], []]
    assert remarks(desk, empty) == [[NOTHING_INSIDE]]
    assert found(library, "rechnung") == ["broken"]
    assert not inside.read(broken)
    assert not inside.read(empty)
    assert remarks(desk, empty) == [[NOTHING_INSIDE]]


def test_many_files_cost_a_bounded_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a result with many is not read, and says so."""
    monkeypatch.setattr(inner_texts, "MOST_FILES", 2)
    task_ref = store(desk, files=[("Pdf", pdf(f"page {number}")) for number in range(4)])
    InnerTexts(database=desk.database, clock=desk.clock, renew=indexing(desk).renew).read(task_ref)
    assert remarks(desk, task_ref) == [[], [], [TOO_MANY], [TOO_MANY]]
    slow = iter(range(0, 10_000, 100))
    task_ref = store(desk, files=[("Pdf", pdf(f"other {number}")) for number in range(3)])
    reader = InnerTexts(
        database=desk.database,
        clock=desk.clock,
        renew=indexing(desk).renew,
        monotonic=lambda: float(next(slow)),
    )
    reader.read(task_ref)
    assert remarks(desk, task_ref) == [[TOO_MANY]] * 3


def test_nobody_reads_what_is_in_the_text_already(desk: Desk, inside: InnerTexts) -> None:
    """Beside a plain text, a PDF holds the same."""
    assert not inside.read(store(desk, "the text", files=[PDF]))


def test_a_start_takes_up_what_was_left(desk: Desk, library: Library) -> None:
    """Results of the last day; older ones wait for the command."""
    store(desk, label="new", files=[PDF])
    store(desk, label="old", files=[PDF], completed_at=desk.clock() - timedelta(days=3))
    done = threading.Event()

    def renew(task_ref: int) -> None:
        indexing(desk).renew(task_ref)
        done.set()

    inside = InnerTexts(database=desk.database, clock=desk.clock, renew=renew)
    inside.start()
    assert done.wait(30)
    inside.stop()
    assert found(library, "rechnung") == ["new"]


def test_a_full_house_is_waited_for(desk: Desk, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """While people look at pages, files wait; nothing is given up for that."""
    monkeypatch.setattr(inner_texts, "_AGAIN_SECONDS", 0.0)
    tries: list[int] = []

    def busy_at_first(data: bytes, media_type: str) -> InnerText:
        tries.append(len(data))
        if len(tries) < 4:
            raise WorkerFailed(Trouble.BUSY)
        return inner_text(data, media_type)

    monkeypatch.setattr(inner_texts, "inner_text", busy_at_first)
    done = threading.Event()

    def renew(task_ref: int) -> None:
        indexing(desk).renew(task_ref)
        done.set()

    task_ref = store(desk, label="pdf", files=[PDF], completed_at=desk.clock() - timedelta(days=3))
    inside = InnerTexts(database=desk.database, clock=desk.clock, renew=renew)
    inside.start()
    inside.stored(task_ref, decode_parts([RawPart("Pdf", base64.b64encode(PDF[1]).decode())], trial=False))
    assert done.wait(30)
    inside.stop()
    assert len(tries) == 4
    assert found(library, "rechnung") == ["pdf"]


def test_a_crash_between_text_and_index_is_healed(desk: Desk, library: Library) -> None:
    """The next start indexes what is stored and not found yet."""
    task_ref = store(desk, label="pdf", files=[PDF, FIELDS])

    def crash(_: int) -> None:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        InnerTexts(database=desk.database, clock=desk.clock, renew=crash).read(task_ref)
    assert found(library, "rechnung") == []
    assert found(library, "chair") == ["pdf"]  # as it was
    assert indexing(desk).catch_up() == 1
    assert found(library, "rechnung chair") == ["pdf"]


def test_old_results_are_found_after_reindexing(
    desk: Desk, library: Library, reindex: Callable[[], list[Progress]]
) -> None:
    """Not before, unless a server has done it by itself; afterwards nothing is left to do."""
    old = store(desk, label="hocr", files=[HOCR])
    as_before(desk, old, HOCR[1].decode())
    broken = store(desk, "Rech-\nnung", label="text")
    as_before(desk, broken, "Rech nung")
    store(desk, label="pdf", files=[PDF])
    store(desk, label="never indexed", files=[FIELDS], indexed=False)
    assert found(library, "bbox") == ["hocr"]
    assert found(library, "rechnung") == []
    steps = reindex()
    files, texts, labels = (
        [Progress(0, 1), Progress(1, 1)],
        [Progress(0, 3), Progress(3, 3)],
        [Progress(0, 4)],
    )
    assert steps == [*files, *texts, *labels, Progress(4, 4)]
    assert found(library, "bbox") == []
    assert found(library, "amount") == ["hocr"]
    assert found(library, "rechnung") == ["pdf", "text"]
    assert found(library, "rech") == ["pdf", "text"]
    with desk.database.reading() as session:
        assert set(session.exec(select(LibraryEntry.reading))) == {READING}
    assert reindex() == [Progress(0, 0), Progress(0, 0), *labels, Progress(4, 4)]


def test_reindexing_goes_on_where_it_ended(
    desk: Desk, library: Library, inside: InnerTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off anywhere: what is done is done, the rest comes with the next run; every piece is small."""
    monkeypatch.setattr(text_pieces, "MOST_WAITING", 3)
    monkeypatch.setattr(reindexing, "_LOOKED_UP", 4)
    for number in range(10):
        as_before(desk, store(desk, f"amo-\nunt {number}", label=str(number)), "old")
    some = list(islice(reindexing_of(desk, inside).run(), 3))
    assert some == [Progress(0, 0), Progress(0, 10), Progress(3, 10)]
    assert len(found(library, "amount")) == 3
    assert list(reindexing_of(desk, inside).run())[1:] == [
        *(Progress(0, 7), Progress(3, 7), Progress(4, 7), Progress(7, 7)),
        *(Progress(0, 10), Progress(4, 10), Progress(8, 10), Progress(10, 10)),  # every label is looked at
    ]
    assert len(found(library, "amount")) == 10


def test_long_texts_are_written_alone(
    desk: Desk, inside: InnerTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no transaction is long."""
    monkeypatch.setattr(text_pieces, "_FIRST", 1_000)
    monkeypatch.setattr(text_pieces, "_LEAST", 1_000)
    monkeypatch.setattr(text_pieces, "_MOST", 1_000)
    for number in range(4):
        as_before(desk, store(desk, "many words " * 200, label=str(number)), "old")
    _, *steps = reindexing_of(desk, inside).run()
    texts, labels = steps[:5], steps[5:]
    assert [step.done for step in texts] == [0, 1, 2, 3, 4]
    assert [step.done for step in labels] == [0, 4]


def test_reindexing_beside_others(desk: Desk, library: Library, inside: InnerTexts) -> None:
    """What somebody changes, indexes or deletes meanwhile is not undone, and a busy database is waited for."""
    changed, gone, newer = (store(desk, "amo-\nunt", label=name) for name in ("changed", "gone", "newer"))
    for task_ref in (changed, gone, newer):
        as_before(desk, task_ref, "old")
    ours = indexing(desk)
    busy = iter([True, True, False])

    class Between(Indexing):
        """Others come between reading and writing."""

        def put(self, session: Session, made_ready: object) -> None:
            """Refuse twice, as a locked database does."""
            if next(busy, False):
                raise StoreUnavailable("locked")
            super().put(session, made_ready)  # type: ignore[arg-type]  # handed on

    between = Between(database=desk.database, clock=desk.clock)
    made_ready = between.made_ready

    def made_ready_and_more(task_ref: int) -> object:
        ready = made_ready(task_ref)
        with desk.database.writing() as session:
            if task_ref == changed:
                task_rows.relabel(session=session, team_id=desk.team_id, task_ref=changed, label="renamed")
            elif task_ref == gone:
                task_rows.delete_many(session=session, team_id=desk.team_id, task_refs=[gone])
            else:
                part = parts(session, newer)[0]
                part.text = "other words"
                session.add(part)
                session.flush()
                desk.clock.advance(seconds=1)
                ours.index(session, [newer])
        return ready

    between.made_ready = made_ready_and_more  # type: ignore[method-assign,assignment]  # others come between
    rested: list[float] = []
    work = Reindexing(
        database=desk.database,
        indexing=between,
        inner_texts=inside,
        rest=rested.append,
    )
    list(work.run())
    assert len(rested) >= 3
    assert found(library, "amount") == ["renamed"]
    assert found(library, "renamed") == ["renamed"]
    assert found(library, "other") == ["newer"]


def test_a_database_that_goes_on_refusing(
    desk: Desk, inside: InnerTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is said; the next run continues."""
    as_before(desk, store(desk, "text"), "old")

    def refuse(*_: object) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr(Indexing, "put", refuse)
        with pytest.raises(StoreUnavailable):
            list(reindexing_of(desk, inside).run())
    assert list(reindexing_of(desk, inside).run())[2] == Progress(1, 1)
