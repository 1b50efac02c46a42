"""A batch on its page: how far it is, what can be done with it, each text beside its image. Live while it is open."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.errors import NotFound
from dashboard.services.sending.batch_views import BatchItem, BatchView
from dashboard.ui import (
    address,
    batch_actions,
    batch_words,
    display,
    live,
    messages,
    page_title,
    routes,
    task_table,
    viewer,
)
from dashboard.ui.address import Address

PER_PAGE = 20
_PAGE_KEY = "batch_page"
_LONGEST = 420
"""Characters of a text that stand beside its image here; the whole is a click away."""


def show(app: Dashboard, reference: str) -> None:
    """Draw the batch somebody's address names, or a friendly word when there is none."""
    live.clock(app.clock())
    _live(app, address.positive(reference) or 0)


@st.fragment
def _live(app: Dashboard, batch_id: int) -> None:
    viewer.leave_if_changed()
    with messages.on_failure():
        try:
            view = app.team.batches.view(batch_id)
        except NotFound as error:
            messages.callout(str(error), tone="quiet")
            st.page_link(routes.ADD, label="Add", icon=":material/add:", query_params=routes.with_team({}))
            return
        kept = Address("batch", [address.page_number("page", _PAGE_KEY)])
        kept.begin()
        pages = max(1, -(-view.progress.total // PER_PAGE))
        st.session_state[_PAGE_KEY] = number = min(st.session_state[_PAGE_KEY], pages)
        items = app.team.batches.items(batch_id, start=(number - 1) * PER_PAGE, limit=PER_PAGE)
        _head(view)
        batch_actions.show(app, view)
        st.html(f'<ul class="ocr-batch">{"".join(_item(app, one) for one in items)}</ul>')
        batch_actions.show_undecided(app, items)
        if pages > 1:
            st.pagination(pages, key=_PAGE_KEY)
        kept.settle()
        if not view.progress.open:
            return
        live.updated(app.clock(), app.clock())
    live.tick()


def _head(view: BatchView) -> None:
    page_title.say(batch_words.said(view), view.name)
    when = display.moment(view.created_at)
    st.html(
        f'<div class="ocr-head"><h1>{html.escape(view.name)}</h1>{meter(view)}'
        f'<div class="ocr-quiet">Sent by {html.escape(view.created_by)}, {when}.'
        f"{html.escape(batch_words.goes_on(view))}</div></div>"
    )


def meter(view: BatchView) -> str:
    """How far a batch is, in words and as a bar; HTML."""
    share = round(100 * batch_words.share_done(view.progress))
    said = html.escape(batch_words.said(view))
    return (
        f'<div class="ocr-state">{said}</div>'
        f'<div class="ocr-meter" data-tone="{batch_words.tone_of(view.progress)}" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share}" aria-label="Done"><div style="width:{share}%"></div></div>'
    )


def _item(app: Dashboard, item: BatchItem) -> str:
    submission, task = item.submission, item.task
    wording = batch_words.wording_of(submission, task)
    sentence = messages.led(batch_words.sentence_of(submission, task))
    href = html.escape(routes.task_href(task.id or 0), quote=True) if task else ""
    label = html.escape(task.label or task.task_id if task else submission.label)
    name = f'<a href="{href}" target="_self">{label}</a>' if href else f"<b>{label}</b>"
    picture = _picture(submission.source_id, href)
    state = f'<span class="ocr-state" data-tone="{wording.tone}">{wording.icon} {wording.word}</span>'
    text = _beginning(app, item)
    said = (
        f'<pre class="ocr-beginning" dir="auto">{html.escape(text)}</pre>' if text else f"<p>{sentence}</p>"
    )
    return f"<li>{picture}<div><div>{name}</div>{state}{said}</div></li>"


def _picture(source_id: int | None, href: str) -> str:
    if source_id is None:
        return '<span class="ocr-picture"></span>'
    source = html.escape(task_table.picture_of(source_id), quote=True)
    image = f'<img src="{source}" alt="" loading="lazy">'
    return (
        f'<a class="ocr-picture" href="{href}" target="_self" tabindex="-1" aria-hidden="true">{image}</a>'
        if href
        else (f'<span class="ocr-picture">{image}</span>')
    )


def _beginning(app: Dashboard, item: BatchItem) -> str:
    """How the text begins; empty while there is none."""
    task = item.task
    if task is None or task.id is None or task.completed_at is None:
        return ""
    key = (app.team.team_id, task.id, task.completed_at.timestamp())
    kept: dict[tuple[int, int, float], str] = st.session_state.setdefault("batch_beginnings", {})
    if key not in kept:
        text = (app.team.tasks.detail(task.id).text or "").strip()
        kept[key] = text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")
    return kept[key]
