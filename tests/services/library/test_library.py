"""The library: what is found, in which order, and what people put on it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from dashboard.errors import InputRefused, NotFound
from dashboard.models import LibraryEntry, Operation, State, Task
from dashboard.services.library.library import MOST_TAGS, PER_PAGE, Library
from dashboard.services.library.library_address import LibraryRequest, read_query, write
from dashboard.services.library.saved_views import Place, SavedViews
from dashboard.services.library.snippets import Kind
from dashboard.services.results.corrections import Corrections
from dashboard.store import search
from dashboard.store import tasks as task_rows
from dashboard.store.board_filter import BoardFilter
from dashboard.store.library_search import LibraryFilter, Sort
from tests.services.conftest import Desk
from tests.services.stored import indexing, store

TRIAL = "the ***** amount due for this invoice is one hundred"


@pytest.fixture
def library(desk: Desk) -> Library:
    """The library of the team."""
    return Library(desk.scope())


def found(library: Library, typed: str = "", *, gaps: bool = False, **wanted: Any) -> list[str]:  # noqa: ANN401 - filters of any type
    """Labels of the first page."""
    request = LibraryRequest(typed=typed, wanted=LibraryFilter(**wanted), gaps=gaps)
    return [one.row.label for one in library.look(request).rows]


def test_texts_labels_and_ids_are_found(desk: Desk, library: Library) -> None:
    """By words; what people call a task counts as well."""
    store(desk, "Invoice of May", label="first")
    store(desk, "Letter", label="invoice number 2", task_id="abc-77")
    assert found(library, "invoice") == ["invoice number 2", "first"]
    assert found(library, "abc-77") == ["invoice number 2"]
    assert found(library, "may") == ["first"]
    assert found(library, "nothing") == []
    assert found(library) == ["invoice number 2", "first"]


def test_filters(desk: Desk, library: Library) -> None:
    """Each by itself, and together."""
    day = timedelta(days=1)
    english = "The total amount due by the end of the month is one hundred Euro."
    german = "Die Rechnung über einhundert Euro ist bis zum Ende des Monats zu bezahlen."
    now = desk.clock()
    store(desk, english, label="English", completed_at=now - 2 * day)
    store(desk, german, label="German", trial=True, state=State.PARTIAL)
    store(desk, "x", label="pdf", operation="RecognizePdf", completed_at=now - 9 * day)
    store(desk, label="empty", state=State.COMPLETED_EMPTY)
    store(desk, label="failed", state=State.FAILED)
    everything = ["empty", "pdf", "German", "English"]
    assert found(library) == everything
    cases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "state": ({"states": frozenset({State.PARTIAL, State.FAILED})}, ["German"]),
        "label": ({"label": "GER"}, ["German"]),
        "operation": ({"operation": Operation.RECOGNIZE_PDF}, ["pdf"]),
        "regular": ({"trial": False}, ["empty", "pdf", "English"]),
        "language": ({"language": "de"}, ["German"]),
        "since": ({"since": now - 3 * day}, ["empty", "German", "English"]),
        "until": ({"until": now - day}, ["pdf", "English"]),
        "oldest": ({"sort": Sort.OLDEST}, everything[::-1]),
        "by label": ({"sort": Sort.LABEL}, ["empty", "English", "German", "pdf"]),
        "longest": ({"sort": Sort.LONGEST}, ["English", "German", "pdf", "empty"]),
        "token": ({"credential_id": 7}, []),
        "both": ({"trial": False, "until": now - 5 * day}, ["pdf"]),
    }
    wrong = {}
    for name, (given, expected) in cases.items():
        if (seen := found(library, **given)) != expected:
            wrong[name] = seen
    assert wrong == {}
    assert found(library, "euro", language="de") == ["German"]
    assert set(library.languages()) == {"de", "en"}


def test_gaps_are_told_apart(desk: Desk, library: Library) -> None:
    """What only may match is counted, and shown on demand."""
    store(desk, "the total amount due", label="sure")
    store(desk, TRIAL, label="maybe", trial=True)
    store(desk, TRIAL, label="own asterisks")
    view = library.look(LibraryRequest(typed="total amount"))
    assert ([one.row.label for one in view.rows], view.maybe) == (["sure"], 1)
    assert found(library, "total amount", gaps=True) == ["maybe"]
    (row,) = library.look(LibraryRequest(typed="total amount", gaps=True)).rows
    assert [piece.text for piece in row.snippet if piece.kind is Kind.GAP] == ["*****"]


def test_snippets_show_why(desk: Desk, library: Library) -> None:
    """The place of the first hit, with accents as in the text; other teams' words are nowhere."""
    store(desk, "word " * 200 + "Größe der Straße " + "end " * 200, label="long")
    (row,) = library.look(LibraryRequest(typed="größe strasse")).rows
    assert [piece.text for piece in row.snippet if piece.kind is Kind.HIT] == ["Größe", "Straße"]
    assert len("".join(piece.text for piece in row.snippet)) < 300


def test_pages(desk: Desk, library: Library) -> None:
    """Twenty at a time; beyond the last one, the last one."""
    for number in range(PER_PAGE + 3):
        store(desk, "same words", label=str(number))
    first = library.look(LibraryRequest(typed="same"))
    assert (first.total, first.pages, len(first.rows)) == (PER_PAGE + 3, 2, PER_PAGE)
    last = library.look(LibraryRequest(typed="same"), page=9)
    assert (last.page, [one.row.label for one in last.rows]) == (2, ["2", "1", "0"])
    assert len(library.matching(LibraryRequest(typed="same"))) == PER_PAGE + 3


def test_only_unwanted_words(desk: Desk, library: Library) -> None:
    """Says so instead of listing everything."""
    store(desk, "a text", label="a")
    view = library.look(LibraryRequest(typed="-draft"))
    assert (view.rows, view.only_unwanted) == ((), True)


def test_tags(desk: Desk, library: Library) -> None:
    """Put on, found, taken off; the same tag twice is one."""
    one, two = store(desk, "a", label="one"), store(desk, "b", label="two")
    assert library.tag([one, two, 999], add=["Paid", "paid ", "May"]) == 2
    assert library.tags() == [("may", 2), ("paid", 2)]
    library.tag([two], add=["paid"], remove=["may"])
    assert found(library, tag="may") == ["one"]
    assert library.look(LibraryRequest(wanted=LibraryFilter(tag="may"))).rows[0].tags == ("may", "paid")
    with pytest.raises(InputRefused, match="characters"):
        library.tag([one], add=["x" * 100])
    with pytest.raises(InputRefused, match="at once"):
        library.tag([one], add=[str(number) for number in range(MOST_TAGS + 1)])


def test_archive(desk: Desk, library: Library) -> None:
    """Off the board and out of sight, found on demand; open tasks stay."""
    kept, away = store(desk, "a", label="kept"), store(desk, "b", label="away")
    pending = store(desk, label="open", state=State.PENDING, next_poll_at=desk.clock(), completed_at=None)
    assert library.put_away([away, pending], archived=True) == 1
    assert found(library) == ["kept"]
    assert found(library, archived=True) == ["away"]
    assert found(library, archived=None) == ["away", "kept"]
    assert [row.label for row in desk.board.look(BoardFilter()).rows] == ["open", "kept"]
    assert desk.board.look(BoardFilter()).counts.total == 2
    assert library.put_away([away, kept], archived=False) == 1
    assert found(library) == ["away", "kept"]


def test_views(desk: Desk) -> None:
    """Saved under a name, replaced, removed; those of one page are not those of another."""
    views = SavedViews(desk.scope())
    views.save(Place.LIBRARY, "Unpaid", "find=due&tag=unpaid")
    views.save(Place.LIBRARY, "Unpaid", "find=amount")
    views.save(Place.BOARD, "Mine", "state=open")
    (view,) = views.of(Place.LIBRARY)
    assert (view.name, read_query(view.query).typed) == ("Unpaid", "amount")
    assert [(one.name, one.query) for one in views.of(Place.BOARD)] == [("Mine", "state=open")]
    with pytest.raises(InputRefused, match="The library has a view of this name"):
        views.save(Place.BOARD, "Unpaid", "state=done")
    views.remove(view.id or 0)
    assert list(views.of(Place.LIBRARY)) == []
    with pytest.raises(NotFound):
        views.remove(view.id or 0)
    with pytest.raises(InputRefused, match="name"):
        views.save(Place.BOARD, "  ", "")
    with pytest.raises(InputRefused, match="too long"):
        views.save(Place.BOARD, "a", "x" * 3000)


def test_results_from_before_are_caught_up(desk: Desk, library: Library) -> None:
    """Once; what is in the index already is left alone."""
    for number in range(250):
        store(desk, f"old text {number}", label=str(number), indexed=False)
    assert found(library, "old text") == []
    assert indexing(desk).catch_up() == 250
    assert indexing(desk).catch_up() == 0
    assert library.look(LibraryRequest(typed="old text")).total == 250


def test_the_index_follows_corrections_and_flips(desk: Desk, library: Library) -> None:
    """What is corrected is found, and the service's own words still are."""
    corrections = Corrections(desk.scope(), renew=indexing(desk).renew)
    task_ref = store(desk, TRIAL, label="trial", trial=True)
    corrections.correct(task_ref, TRIAL.replace("*****", "total"), based_on=None)
    assert found(library, "total amount") == ["trial"]
    corrections.go_back(task_ref)
    assert found(library, "total amount") == []
    assert found(library, "total amount", gaps=True) == ["trial"]
    corrections.flip_mask(task_ref, 4)
    assert found(library, "total amount", gaps=True) == []


def test_a_text_that_cannot_be_indexed_costs_no_result(
    desk: Desk, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored, and only not found."""

    def refuse(*, session: Session, **_: object) -> None:
        session.connection().exec_driver_sql("INSERT INTO team (id) VALUES (NULL)")

    monkeypatch.setattr(search, "put", refuse)
    task_ref = store(desk, "hello", label="kept")
    with desk.database.reading() as session:
        assert session.get(Task, task_ref) is not None
        assert session.exec(select(LibraryEntry)).all() == []
    assert found(library) == ["kept"]


def test_a_deleted_task_leaves_nothing(desk: Desk, library: Library) -> None:
    """No entry, no tag, no words."""
    task_ref = store(desk, "hello", label="gone")
    library.tag([task_ref], add=["x"])
    with desk.database.writing() as session:
        task_rows.delete_many(session=session, team_id=desk.team_id, task_refs=[task_ref])
    assert (found(library, "hello"), library.tags(), library.languages()) == ([], [], [])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "find=a+b&gaps=yes&sort=label",
        "archived=only&language=de&state=partial&tag=x&token=3&trial=yes",
        "operation=RecognizePdf&since=2026-05-01&until=2026-05-31",
    ],
)
def test_addresses_are_read_as_they_were_written(query: str) -> None:
    """And say the same again."""
    assert write(dict(pair.split("=") for pair in query.replace("+", " ").split("&") if pair)) == query
    request = read_query(query)
    if "since" in query:
        assert request.wanted.since == datetime(2026, 5, 1, tzinfo=UTC)
        assert request.wanted.until == datetime(2026, 6, 1, tzinfo=UTC)
    if "archived" in query:
        assert (request.wanted.archived, request.wanted.trial, request.wanted.credential_id) == (
            True,
            True,
            3,
        )


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "token=x",
        "token=99999999999999",
        "since=yesterday",
        "until=9999-12-31",
        "sort=x",
        "trial=maybe",
    ],
)
def test_addresses_that_make_no_sense_show_everything(query: str) -> None:
    """People type and cut them."""
    assert replace(read_query(query).wanted, until=None) == LibraryFilter()
