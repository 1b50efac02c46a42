"""One file of a result, shown as what it is; nothing in it is executed or fetched."""

import html
from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Part
from dashboard.results.hocr import Hocr, read_hocr
from dashboard.results.json_tree import as_html, read_json
from dashboard.results.pdf_pages import draw_page
from dashboard.results.sheets import Unreadable, read_table
from dashboard.results.sniffing import CSV, GIF, HTML, JPEG, JSON, PDF, PLAIN, PNG, WAV, WORKBOOK
from dashboard.results.table_cells import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Sheet
from dashboard.services.tasks.task_detail import TaskDetail
from dashboard.ui import messages, routes, task_address
from dashboard.ui.components import IMAGE_VIEWER
from dashboard.ui.options import told_apart
from dashboard.ui.result import hocr_view, source_view, text_view

_NAMES = {
    PLAIN.media_type: "Text",
    HTML.media_type: "hOCR",
    PDF.media_type: "PDF",
    JSON.media_type: "JSON",
    CSV.media_type: "CSV",
    WORKBOOK.media_type: "Excel",
    PNG.media_type: "Image",
    JPEG.media_type: "Image",
    GIF.media_type: "Image",
    WAV.media_type: "Sound",
}


def name_of(part: Part) -> str:
    """What the part is, in a word."""
    return _NAMES.get(part.media_type, part.extension.lstrip(".").upper() or "File")


def file_name_of(part: Part) -> str:
    """What the part is as a file, in a word: the name of its tab where the ending would say less."""
    ending = part.extension.lstrip(".").upper()
    return name_of(part) if part.media_type == HTML.media_type else ending or "File"


def show(app: Dashboard, detail: TaskDetail, part: Part) -> None:
    """Draw a part; one that cannot be shown says why and what to do."""
    show_it = _VIEWERS.get(part.media_type, _unknown)
    try:
        show_it(app, detail, part)
    except Unreadable as error:
        messages.callout(str(error), tone="quiet")
        if part.text:
            text_view.pages(part.text, (), trial=False, key=f"part_{part.position}")


def size_of(size: int) -> str:
    """Bytes as browsers show them: decimal."""
    if size < 1000:  # noqa: PLR2004 - decimal kilobytes
        return f"{size} B"
    return f"{size / 1000:,.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"  # noqa: PLR2004 - the same


def href_of(part: Part) -> str:
    """Where the file of a part is, as the service sent it."""
    return routes.api_href(f"tasks/{part.task_ref}/parts/{part.position}")


def _text(_app: Dashboard, detail: TaskDetail, part: Part) -> None:
    text_view.pages(part.text or "", detail.masks_in(part), trial=False, key=f"part_{part.position}")


def _hocr(app: Dashboard, detail: TaskDetail, part: Part) -> None:
    read = _read_hocr(part.sha256, part.text or "")
    if not read.pages:
        raise Unreadable("There are no words with places in this file; it is shown as text.")
    images = source_view.addresses(app, part.task_ref, detail.source) if detail.source else []
    hocr_view.show(read, images=images)


def hocr_of(part: Part) -> Hocr | None:
    """What is in a part that is hOCR with words at places; None for any other."""
    if part.media_type != HTML.media_type or not part.text:
        return None
    read = _read_hocr(part.sha256, part.text)
    return read if read.pages else None


def _json(app: Dashboard, detail: TaskDetail, part: Part) -> None:
    if part.text is None:  # the parts beyond those that are kept apart
        _unknown(app, detail, part)
        return
    st.html(as_html(read_json(part.text or "")))


def _table(app: Dashboard, _detail: TaskDetail, part: Part) -> None:
    sheets = _sheets(part.sha256, part.media_type, partial(_bytes, app, part))
    if not sheets:
        messages.callout("This workbook has no sheets.", tone="quiet")
        return
    number = task_address.page_of(len(sheets), key=task_address.SHEET_KEY)
    if len(sheets) > 1:
        names = told_apart({place: messages.plain(sheet.name) for place, sheet in enumerate(sheets, start=1)})
        st.segmented_control(
            "Sheet",
            list(names),
            format_func=names.__getitem__,
            key=task_address.SHEET_KEY,
            required=True,
        )
    chosen = sheets[number - 1]
    if not chosen.rows:
        messages.callout("This table is empty.", tone="quiet")
        return
    st.html(_table_html(chosen))
    if chosen.cut:
        messages.callout(
            f"Shown are up to {MOST_ROWS:,} rows, {MOST_COLUMNS} columns and {LONGEST_CELL:,} characters of a cell. "
            "Download the file to see everything.",
            tone="quiet",
        )


def _table_html(sheet: Sheet) -> str:
    width = max(map(len, sheet.rows))
    rows = []
    for number, row in enumerate(sheet.rows, 1):
        cells = "".join(f'<td dir="auto">{html.escape(cell)}</td>' for cell in row) + "<td></td>" * (
            width - len(row)
        )
        rows.append(f'<tr><th scope="row">{number}</th>{cells}</tr>')
    return f'<div class="ocr-table" tabindex="0"><table><tbody>{"".join(rows)}</tbody></table></div>'


def _pdf(app: Dashboard, _detail: TaskDetail, part: Part) -> None:
    load = partial(_bytes, app, part)
    pages, png = _pdf_page(part.sha256, 0, load)  # says how many there are
    number = task_address.page_of(pages)
    if number > 1:
        _, png = _pdf_page(part.sha256, number - 1, load)
    st.image(png, width="stretch")
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(f"Page {number:,} of {pages:,}, as a picture. The text of it is under Text.")
            st.pagination(pages, key=task_address.PAGE_KEY)


def _image(_app: Dashboard, detail: TaskDetail, part: Part) -> None:
    alt = f"Image of {detail.task.label or detail.task.task_id}"
    IMAGE_VIEWER(data={"src": href_of(part), "alt": alt}, key=f"part_view_image_{part.position}")


def _sound(_app: Dashboard, _detail: TaskDetail, part: Part) -> None:
    source = html.escape(href_of(part), quote=True)
    st.html(f'<audio class="ocr-sound" controls preload="metadata" src="{source}"></audio>')


def _unknown(app: Dashboard, detail: TaskDetail, part: Part) -> None:
    kind = "an unknown kind of file" if part.extension == ".bin" else f"a file of the kind {part.extension}"
    announced = f" The service calls it “{part.type}”." if part.type else ""
    messages.callout(
        f"This is {kind} ({part.media_type}), {size_of(part.size)}.{announced}",
        "It is kept exactly as it came. Download it to open it elsewhere.",
        tone="quiet",
    )
    if part.text:
        _text(app, detail, part)


def _bytes(app: Dashboard, part: Part) -> bytes:
    return app.team.result_export.part(part.task_ref, part.position, taken=False).data


@st.cache_data(max_entries=16, show_spinner=False)
def _read_hocr(sha256: str, _text: str) -> Hocr:  # noqa: ARG001 - the key of the cache
    return read_hocr(_text)


@st.cache_data(max_entries=16, show_spinner="Reading the table…")
def _sheets(sha256: str, media_type: str, _load: Callable[[], bytes]) -> list[Sheet]:  # noqa: ARG001 - the cache's key
    return read_table(_load(), media_type)


@st.cache_data(max_entries=64, show_spinner="Drawing the page…")
def _pdf_page(sha256: str, number: int, _load: Callable[[], bytes]) -> tuple[int, bytes]:  # noqa: ARG001 - the same
    page = draw_page(_load(), number)
    return page.pages, page.png


_VIEWERS: dict[str, Callable[[Dashboard, TaskDetail, Part], None]] = {
    PLAIN.media_type: _text,
    HTML.media_type: _hocr,
    JSON.media_type: _json,
    CSV.media_type: _table,
    WORKBOOK.media_type: _table,
    PDF.media_type: _pdf,
    PNG.media_type: _image,
    JPEG.media_type: _image,
    GIF.media_type: _image,
    WAV.media_type: _sound,
}
