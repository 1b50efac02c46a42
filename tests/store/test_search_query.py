"""What people type, and how texts are folded to be compared with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.store.search_folding import LONGEST_WORD, fold, gap_word, with_places
from dashboard.store.search_query import MAX_TERMS, Query, parse

GAP5 = gap_word(5)


def said(query: Query) -> str:
    """A query in one line: phrases in brackets, a star for beginnings, a minus for what must not be there."""

    def one(words: tuple[str, ...], *, prefix: bool) -> str:
        return f"[{' '.join(words)}]{'*' if prefix else ''}"

    wanted = [one(term.words, prefix=term.prefix) for term in query.wanted]
    return " ".join([*wanted, *(f"-{one(term.words, prefix=term.prefix)}" for term in query.unwanted)])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Invoice May", "[invoice] [may]"),
        ('"amount due" may', "[amount due] [may]"),
        ("pay*", "[pay]*"),
        ('"amount du"*', "[amount du]*"),
        ("-draft invoice", "[invoice] -[draft]"),
        ('-"first draft" -x* invoice', "[invoice] -[first draft] -[x]*"),
        ("well-known", "[well known]"),
        ("1.234,56", "[1 234 56]"),
        ("a@b.example", "[a b example]"),
        ("总额", "[总 额]"),
        ('"never closed', "[never closed]"),
        ("-", ""),
        ("- a", "[a]"),
        ("--a", "-[a]"),
        ('"" "*" ... *', ""),
        ("AND OR NOT", "[and] [or] [not]"),
    ],
)
def test_parsing(typed: str, expected: str) -> None:
    """Every search says something; signs without a meaning here separate words."""
    assert said(parse(typed)) == expected


def test_limits() -> None:
    """Long searches are cut, not refused."""
    assert len(parse("a b c d e f g h i j k l m n o p q r s t u v w x y z").wanted) == MAX_TERMS
    assert len(parse("x" * 10_000).wanted[0].words[0]) == LONGEST_WORD


def test_gaps() -> None:
    """One word at a time, with the length it has in print; beginnings and unwanted words are left alone."""
    assert [said(one) for one in parse("total due").with_gaps()] == [
        f"[{GAP5}] [due]",
        f"[total] [{gap_word(3)}]",
    ]
    assert [said(one) for one in parse('"total due"').with_gaps()] == [
        f"[{GAP5} due]",
        f"[total {gap_word(3)}]",
    ]
    assert [said(one) for one in parse("straße -x pay*").with_gaps()] == [f"[{gap_word(6)}] [pay]* -[x]"]
    assert list(parse("a pay*").with_gaps()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème BRÛLÉE", ["creme", "brulee"]),
        ("Straße ﬁn №", ["strasse", "fin", "no"]),
        ("Łódź Ærø İstanbul", ["lodz", "aero", "istanbul"]),
        ("ΟΔΟΣ οδός", ["οδοσ", "οδοσ"]),
        ("فَاتُورَةٌ أحمد إلى", ["فاتوره", "احمد", "الي"]),
        ("שָׁלוֹם", ["שלום"]),
        ("１２３ ٤٥٦ ๑๒", ["123", "456", "12"]),  # noqa: RUF001 - digits of other scripts
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("한국어 문서", ["한국어", "문서"]),
        ("हिन्दी", ["हिन्दी"]),
        ("co\u00adop zero\u200bwidth", ["coop", "zerowidth"]),
        ("snake_case", ["snake", "case"]),
        ("a\x00b\ud800c", ["a", "b", "c"]),
        ("\ue0007", ["7"]),
        ("👍 ok", ["ok"]),
    ],
)
def test_folding(text: str, words: list[str]) -> None:
    """What people see as the same is the same."""
    assert fold(text) == words


def test_masked_words_are_one_word_each() -> None:
    """With their length, and nothing typed is ever one."""
    assert fold("the ***** due", [(4, 9)]) == ["the", GAP5, "due"]
    assert GAP5 not in fold(GAP5)


@given(st.text(max_size=200))
def test_places_are_those_of_the_words(text: str) -> None:
    """Whatever the text: each word is where it is said to be, in order."""
    last = 0
    for place in with_places(text):
        assert last <= place.start + 1
        assert place.word in fold(text[place.start : place.end])
        last = place.start


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    """The words of a query are words of the index."""
    words = fold(text)
    assert fold(" ".join(words)) == words


@given(st.text(alphabet='ab*-" .1é总', max_size=60))
def test_any_search_can_be_read(typed: str) -> None:
    """And its words are folded."""
    query = parse(typed)
    assert all(fold(" ".join(term.words)) == list(term.words) for term in (*query.wanted, *query.unwanted))
