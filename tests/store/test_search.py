"""Full-text search on both databases: the same texts are found by the same queries."""

import pytest
from sqlmodel import Session, col, select

from dashboard.models import Task
from dashboard.store import search
from dashboard.store import tasks as task_rows
from dashboard.store.database import Database
from dashboard.store.search_query import parse
from dashboard.testing import FakeClock

TEXTS = {
    "invoice": "Invoice no. 1.234,56 of May\nThe total amount due is one hundred Euro.",
    "café": "Café Müller, Straße 5 — crème brûlée for ada.lovelace@example.org",
    "arabic": "فَاتُورَةٌ رقم ١٢ بمبلغ إجمالي",
    "chinese": "总额为一万元，请在五月底前付款。",  # noqa: RUF001 - a Chinese comma
    "japanese": "領収書　東京都千代田区",
    "thai": "ใบแจ้งหนี้เลขที่ ๑๒",
    "hindi": "हिन्दी में चालान",
    "russian": "Счёт на оплату № 12",
    "hyphen": "state-of-the-art well\u00adknown",
    "korean": "청구서 총액",
    "hostile": "' OR 1=1 -- \x00 \ud800 <script>alert(1)</script> :* & | !",
}
FOUND = [
    ("invoice", "invoice"),
    ("INVOICE", "invoice"),
    ("invo*", "invoice"),
    ("invo", ""),
    ("total due", "invoice"),
    ('"amount due"', "invoice"),
    ('"due amount"', ""),
    ('"the total am"*', "invoice"),
    ("total -euro", ""),
    ("total -dollar", "invoice"),
    ('total -"amount due"', ""),
    ("1.234,56", "invoice"),
    ("234", "invoice"),
    ("cafe", "café"),
    ("CAFÉ", "café"),
    ("cafe\u0301", "café"),
    ("muller", "café"),
    ("strasse", "café"),
    ("Straße", "café"),
    ("brulee", "café"),
    ("ada.lovelace@example.org", "café"),
    ("example.org", "café"),
    ("lovelace", "café"),
    ("فاتورة", "arabic"),
    ("فاتوره", "arabic"),
    ("اجمالي", "arabic"),
    ("إجمالى", "arabic"),
    ("12 رقم", "arabic"),
    ("总额", "chinese"),
    ("额总", ""),
    ("五月底", "chinese"),
    ("付款 总额", "chinese"),
    ("東京", "japanese"),
    ("領収書 千代田", "japanese"),
    ("หนี้", "thai"),
    ("हिन्दी", "hindi"),
    ("हिन्द", ""),
    ("चालान", "hindi"),
    ("счет", "russian"),
    ("СЧЁТ", "russian"),
    ("оплат*", "russian"),
    ("state-of-the-art", "hyphen"),
    ('"of the art"', "hyphen"),
    ("wellknown", "hyphen"),
    ("총액", "korean"),
    ("script alert", "hostile"),
    ("12", "arabic russian thai"),
    ("12 -оплату", "arabic thai"),
    ("", ""),
    ("-invoice", ""),
    ("*", ""),
    ('"', ""),
    ("...", ""),
]
NOTHING_BREAKS = [
    '"unclosed phrase',
    '""',
    "AND OR NOT",
    "NEAR(a b)",
    "words:invoice",
    "{words}: invoice",
    "^invoice",
    "(invoice",
    "invoice)",
    "a'b",
    "a\\b",
    "'; DROP TABLE task; --",
    "a:*b",
    "!a & | <-> b",
    "\x00",
    "\ud800",
    "\ue0007",
    "--",
    "-",
    "-*",
    '-"',
    "invoice " * 200,
    "%s %(a)s :a ?",
    "a" * 5000,
]


def add(session: Session, team_id: int, text: str, name: str, masks: tuple[tuple[int, int], ...] = ()) -> int:
    """A task with an indexed text; its ID."""
    now = FakeClock()()
    task = Task(
        team_id=team_id,
        api_url="https://ocr.example",
        task_id=name,
        operation="RecognizeImage",
        registered_at=now,
        expires_at=now,
    )
    session.add(task)
    session.flush()
    search.put(session=session, task_ref=task.id or 0, text=text, masks=masks)
    return task.id or 0


def names(database: Database, typed: str, *, gaps: bool = False) -> list[str]:
    """The service's IDs of what is found, sorted."""
    with database.reading() as session:
        found = search.matching(session=session, query=parse(typed), gaps=gaps)
        if found is None:
            return []
        return sorted(session.exec(select(Task.task_id).where(col(Task.id).in_(found))))


@pytest.fixture
def library(database: Database, team_id: int) -> Database:
    """A database with the texts above."""
    with database.writing() as session:
        for name, text in TEXTS.items():
            add(session, team_id, text, name)
    return database


def test_what_is_found(library: Database) -> None:
    """Case, accents, vowel signs and forms of digits make no difference; order and whole words do."""
    wrong = {
        typed: found
        for typed, expected in FOUND
        if (found := names(library, typed)) != sorted(expected.split())
    }
    assert wrong == {}


def test_nothing_typed_breaks_anything(library: Database) -> None:
    """Signs that mean something to one of the databases are only signs."""
    for typed in NOTHING_BREAKS:
        names(library, typed)
        names(library, typed, gaps=True)
    assert names(library, "invoice") == ["invoice"]


def test_masked_words_can_match(database: Database, team_id: int) -> None:
    """One word of the query may be a gap of its length; it is told apart from what matches as it is."""
    with database.writing() as session:
        add(session, team_id, "the ***** amount due", "gap of five", ((4, 9),))
        add(session, team_id, "the ****** amount due", "gap of six", ((4, 10),))
        add(session, team_id, "the total amount due", "plain")
        add(session, team_id, "the ***** ****** due", "two gaps", ((4, 9), (10, 16)))
        add(session, team_id, "the ***** amount due", "own asterisks")
    assert names(database, "total amount") == ["plain"]
    assert names(database, "total amount", gaps=True) == ["gap of five"]
    assert names(database, '"the total amount"', gaps=True) == ["gap of five"]
    assert names(database, "tot*", gaps=True) == []
    assert names(database, "total", gaps=True) == ["gap of five", "two gaps"]
    assert names(database, "total -due", gaps=True) == []


def test_a_text_is_replaced_and_leaves_with_its_task(database: Database, team_id: int) -> None:
    """No old words are found, and a deleted task leaves nothing behind."""
    with database.writing() as session:
        task_ref = add(session, team_id, "old words", "a")
        search.put(session=session, task_ref=task_ref, text="new words")
    assert names(database, "old") == []
    assert names(database, "new") == ["a"]
    with database.writing() as session:
        task_rows.delete_many(session=session, team_id=team_id, task_refs=[task_ref])
    with database.reading() as session:
        found = search.matching(session=session, query=parse("new"))
        assert found is not None
        assert session.connection().execute(found).all() == []


def test_a_long_text_is_one_text(database: Database, team_id: int) -> None:
    """More words than one row holds: its beginning and its end are found together, phrases are not torn."""
    words = [f"w{number}" for number in range(40_000)]
    with database.writing() as session:
        add(session, team_id, " ".join(words), "long")
        add(session, team_id, "w1 w39999", "short")
    assert names(database, "w1 w39999") == ["long", "short"]
    assert names(database, "w1 w39999 -w20000") == ["short"]
    assert names(database, "w2 -w20000") == []
    for place in range(11_980, 12_020):
        assert names(database, f'"w{place} w{place + 1} w{place + 2}"') == ["long"]
    assert names(database, "w399*") == ["long", "short"]


def test_a_text_of_one_word_over_and_over(database: Database, team_id: int) -> None:
    """More of the same word than either database keeps places for."""
    with database.writing() as session:
        add(session, team_id, "again " * 300_000, "long")
    assert names(database, '"again again"') == ["long"]
