"""A result of very many parts on its page: some at a time, and the page ends."""

from streamlit.testing.v1 import AppTest

from dashboard import bootstrap
from dashboard.models import RawPart
from dashboard.models.limits import MOST_PARTS_AT_ONCE, MOST_PARTS_SHOWN, NOT_JUDGED, ONLY_FIRST_PARTS
from tests.pages.conftest import ENTRY, Finish


def drawn(task_ref: int, **query: str) -> AppTest:
    """The task's page, as its address names it."""
    page = AppTest.from_file(str(ENTRY), default_timeout=60)
    page.query_params["id"] = str(task_ref)
    page.query_params.update(query)
    page.switch_page(str(ENTRY.parents[1] / "pages" / "task.py")).run()
    assert not page.exception
    return page


def html_of(page: AppTest) -> str:
    """Everything that was drawn as HTML."""
    return "".join(element.proto.body for element in page.get("html"))


def test_very_many_parts(finish: Finish) -> None:
    """Fifty at a time, of the first thousand; the last of all is what is kept together."""
    entries = [RawPart("Text", "to be read")] * (MOST_PARTS_SHOWN + 20)
    task_ref = finish(*entries, RawPart(None, "[{}]", others=1))
    page = drawn(task_ref)
    assert len(page.get("download_button")) <= MOST_PARTS_AT_ONCE + 2
    assert len(page.tabs) == MOST_PARTS_AT_ONCE + 1
    assert ONLY_FIRST_PARTS in html_of(page)
    assert f"Parts 1 to 50 of {MOST_PARTS_SHOWN + 21:,}" in html_of(page)
    assert page.tabs[1].label.startswith("Region 1 ")

    later = drawn(task_ref, parts="20")
    assert f"Parts {MOST_PARTS_SHOWN - 49:,} to {MOST_PARTS_SHOWN:,}" in html_of(later)
    assert later.tabs[-1].label.startswith(f"Region {MOST_PARTS_SHOWN} ")


def test_regions_keep_their_numbers(finish: Finish) -> None:
    """A region of which nothing came has no tab, and the others are called as they were asked for."""
    null = RawPart(None, None)
    page = drawn(finish(null, RawPart("Text", "to be"), null, RawPart("Text", "read"), null))
    assert [tab.label for tab in page.tabs][1:] == ["Region 2 · 2 words", "Region 4 · 1 word"]
    assert "Part 4 of 4, exactly" in page.get("download_button")[-1].proto.help


def test_what_is_kept_together_is_a_file(finish: Finish) -> None:
    """And no text; it says what it is."""
    page = drawn(finish(RawPart(None, '[{"data":"c2VjcmV0bHk"}]', others=190_000)))
    assert "190,000 more parts, kept together as they came" in "".join(
        element.value for element in page.markdown
    ) + html_of(page)
    assert "c2VjcmV0bHk" not in html_of(page)


def test_too_many_asterisks(finish: Finish) -> None:
    """Are said, and the text is shown a page at a time."""
    page = drawn(finish(RawPart("Text", "*\n" * 200_000), trial=True))
    said = "".join(element.value for element in page.markdown) + html_of(page)
    assert NOT_JUDGED in said
    assert said.count('class="line"') <= 110_000
    assert bootstrap.current() is not None
