"""Finding in a text folds as the library and the board do, and marks exactly what was found."""

import random
import unicodedata
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.folding import JOINT, folded, javascript, looked_for
from dashboard.results.offline_index import beginning, ending, entry
from tests.browser.hostile import answering, result
from tests.browser.running import RunningDashboard, running_dashboard
from tests.browser.seeing import visit, wait_for
from tests.folding_cases import CASES

TEXT = "İstanbul\nDie Rech-\nnung über 10\u00a0000 Euro: ﬁnal oﬃce, cafe\u0301.\nLANGE STRASSE"
PIECES = [
    *("a", "B", "é", "e\u0301", "ß", "İ", "ﬁ", "한", "か\u3099", "1", ".", "\U0001d400", "\u0301", "\u200d"),
    *("-", "\u00ad", "\u2010", "¬", "\u2019", "“", "`", "\n", "\r\n", "\t", " ", "\u00a0"),
]
FOLD = f"texts => {{ {javascript()} return texts.map(text => folding.fold(text)) }}"
FIND = (
    f"pairs => {{ {javascript()} "
    "return pairs.map(([text, wanted]) => folding.find(folding.fold(text), wanted, 1000)) }"
)


@pytest.fixture(scope="module")
def blank(chromium: Browser) -> Iterator[Page]:
    """A page with nothing on it."""
    page = chromium.new_page()
    yield page
    page.close()


def units(text: str, start: int, end: int) -> str:
    """A piece of a text between offsets as browsers count them."""
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def made(dice: random.Random, most: int) -> str:
    """A text of odd characters."""
    return "".join(dice.choices(PIECES, k=dice.randint(0, most)))


def test_what_is_found(blank: Page) -> None:
    """The same as in the other searches."""
    found = blank.evaluate(FIND, [[text, typed] for text, typed, _ in CASES])
    wrong = [case for case, hits in zip(CASES, found, strict=True) if bool(hits) is not case[2]]
    assert wrong == []
    assert [
        units(text, *hits[0]) for (text, typed, _), hits in zip(CASES, found, strict=True) if typed == "café"
    ] == ["cafe\u0301"]


def test_every_character_is_folded_as_on_the_server(blank: Page) -> None:
    """One way of folding, though it is written twice; Cherokee, whose small letters are the newer ones, aside."""
    characters = [
        character
        for character in map(chr, range(0x30000))
        if unicodedata.category(character) not in ("Cn", "Cs")
        and "CHEROKEE" not in unicodedata.name(character, "")
    ]
    seen = blank.evaluate(FOLD, characters)
    wrong = [
        one
        for one, other in zip(characters, seen, strict=True)
        if folded(one) != other["text"].replace(JOINT, "")
    ]
    assert wrong == []


def test_texts_are_folded_as_on_the_server(blank: Page) -> None:
    """Marks, blanks and breaks in any order."""
    dice = random.Random(12)  # noqa: S311 - the same texts every time
    texts = [made(dice, 40) for _ in range(3_000)]
    seen = [one["text"].replace(JOINT, "") for one in blank.evaluate(FOLD, texts)]
    assert [text for text, one in zip(texts, seen, strict=True) if folded(text) != one] == []


def test_offsets_are_exact(blank: Page) -> None:
    """What is marked is what was looked for and nothing more; a piece of a text is found in it."""
    dice = random.Random(7)  # noqa: S311 - the same texts every time
    pairs = []
    for _ in range(3_000):
        text, wanted = f"{made(dice, 20)}x", f"x{made(dice, 4)}y"
        pairs.append((f"{text} {wanted} {made(dice, 20)}", wanted))
    found = blank.evaluate(FIND, pairs)
    for (text, wanted), hits in zip(pairs, found, strict=True):
        pieces = [units(text, *hit) for hit in hits]
        assert pieces, (text, wanted)
        plain = looked_for(wanted).replace("-", "")
        assert {looked_for(piece).replace("-", "") for piece in pieces} == {plain}, (text, wanted)
        assert all(
            piece.startswith("x") and piece.rstrip("\u0301\u200d\u00ad").endswith("y") for piece in pieces
        )


def test_long_texts_are_folded_at_once(blank: Page) -> None:
    """A page of a text, also a hostile one, while somebody types."""
    texts = [
        "Straße Müller-\nhausen " * 9_000,
        "a-\n" * 66_000,
        "a" + "\u0301" * 200_000,
        "\n\u200d" * 100_000,
    ]
    slow = blank.evaluate(
        f"texts => {{ {javascript()} return texts.map(text => {{ const began = performance.now(); "
        "folding.find(folding.fold(text), 'aaaaab', 1000); return performance.now() - began }) }",
        texts,
    )
    assert max(slow) < 3_000


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDashboard]:
    """A dashboard with one text."""
    answers = {"folding-00001": result(("Text", TEXT.encode()))}
    with (
        answering(answers) as service,
        running_dashboard(tmp_path_factory.mktemp("folding"), api_url=service) as running,
    ):
        running.register("folding-00001", trial=True, label="Straße")
        yield running


def test_find_in_this_text(page: Page, dashboard: RunningDashboard) -> None:
    """In the page itself, with a capital i with a dot in it: exact marks, over line ends as well."""
    wait_for(page, lambda: dashboard.task("folding-00001")["state"] == "completed", "the result is stored")
    visit(page, f"{dashboard.url}/task?id={dashboard.task('folding-00001')['id']}")
    expect(page.locator("pre.ocr-text")).to_contain_text("LANGE")
    marked = "() => [...CSS.highlights.get('ocr-find')].map(String)"
    for typed, expected in {
        "die rechnung": "Die Rech-\nnung",
        "“10 000 euro: final”": "10\u00a0000 Euro: ﬁnal",
        "CAFÉ. lange straße": "cafe\u0301.\nLANGE STRASSE",
        "istanbul die": "İstanbul\nDie",
    }.items():
        page.get_by_placeholder("Find in this text").fill(typed)
        expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
        assert page.evaluate(marked) == [expected]


def test_the_page_of_an_export(blank: Page) -> None:
    """It finds by the same folding, offline."""
    texts = {"German": "İ Die Rech-\nnung", "French": "L\u2019été à la ﬁn", "other": "invoice"}
    entries = b"".join(entry(title, [], text, ()) for title, text in texts.items())
    blank.set_content((beginning("Results") + entries + ending()).decode())
    shown = "() => [...document.querySelectorAll('article:not([hidden]) h2')].map(one => one.textContent)"
    for typed, expected in {
        "rechnung DIE": ["German"],
        "l'ete fin": ["French"],
        "Invoice": ["other"],
        "": [*texts],
    }.items():
        blank.get_by_label("Search these results").fill(typed)
        wait_for(blank, lambda: blank.evaluate(shown) == expected, f"“{typed}” is looked for")  # noqa: B023 - at once
