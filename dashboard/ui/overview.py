"""How all work of a team stands, in one line above the board."""

import html
from datetime import datetime

import streamlit as st

from dashboard.models import OPEN_STATES, RESULT_STATES
from dashboard.store.at_risk import AtRisk
from dashboard.store.board import Counts
from dashboard.ui import page_title, times


def show(counts: Counts, at_risk: AtRisk, now: datetime) -> None:
    """Draw it, and say the most important part of it in the browser's tab."""
    kept, still_open = kept_and_open(counts)
    said = [f"<b>{kept:,}</b> of {counts.total:,} kept"]
    said += [f"{still_open:,} open"] if still_open else []
    said += [f"<b>{needs_you(counts)}</b>"] if counts.attention else []
    if at_risk.first_at is not None:
        said.append(f"first loss in {times.ticking_left(at_risk.first_at, now)}")
    label = html.escape(f"{kept:,} of {counts.total:,} kept", quote=True)
    st.html(
        f'<div class="ocr-overview"><progress max="{counts.total}" value="{kept}" aria-label="{label}"></progress>'
        f"<span>{' · '.join(said)}</span></div>"
    )
    page_title.say(in_tab(counts), "Board")


def kept_and_open(counts: Counts) -> tuple[int, int]:
    """How many have a result here, and how many may still get one."""
    kept, still_open = (
        sum(counts.by_state.get(state, 0) for state in states) for states in (RESULT_STATES, OPEN_STATES)
    )
    return kept, still_open


def needs_you(counts: Counts) -> str:
    """How many somebody should look at: ``6 need you``."""
    return f"{counts.attention:,} {'needs' if counts.attention == 1 else 'need'} you"


def in_tab(counts: Counts) -> str:
    """What matters most, for a tab among others; empty when all is done."""
    _, still_open = kept_and_open(counts)
    return needs_you(counts) if counts.attention else f"{still_open:,} open" if still_open else ""
