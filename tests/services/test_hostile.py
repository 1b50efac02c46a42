"""Hostile results in the services: bounded where they are shown, searched and handed out, and kept whole."""

import io
import json
import zipfile

import pytest
from sqlalchemy import text as sql

from dashboard.errors import InputRefused
from dashboard.models import RawPart, State
from dashboard.models.limits import (
    LONGEST_WRITTEN,
    MOST_ASTERISKS,
    MOST_INDEXED,
    MOST_PARTS_APART,
    MOST_PARTS_SHOWN,
    NOT_JUDGED,
    ONLY_FIRST_PARTS,
)
from dashboard.results.decoding import decode_parts
from dashboard.services.library.indexing import of_new_result, searchable
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.snippets import Kind, snippet
from dashboard.services.results.export_formats import Bundle, OneFormat
from dashboard.services.results.result_export import ResultExport
from dashboard.services.results.sharing import MOST_CHARACTERS, SharedResults, Sharing
from dashboard.services.results.sources import Sources
from dashboard.services.team.team_export import TeamExport
from dashboard.store import patience
from dashboard.store.search_folding import fold, folded_text
from dashboard.store.search_query import MAX_PHRASE, parse
from tests.services.conftest import Desk
from tests.services.stored import indexing, store


@pytest.fixture
def library(desk: Desk) -> Library:
    """What is searched."""
    return Library(desk.scope())


@pytest.fixture
def export(desk: Desk) -> ResultExport:
    """What hands results out."""
    return ResultExport(desk.scope())


def test_only_the_first_parts_are_shown(desk: Desk) -> None:
    """The text is that of all of them, and the files are all there."""
    many = MOST_PARTS_SHOWN + 5
    task_ref = store(desk, *(f"text {number}" for number in range(many)), indexed=False)
    for with_text in (True, False):
        detail = desk.tasks.detail(task_ref, with_text=with_text)
        assert (len(detail.shown), detail.part_count) == (MOST_PARTS_SHOWN, many)
        assert detail.limits == [ONLY_FIRST_PARTS]
    assert f"text {many - 1}".encode() in desk.result_export.one(task_ref).data
    assert desk.result_export.part(task_ref, many - 1).data == f"text {many - 1}".encode()
    few = desk.tasks.detail(store(desk, "a"))
    assert (few.part_count, few.limits) == (1, [])


def test_too_many_asterisks_are_said(desk: Desk, export: ResultExport) -> None:
    """On the page and in the API; the text is handed out as it is."""
    text = "* " * (MOST_ASTERISKS + 1)
    task_ref = store(desk, text, trial=True)
    detail = desk.tasks.detail(task_ref)
    assert (detail.judged, detail.report.masks, detail.limits) == (False, 0, [NOT_JUDGED])
    assert desk.result_export.one(task_ref).data.decode() == text
    assert export.one(task_ref).data.decode() == text
    regular = desk.tasks.detail(store(desk, text))
    assert (regular.judged, regular.limits) == (True, [])


def test_an_outcome_is_written_with_its_text_made_ready(desk: Desk, library: Library) -> None:
    """And found under its label too; the entries beyond the most are kept in one file."""
    task_ref = store(desk, label="the label", state=State.PENDING, next_poll_at=desk.clock(), trial=True)
    (raw,) = [RawPart("Text", "words of *** text")]
    rest = RawPart(None, '[{"data":"hidden"}]', others=1)
    parts = decode_parts([raw] * MOST_PARTS_APART + [rest], trial=True)
    ready = of_new_result(parts, True)
    assert ready is not None
    assert (ready.words, ready.masked_words) == (4 * MOST_PARTS_APART, MOST_PARTS_APART)
    with desk.database.writing() as session:
        indexing(desk).put(session, {task_ref: ready})
    desk.change(task_ref, state=State.COMPLETED.value)
    for typed in ("words text", "label", "words of"):
        assert [row.row.id for row in library.look(LibraryRequest(typed=typed)).rows] == [task_ref]
    assert library.look(LibraryRequest(typed="hidden")).total == 0
    assert parts[-1].data == b'[{"data":"hidden"}]'
    assert parts[-1].text is None


def test_what_is_made_ready_is_what_is_read() -> None:
    """Long texts are folded in pieces, which makes no difference."""
    for text in ("Größe\n" * 30_000, "中文" * 60_000, "x" * 120_000, "a *** b " * 20_000):
        parts = decode_parts([RawPart("Text", text)], trial=True)
        ready = of_new_result(parts, True)
        assert ready is not None
        assert ready.words == parts[0].words
        if "x" not in text and "*" not in text:
            assert folded_text(text).split() == fold(text)
    ready = searchable([("text/plain", "word " * MOST_INDEXED)], trial=True)
    assert ready is not None
    assert (len(ready.folded), ready.words) == (MOST_INDEXED - 1, MOST_INDEXED)
    assert searchable([("application/pdf", None)], trial=True) is None


def test_a_phrase_is_no_longer_than_it_need_be() -> None:
    """Each of its words costs another walk through every place of the others."""
    (term,) = parse('"' + "a " * 90 + '"*').wanted
    assert len(term.words) == len(term.lengths) == MAX_PHRASE
    assert not term.prefix


def test_a_search_that_takes_too_long_ends(desk: Desk, library: Library) -> None:
    """With a sentence, and the connection is as good as new."""
    for number in range(3):
        store(desk, "a " * 100_000, label=str(number))
    assert library.look(LibraryRequest(typed='"' + "a " * 99 + '"')).total == 3
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    for _ in range(3):
        with (
            pytest.raises(InputRefused, match="too long"),
            desk.database.reading() as session,
            patience.limited(session, seconds=0.1),
        ):
            session.connection().execute(sql(endless))
    assert library.look(LibraryRequest(typed="a")).total == 3
    with desk.database.reading() as session, patience.limited(session, seconds=60):
        pass
    with desk.database.writing() as session:
        assert session.connection().execute(sql("SELECT 1")).scalar() == 1


@pytest.mark.parametrize("before", [0, 30, 1_990, 2_000, 5_000])
def test_snippets_find_their_place_in_pieces(before: int) -> None:
    """A phrase may lie across two pieces."""
    text = "x " * before + "the words that were looked for " + "y " * 4_000
    pieces = snippet(text, parse('"that were looked"'))
    assert [piece.text for piece in pieces if piece.kind is Kind.HIT] == ["that were looked"]
    assert snippet("abc " * 100_000 + "ab", parse('"ab cd"'))[0].text.startswith("abc")


def test_the_library_shows_hostile_texts(desk: Desk, library: Library) -> None:
    """A page of them, each with a beginning."""
    for _ in range(4):
        store(desk, "* " * 90_000 + "word", trial=True)
    found = library.look(LibraryRequest(typed="word"))
    assert found.total == 4
    assert all(row.snippet for row in found.rows)


def test_formats_that_grow_are_refused_for_long_texts(desk: Desk, export: ResultExport) -> None:
    """Plain text is not."""
    task_ref = store(desk, "x" * (LONGEST_WRITTEN + 1), indexed=False)
    for kind in (OneFormat.MD, OneFormat.JSON):
        with pytest.raises(InputRefused, match="plain text"):
            export.one(task_ref, kind)
    assert len(export.one(task_ref).data) == LONGEST_WRITTEN + 1


def test_exports_of_many_parts_hold_all(desk: Desk, export: ResultExport) -> None:
    """In the ZIP of results and in that of the team, in the service's order."""
    texts = [f"part {number}" for number in range(450)] + ["x" * 3_000_000, "y" * 3_000_000]
    task_ref = store(desk, *texts, indexed=False)
    for pieces in (export.many([task_ref]).data, TeamExport(desk.scope()).write()):
        archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
        names = [name for name in archive.namelist() if name.startswith(("parts/", "results/"))]
        assert [archive.read(name).decode() for name in names] == texts
    (line,) = b"".join(export.many([task_ref], kind=Bundle.JSONL).data).splitlines()
    assert json.loads(line)["text"].endswith("y" * 100)


@pytest.mark.parametrize("which", ["results", "team"])
def test_nothing_is_read_for_nobody(desk: Desk, export: ResultExport, which: str) -> None:
    """An export is made while it is taken: what was not asked for is not done, and it can be broken off anywhere."""
    refs = [store(desk, f"{number} " + "x" * 100_000, indexed=False) for number in range(5)]
    team = TeamExport(desk.scope())
    for taken in range(4):
        pieces = export.many(refs).data if which == "results" else team.write()
        for _ in range(taken):
            next(pieces, None)
        pieces.close()  # type: ignore[attr-defined]  # a generator
        assert next(pieces, None) is None
    assert desk.tasks.delete(refs) == 5  # and nothing is locked


def test_a_link_shows_no_more_than_a_page_holds(desk: Desk) -> None:
    """The first that is too much is shown, those after it say so."""
    refs = [store(desk, "x" * MOST_CHARACTERS, indexed=False), store(desk, "small"), store(desk, "small")]
    sharing = Sharing(desk.scope())
    shared = SharedResults(database=desk.database, clock=desk.clock)
    seen = shared.open(sharing.make(refs)).results
    assert [result.left_out for result in seen] == [False, True, True]
    assert [result.text is None for result in seen] == [False, True, True]
    assert [one.left_out for one in shared.open(sharing.make(refs[::-1])).results] == [False] * 3


def test_images_that_unpack_to_gigapixels_are_refused(desk: Desk) -> None:
    """Before anything is stored."""
    sources = Sources(desk.scope())
    task_ref = store(desk, "a")
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (50_000).to_bytes(4, "big") * 2
    with pytest.raises(InputRefused, match="million pixels"):
        sources.add(task_ref, name="bomb.png", data=bomb)
    assert desk.tasks.detail(task_ref).source is None
