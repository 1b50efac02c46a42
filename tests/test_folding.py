"""The same is found in the library, on the board, and by every label: one way of folding."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlmodel import col, select

from dashboard.folding import breaks, folded, letters, looked_for, whole_words
from dashboard.models import Task
from dashboard.services.library.snippets import Kind, snippet
from dashboard.store import board, library_search, new_tasks, search, tasks
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database, sqlite_url
from dashboard.store.library_search import LibraryFilter
from dashboard.store.migrating import _config, migrate
from dashboard.store.search_folding import folded_text, with_places
from dashboard.store.search_query import parse
from tests.folding_cases import CASES
from tests.storing import columns

AddTask = Callable[..., int]
PIECES = [
    *("a", "B", "é", "e\u0301", "ß", "İ", "ﬁ", "한", "か\u3099", "1", "."),
    *("-", "\u00ad", "\u2010", "¬", "\u2019", "“", "\n", "\r\n", " ", "\u00a0"),
]
LIKELY = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
TEXTS = LIKELY | st.text(max_size=100)


def wrong(seen: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    """The cases in which a search says otherwise."""
    return [(text, typed) for text, typed, expected in CASES if seen(text, typed) is not expected]


def test_library(database: Database, add_task: AddTask) -> None:
    """By the words of the text."""
    refs: dict[str, int] = {}
    for text in dict.fromkeys(text for text, _, _ in CASES):
        refs[text] = add_task()
        with database.writing() as session:
            search.put(session=session, task_ref=refs[text], text=text)

    def seen(text: str, typed: str) -> bool:
        with database.reading() as session:
            found = search.matching(session=session, query=parse(typed))
            assert found is not None
            return refs[text] in session.exec(select(Task.id).where(col(Task.id).in_(found))).all()

    assert wrong(seen) == []


def test_snippets() -> None:
    """What the library finds it also marks: from the first to the last character, line ends and all."""

    def seen(text: str, typed: str) -> bool:
        marked = [piece.text for piece in snippet(text, parse(typed)) if piece.kind is Kind.HIT]
        wanted = set(letters("".join(term for one in parse(typed).wanted for term in one.words)))
        assert all(piece == piece.strip(" \n-\u00ad") for piece in marked)
        return wanted <= set(letters(whole_words("".join(marked))))

    assert wrong(seen) == []


def test_board_and_labels(database: Database, add_task: AddTask, team_id: int, now: datetime) -> None:
    """By a piece of the label, on the board and in the library's filter."""
    refs = {text: add_task(label=text, state="completed") for text in dict.fromkeys(t for t, _, _ in CASES)}

    def on_board(text: str, typed: str) -> bool:
        with database.reading() as session:
            rows, _ = board.page(
                session=session,
                team_id=team_id,
                wanted=BoardFilter(query=typed),
                page=1,
                per_page=500,
                now=now,
            )
        return refs[text] in {row.id for row in rows}

    def in_library(text: str, typed: str) -> bool:
        wanted = LibraryFilter(label=typed)
        with database.reading() as session:
            ids, _ = library_search.page(
                session=session, team_id=team_id, wanted=wanted, query=None, start=0, limit=500
            )
        return refs[text] in ids

    assert wrong(on_board) == []
    assert wrong(in_library) == []


def test_ids_in_typographic_dress(database: Database, add_task: AddTask, team_id: int, now: datetime) -> None:
    """A task ID is found with the hyphens a text processor made of its own."""
    task_ref = add_task(task_id="0F3C5A7E-0001-4000-8000-000000000000")
    for typed in ("0f3c5a7e\u20110001\u20134000", "“0F3C5A7E-0001”"):
        with database.reading() as session:
            rows, _ = board.page(
                session=session, team_id=team_id, wanted=BoardFilter(query=typed), page=1, per_page=5, now=now
            )
        assert [row.id for row in rows] == [task_ref]


def test_labels_follow(
    database: Database, add_task: AddTask, make_task: Callable[..., Task], team_id: int
) -> None:
    """Every way of writing a label keeps the folded one beside it."""
    named = add_task(label="Straße")
    plain = add_task(label="Invoice 12")
    made = make_task(label="Été")
    with database.writing() as session:
        added, _ = new_tasks.add_many(session=session, team_id=team_id, tasks=columns(made))
        tasks.relabel(session=session, team_id=team_id, task_ref=plain, label="Ärger")
    with database.reading() as session:
        kept = dict(session.exec(select(Task.id, Task.label_folded)).all())
    assert kept == {named: "strasse", plain: "arger", added[made.task_id]: "ete"}


def test_labels_of_before(tmp_path: Path) -> None:
    """The migration folds them."""
    database = Database(sqlite_url(tmp_path))
    with database.writing() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0004")
        session.connection().execute(sql(_TEAM))
        for number, label in enumerate(("Straße", "plain", "", "L’Été", "Rech\u00adnung")):  # noqa: RUF001
            values = {"task": f"t{number}", "label": label}
            session.connection().execute(sql(_TASK), values)
    migrate(database)
    with database.reading() as session:
        kept = session.exec(select(Task.label_folded).order_by(col(Task.id))).all()
    database.close()
    assert kept == ["strasse", "plain", None, "l'ete", "rechnung"]


_TEAM = "INSERT INTO team (id, slug, name, created_at, revision) VALUES (1, 'team', 'Team', 1, 0)"
_TASK = (
    "INSERT INTO task (team_id, api_url, task_id, operation, trial, origin, label, archived, state, registered_at, "
    "expires_at, expiry_exact, polls, errors, doubts, notices, remarks) VALUES (1, 'https://a.example', :task, "
    "'RecognizeImage', false, 'registered', :label, false, 'pending', 1, 2, false, 0, 0, 0, '[]', '[]')"
)


def test_old_rows_are_still_found(database: Database, add_task: AddTask) -> None:
    """Words as they were folded before, a broken word in two, are found by what found them before."""
    before = add_task()
    with database.writing() as session:
        # As the index held it: in two words, and no pieces at the end.
        search.put(session=session, task_ref=before, text="", before="die rech nung des cafe muller l ete")
    for typed in ("rech nung", '"rech nung"', "“des café”", "l’été", "l'été", "MÜLLER", "rech*"):  # noqa: RUF001
        with database.reading() as session:
            found = search.matching(session=session, query=parse(typed))
            assert found is not None
            assert session.exec(select(Task.id).where(col(Task.id).in_(found))).all() == [before], typed


def test_gaps_beside_broken_words(database: Database, add_task: AddTask) -> None:
    """Masked words keep their place, and no word is joined across one."""
    text = "the ***** amo-\nunt of ****-\nnung due"
    masks = [(4, 9), (22, 26)]
    assert folded_text(text, masks).split(" \ue0000 ")[0].split() == [
        *["the", "\ue0005", "amount", "of", "\ue0004", "nung", "due"]
    ]
    task_ref = add_task()
    with database.writing() as session:
        search.put(session=session, task_ref=task_ref, text=text, masks=masks)
    with database.reading() as session:
        found = search.matching(session=session, query=parse('"total amount"'), gaps=True)
        assert found is not None
        assert session.exec(select(Task.id).where(col(Task.id).in_(found))).all() == [task_ref]


def test_long_texts_are_joined_everywhere() -> None:
    """Pieces in which a long text is folded end with whole words."""
    words = folded_text("Rech-\nnung und " * 20_000).split(" \ue0000 ")[0].split()
    assert set(words[:40_000]) == {"rechnung", "und"}
    lines = folded_text("Rech-\nnung\n" * 20_000).split(" \ue0000 ")[0].split()
    assert set(lines[:20_000]) == {"rechnung"}


def test_pieces_stay_bounded() -> None:
    """What stands once more at the end is never more than the text."""
    for text in ("a-\n" * 50_000, "ab-\ncd ef gh-\nij " * 10_000, "a\u00ad\n" * 50_000):
        assert len(folded_text(text)) < 3 * len(text)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is looked for is folded as what is looked in."""
    assert folded(folded(text)) == folded(text)


@given(TEXTS, TEXTS, st.integers(0, 100), st.integers(0, 100))
def test_compositions_are_equal(before: str, after: str, start: int, end: int) -> None:
    """Composed, decomposed, in pieces: any whole text is found as what it is."""
    for form in ("NFC", "NFD"):
        whole = unicodedata.normalize(form, f"{before} x {after}")
        assert folded(whole) == folded(f"{before} x {after}")
    assert looked_for(f"“x {before[start:end]}x”") == looked_for(f'"x {before[start:end]}x"')


@given(TEXTS)
def test_places_are_exact(text: str) -> None:
    """Each word, whole or in pieces, stands where it is said to stand, between letters and nothing more."""
    for apart in (False, True):
        last = 0
        for place in with_places(text, apart=apart):
            piece = text[place.start : place.end]
            assert 0 <= last <= place.end <= len(text)
            assert place.word in folded_text(piece).split()
            assert not piece[:1].isspace()
            assert not piece[-1:].isspace()
            last = place.start
    for start, end in breaks(text):
        assert len(text[start:end].split()) == 1  # the hyphen


@given(LIKELY)
def test_words_of_places_are_those_of_the_index(text: str) -> None:
    """Nothing is marked that is not found, and nothing is found that is not marked."""
    whole = [place.word for place in with_places(text)]
    indexed = folded_text(text).split(" \ue0000 ")[0].split()
    assert [word for word in whole if not word.startswith("\ue000")] == indexed
