"""One token on its card: how it stands, what it costs, who depends on it."""

import html
from datetime import datetime

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import CallKind, Role
from dashboard.models.default_token import taken_by_default
from dashboard.services.credentials.credential_views import CredentialView, Meter
from dashboard.services.credentials.service_list import service_name
from dashboard.ui import display, messages, routes, times, token_dialogs
from dashboard.ui.token_words import LOOKS, standing

_KINDS = {
    CallKind.POLL: "asked, no result yet",
    CallKind.RESULT: "results fetched",
    CallKind.STATUS: "status alone",
    CallKind.SUBMIT: "images sent",
    CallKind.CANCEL: "cancelled",
    CallKind.LOGIN: "logins, which cost nothing",
}


def show(app: Dashboard, view: CredentialView, others: list[CredentialView], now: datetime) -> None:
    """Draw one card.

    Args:
        app: the dashboard of whoever is looking.
        view: the token.
        others: the other tokens of the same service.
        now: the server's time, aware.
    """
    with st.container(border=True, key=f"token_{view.id}"):
        facts = f'<p class="ocr-quiet">{_facts(view, now)}<br>{_meter(view)}</p>'
        st.html(f"{_head(view, others)}{facts}{_bar(view)}")
        if sentence := standing(view, now, display.zone()):
            tone = "bad" if view.health.needs_person else "warn"
            messages.callout(sentence, view.detail, view.advice, tone=tone)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                routes.BOARD,
                label=f"{count_of(view.tasks, 'task')}, {view.open_tasks:,} open",
                icon=":material/table_rows:",
                query_params=routes.with_team({"token": str(view.id)}),
                width="content",
            )
            if app.team.actor.role.covers(Role.OWNER):
                token_dialogs.buttons(app, view, others)


def _head(view: CredentialView, others: list[CredentialView]) -> str:
    tone, icon, word = LOOKS[view.health]
    default = (
        ' <span class="ocr-badge">Default</span>'
        if others and taken_by_default([view, *others]) is view
        else ""
    )
    return (
        f'<p><b>{html.escape(view.label)}</b> <span class="ocr-id">…{html.escape(view.hint)}</span> '
        f'<span class="ocr-state" data-tone="{tone}">{icon} {word}</span>{default}</p>'
    )


def _facts(view: CredentialView, now: datetime) -> str:
    facts = [html.escape(service_name(view.api_url))]
    if view.mints:
        facts.append(f'client <span class="ocr-id">{html.escape(view.client_id or "")}</span>')
        if view.renews_at and view.renews_at > now:
            facts.append(f"renews in {times.ticking_left(view.renews_at, now, matters=False)}")
        else:
            facts.append("renews itself")
    elif view.expires_at is None:
        facts.append("does not say when it ends")
    elif view.expires_at > now:
        facts.append(f"ends in {times.ticking_left(view.expires_at, now)}")
    else:
        facts.append(f"ended {times.ticking_ago(view.expires_at, now)}")
    facts.append(f"added {display.moment(view.created_at)}")
    if view.last_success_at:
        facts.append(f"last worked {times.ticking_ago(view.last_success_at, now)}")
    if view.status_first:
        facts.append("asks for the status first")
    return " · ".join(facts)


def _meter(view: CredentialView) -> str:
    """Calls of the day and the month; by kind on demand."""
    meter = view.meter
    used = [
        _used(meter.today, view.daily_budget, "today"),
        _used(meter.month, view.monthly_budget, "this month"),
    ]
    kinds = _kinds(meter)
    title = f' title="{html.escape(kinds)}"' if kinds else ""
    return f"<span{title}>Calls: {' · '.join(used)}</span>"


def _bar(view: CredentialView) -> str:
    """How much of the tighter budget is used."""
    share = view.meter.share
    if share is None:
        return ""
    percent = min(round(share * 100), 100)
    tone = "bad" if share >= 1 else "warn" if view.meter.is_nearly_used else "good"
    return (
        f'<div class="ocr-meter" data-tone="{tone}" role="meter" aria-label="Budget used" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{percent}"><div style="width:{percent}%"></div></div>'
    )


def _used(calls: int, budget: int | None, when: str) -> str:
    return f"{calls:,} of {budget:,} {when}" if budget else f"{calls:,} {when}"


def _kinds(meter: Meter) -> str:
    return ", ".join(
        f"{meter.by_kind[kind]:,} {word}" for kind, word in _KINDS.items() if meter.by_kind.get(kind)
    )
