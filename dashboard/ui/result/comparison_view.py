"""A trial result beside a regular one: masked words filled in where that is certain, and what differs otherwise."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import Task
from dashboard.results.comparison import LEAST_ALIKE, compare
from dashboard.results.comparison_values import Comparison, Reading
from dashboard.results.highlighting import with_fillings
from dashboard.services.results.comparisons import Candidate
from dashboard.ui import messages, task_address
from dashboard.ui.options import told_apart

SHOWN_CHARACTERS = 200_000
_LISTED = 100


def has_candidates(app: Dashboard, task: Task) -> bool:
    """Whether there is anything to compare it with."""
    return bool(app.team.comparisons.candidates(task.label))


def is_in_address(task: Task) -> bool:
    """Whether the address names a choice, after a reload."""
    key = task_address.compare_key(task.id or 0)
    return bool(st.session_state.get(key) or st.session_state.get(f"{key}_other"))


def show(app: Dashboard, task: Task) -> None:
    """Draw the choice of a regular result and, when one is chosen, the comparison; nothing where there is none."""
    task_ref = task.id or 0
    candidates = app.team.comparisons.candidates(task.label)
    named = told_apart({one.task_ref: messages.plain(_name(one)) for one in candidates})
    key = task_address.compare_key(task_ref)
    if st.session_state.get(key) not in named:
        st.session_state[key] = None
    if not candidates:
        return
    with st.expander(
        "Compare with a regular result of the same image", expanded=True, icon=":material/compare_arrows:"
    ):
        # A list that is open already: the page refreshes, which would close a menu.
        picked = st.radio(
            "Regular result",
            list(named),
            format_func=named.__getitem__,
            key=key,
        )
        other = st.text_input("or the ID of another one", key=f"{key}_other").strip()
        with messages.on_failure():
            regular_ref = app.team.tasks.find(other) if other else picked
            if regular_ref is not None:
                trial, regular = app.team.comparisons.pair(task_ref, regular_ref)
                _draw(trial, _compared(trial.text, regular.text))


def _draw(trial: Reading, found: Comparison) -> None:
    if found.alike < LEAST_ALIKE:
        messages.callout(
            f"Only {found.alike:.0%} of the readable words are alike.",
            "These do not seem to be results of the same image, so nothing was filled in.",
        )
        return
    st.markdown(_statement(found))
    if len(trial.text) > SHOWN_CHARACTERS:
        messages.callout("This text is too long to be shown with its words filled in.", tone="quiet")
        return
    st.html(
        f'<pre class="ocr-text ocr-filled" dir="auto" tabindex="0" aria-label="Text with masked words filled in">'
        f"{with_fillings(trial.text, found)}</pre>"
    )
    others = [it for it in found.differences if not it.only_masks]
    if others:
        rows = "".join(
            f"<tr><td>{html.escape(it.trial)}</td><td>{html.escape(it.regular)}</td></tr>"
            for it in others[:_LISTED]
        )
        head = "<thead><tr><th>Trial</th><th>Regular</th></tr></thead>"
        st.html(f'<table class="ocr-timeline">{head}<tbody>{rows}</tbody></table>')


def _statement(found: Comparison) -> str:
    others = found.other_differences
    facts = [
        f"**{found.filled:,} of {found.masks:,}** masked words are in the regular result",
        f"{found.unknown:,} uncertain" if found.unknown else "",
        f"{found.own:,} are the document's own asterisks" if found.own else "",
        count_of(others, "other difference") if others else "no other differences",
    ]
    return " · ".join(fact for fact in facts if fact)


@st.cache_data(max_entries=20, show_spinner="Comparing…")
def _compared(trial: str, regular: str) -> Comparison:
    """Kept by content, because a live page asks again and again."""
    return compare(Reading(text=trial, trial=True), Reading(text=regular, trial=False))


def _name(candidate: Candidate) -> str:
    return f"{candidate.label} ({candidate.task_id[:8]})" if candidate.label else candidate.task_id
