"""The result of a task: its text, and each of its files as what it is, one at a time in tabs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.models.limits import MOST_PARTS_AT_ONCE, ONLY_FIRST_PARTS
from dashboard.results.amounts import amount_of
from dashboard.results.sniffing import PLAIN
from dashboard.results.word_places import in_permille, placed
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import messages, task_address
from dashboard.ui.address import Address
from dashboard.ui.components import DIVIDER
from dashboard.ui.result import correction_view, part_view, source_view, text_view, ways_out
from dashboard.ui.result.correction_view import Shown

_MOST_PLACES = 5_000
"""Words that show their places: each is sent to the browser."""

_EMPTY = (
    "There is no text in this result.",
    "The image may be blank, very faint, too small, upside down or turned, or in another language than was asked for.",
    "Look at it, and send a better one: a task is read once, and this answer stays as it is.",
)


def show(app: Dashboard, detail: TaskDetail) -> None:
    """Draw the result; nothing while there is none."""
    if not detail.parts:
        return
    some = _some(detail)
    _choose_some(detail, some)
    shown = _tabs(detail, some)
    if list(shown.values()) == [None]:  # a tab of its own would only take room
        with st.container(gap="xsmall"):
            _draw(app, detail, None)
    else:
        _draw_tabs(app, detail, shown)
    _remarks(some)


def ways_away(app: Dashboard, detail: TaskDetail) -> None:
    """Draw ways to copy and download it; nothing while there is none."""
    if detail.parts:
        ways_out.show(app, detail, _some(detail))


def in_address(detail: TaskDetail) -> Address:
    """What is kept in the address of what is shown here."""
    return task_address.in_address(detail, lambda: list(_tabs(detail, _some(detail))))


def _draw_tabs(app: Dashboard, detail: TaskDetail, shown: Mapping[str, Part | None]) -> None:
    tabs = st.tabs(list(shown), key=task_address.tabs_key(detail.task.id or 0), on_change="rerun")
    for tab, part in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab, st.container(gap="xsmall"):
                _draw(app, detail, part)


def _draw(app: Dashboard, detail: TaskDetail, part: Part | None) -> None:
    """One part, or the whole text with the image it was read from at its side when we hold it."""
    if part is not None:
        part_view.show(app, detail, part)
        return
    if not (detail.text or "").strip():
        messages.callout(*_EMPTY, tone="quiet")
    if detail.source is None:
        text_view.show(app, detail)
    else:
        tools = st.container(gap="xsmall", key="text_tools")
        with st.container(key="beside"):
            left, right = st.columns(2)
        with left:
            text_view.show(app, detail, tools=tools)
        with right:
            DIVIDER(data={}, key="divider")
            source_view.show(app, detail.task.id or 0, detail.source, words=partial(_places, detail))


def _places(detail: TaskDetail, number: int) -> list[list[int | None]]:
    """Where the words of the text that is shown stand on a page of the image; none where no file tells."""
    read = next((read for part in detail.shown if (read := part_view.hocr_of(part))), None)
    if read is None or number > len(read.pages) or correction_view.chosen(detail) is not Shown.ORIGINAL:
        return []
    text, page = detail.text or "", read.pages[number - 1]
    bounds = text_view.page_bounds(text)
    start, end = bounds[task_address.page_of(len(bounds)) - 1]
    return in_permille(placed(text, read.pages, number), page, start=start, end=end)[:_MOST_PLACES]


def _some(detail: TaskDetail) -> Sequence[Part]:
    """The files that are drawn now."""
    start = (_number(detail) - 1) * MOST_PARTS_AT_ONCE
    return detail.shown[start : start + MOST_PARTS_AT_ONCE]


def _number(detail: TaskDetail) -> int:
    return min(int(st.session_state.get(task_address.PARTS_KEY, 1)), _pages(detail))


def _pages(detail: TaskDetail) -> int:
    return max(1, -(-len(detail.shown) // MOST_PARTS_AT_ONCE))


def _choose_some(detail: TaskDetail, some: Sequence[Part]) -> None:
    """The way to the other files where there are many."""
    pages, number = _pages(detail), _number(detail)
    st.session_state[task_address.PARTS_KEY] = number
    if pages == 1:
        return
    start = (number - 1) * MOST_PARTS_AT_ONCE
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        cut = f" {ONLY_FIRST_PARTS}" if detail.part_count > len(detail.shown) else ""
        st.html(
            f'<span class="ocr-quiet">Parts {start + 1:,} to {start + len(some):,} of {detail.part_count:,}.'
            f"{cut} The text is that of all parts.</span>"
        )
        st.pagination(pages, key=task_address.PARTS_KEY)


def _tabs(detail: TaskDetail, some: Sequence[Part]) -> dict[str, Part | None]:
    """What is shown under which name; None stands for the whole text.

    Plain text comes first. A table or fields come before their source, which few people want to read. A plain
    text that is the whole text has no other tab of its own, and no text at all is one, however many parts it has.
    """
    plain = [part for part in detail.shown if part.media_type == PLAIN.media_type and part.text]
    empty = not (detail.text or "").strip()
    if empty:
        whole = {part.position for part in detail.shown if part.text is not None and not part.text.strip()}
    else:
        whole = {plain[0].position} if len(plain) == 1 else set()
    apart = [part for part in some if part.position not in whole]
    titles = _titles(detail.shown)
    named: list[tuple[str, Part | None]] = [(titles[part.position], part) for part in apart]
    if detail.text is not None and (plain or empty):
        named.insert(0, (f"Text · {amount_of(detail.text, detail.report.words)}", None))
    elif detail.text is not None:
        named.append(("As text", None))
    count, seen = Counter(name for name, _ in named), Counter[str]()
    shown: dict[str, Part | None] = {}
    for name, part in named:
        seen[name] += 1
        shown[name if count[name] == 1 else f"{name} ({seen[name]})"] = part
    return shown


def _titles(parts: Sequence[Part]) -> dict[int, str]:
    """What each part is called, by its position."""
    count, seen = Counter(part.media_type for part in parts), Counter[str]()
    regions = set(count) == {PLAIN.media_type}
    titles = {}
    for part in parts:
        name = part_view.name_of(part)
        seen[part.media_type] += 1
        if count[part.media_type] > 1:
            # Several plain texts are what RecognizeRegions answers with, one for each region.
            what = "Region" if part.media_type == PLAIN.media_type else name
            name = f"{what} {part.position + 1 if regions else seen[part.media_type]}"
        titles[part.position] = f"{name} · {amount_of(part.text or '', part.words)}" if part.words else name
    return titles


def _remarks(parts: Sequence[Part]) -> None:
    for part in parts:
        if part.remarks:
            messages.callout(f"Part {part.position + 1}:", *part.remarks, tone="quiet")
