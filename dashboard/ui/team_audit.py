"""The audit log: who did what when."""

import html

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Action, AuditEntry
from dashboard.ui import messages, routes, times

_SHOWN = 100


def show(app: Dashboard) -> None:
    """Draw the filter and the latest entries."""
    what, who = st.columns([1, 1])
    action = what.selectbox(
        "What",
        [None, *Action],
        format_func=lambda one: one.value if one else "anything",
        key="team_audit_what",
    )
    actor = who.text_input("Who", key="team_audit_who", placeholder="anybody")
    with messages.on_failure():
        entries = app.members.audit_log(action=action, actor=actor, limit=_SHOWN)
        if not entries:
            st.info("Nothing of the kind has happened yet.", icon=":material/history:")
            return
        rows = "".join(map(_row, entries))
        st.html(
            '<table class="ocr-timeline"><caption hidden>Newest first</caption><thead><tr><th scope=col>When</th>'
            f"<th scope=col>Who</th><th scope=col>What</th>"
            f"<th scope=col>Of what</th></tr></thead><tbody>{rows}</tbody></table>"
        )
        if len(entries) == _SHOWN:
            st.caption(f"Shown are the latest {_SHOWN}.")
        st.link_button("Download all (CSV)", routes.api_href("team/audit.csv"), icon=":material/download:")


def _row(entry: AuditEntry) -> str:
    cells = (
        times.local(entry.at, st.context.timezone),
        f"{entry.actor} ({entry.actor_kind})",
        entry.action,
        entry.subject,
    )
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
