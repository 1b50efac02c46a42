"""Recognised words where they stand on the page, over its image when there is one."""

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.counts import count_of
from dashboard.results.hocr import Hocr, Page, Word
from dashboard.ui import messages, task_address

_MOST_WORDS = 5_000


def show(read: Hocr, *, images: Sequence[str]) -> None:
    """Draw one page, a way to the others, and what stands on none of them.

    Args:
        read: with at least one page.
        images: addresses of the pages of the source image. One belongs to the first page, and so do several that are
            not as many as these pages: then it cannot be told which belongs to which.
    """
    pages = read.pages
    number = task_address.page_of(len(pages))
    page = pages[number - 1]
    over = images[number - 1] if len(images) == len(pages) or number == 1 <= len(images) else ""
    st.html(page_html(page, over))
    shown = (
        f"{min(len(page.words), _MOST_WORDS):,} of {len(page.words):,} words. "
        if len(page.words) > _MOST_WORDS
        else ""
    )
    hint = (
        "Point at a word to read what was recognised."
        if over
        else "Each word where it was found; add the image below to see them over it."
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.html(f'<span class="ocr-quiet">{shown}{hint}</span>')
        if len(pages) > 1:
            st.pagination(len(pages), key=task_address.PAGE_KEY)
    if missing := not_shown(read):
        messages.callout(*missing, "Download the file to read them.", tone="quiet")


def not_shown(read: Hocr) -> list[str]:
    """Which words are on no page, in sentences; none when all are."""
    sentences = []
    if read.unplaced:
        have = "has" if read.unplaced == 1 else "have"
        sentences.append(f"{count_of(read.unplaced, 'word')} of this file {have} no place on a page.")
    if read.beyond:
        sentences.append(f"{count_of(read.beyond, 'more word')} cannot be shown, because there are so many.")
    return sentences


def page_html(page: Page, image: str) -> str:
    """The page as boxes in percent of its size, so that it fits any width; every piece is escaped."""
    words = "".join(_word(word, page) for word in page.words[:_MOST_WORDS])
    picture = f'<img src="{html.escape(image, quote=True)}" alt="">' if image else ""
    over = " data-over" if image else ""
    return (
        f'<div class="ocr-page"{over} role="img" aria-label="Words on the page" '
        f'style="aspect-ratio: {page.width:.6g} / {page.height:.6g}">{picture}{words}</div>'
    )


def _word(word: Word, page: Page) -> str:
    left, top = 100 * word.left / page.width, 100 * word.top / page.height
    width, height = 100 * (word.right - word.left) / page.width, 100 * (word.bottom - word.top) / page.height
    sure = f" ({word.confidence} % sure)" if word.confidence is not None else ""
    text = html.escape(word.text)
    # As tall as its box, and no wider: letters are about half as wide as tall.
    size = (
        min(75 * (word.bottom - word.top), 150 * (word.right - word.left) / max(1, len(word.text)))
        / page.width
    )
    return (
        f'<span title="{html.escape(word.text + sure, quote=True)}" style="left: {left:.3f}%; top: {top:.3f}%; '
        f'width: {width:.3f}%; height: {height:.3f}%; font-size: {size:.3f}cqw">{text}</span>'
    )
