"""Which open tasks lose their results soon, said once above the board and gone when it is over."""

from datetime import datetime

import streamlit as st

from dashboard.counts import count_of
from dashboard.services.tasks.board_address import AT_RISK
from dashboard.store.at_risk import AtRisk
from dashboard.ui import board_filter, messages, times


def show(at_risk: AtRisk, now: datetime) -> None:
    """Say how many there are, and lead to them; nothing when there are none."""
    if not at_risk.tasks:
        return
    messages.framed(headline(at_risk, now), *remarks(at_risk), tone="warn")
    if not board_filter.current().at_risk:
        st.button(  # a link to the page one is on would load it anew
            "Show them" if at_risk.tasks > 1 else "Show it",
            icon=":material/hourglass_bottom:",
            type="tertiary",
            key="at_risk_show",
            on_click=board_filter.choose_only,
            args=(AT_RISK,),
        )


def headline(at_risk: AtRisk, now: datetime) -> str:
    """How many, and when the first of them, as HTML of ours."""
    many = count_of(at_risk.tasks, "open task")
    if at_risk.first_at is None:
        whose = "its result" if at_risk.tasks == 1 else "their results"
        return f"The time of {many} is over: the service may have deleted {whose}."
    when = f"in {times.ticking_in_words(at_risk.first_at, now)}"
    if at_risk.inexact:
        when = f"{when} at the latest"
    if at_risk.tasks == 1:
        return f"{many} loses its result {when}."
    next_one = "the next" if at_risk.over else "the first"
    return f"{many} lose their results within two hours, {next_one} {when}."


def remarks(at_risk: AtRisk) -> list[str]:
    """What else is to be known, as HTML of ours."""
    said = []
    if at_risk.over and at_risk.first_at:
        said.append(f"The time of {at_risk.over:,} of them is over.")
    if at_risk.inexact and at_risk.first_at:
        of_them = "" if at_risk.tasks == 1 else f" of {at_risk.inexact:,} of them"
        said.append(f"Nobody knows{of_them} when the image was sent: it may be over earlier.")
    them = "It is" if at_risk.tasks == 1 else "They are"
    return [*said, f"{them} asked about until the end, and what is ready by then is kept."]
