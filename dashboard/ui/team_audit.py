"""The audit log: who did what when, and by what they are known beside a name they chose themselves."""

import html
from collections.abc import Mapping

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.models import Action, AuditEntry
from dashboard.services.team.namesakes import Namesakes
from dashboard.ui import display, messages, routes, team_address, times

_SHOWN = 100


def show(app: Dashboard) -> None:
    """Draw the filter and the latest entries."""
    what, who = st.columns([1, 1])
    action = what.selectbox(
        "What",
        [None, *Action],
        format_func=lambda one: one.value if one else "anything",
        key=team_address.WHAT_KEY,
    )
    actor = who.text_input(
        "Who", key=team_address.WHO_KEY, max_chars=team_address.LONGEST_NAME, placeholder="anybody"
    )
    with messages.on_failure():
        entries = app.team.members.audit_log(action=action, actor=actor, limit=_SHOWN)
        if not entries:
            st.info("Nothing of the kind has happened yet.", icon=":material/history:")
            return
        known = app.team.members.namesakes()
        hints = {key.id: key.hint for key in app.team.members.api_keys()}
        rows = "".join(_row(entry, known, hints) for entry in entries)
        st.html(
            '<table class="ocr-timeline"><caption hidden>Newest first</caption><thead><tr><th scope=col>When</th>'
            "<th scope=col>Who</th><th scope=col>Known by</th><th scope=col>What</th>"
            f"<th scope=col>Of what</th></tr></thead><tbody>{rows}</tbody></table>"
        )
        if len(entries) == _SHOWN:
            st.caption(f"Shown are the latest {_SHOWN}.")
        st.link_button("Download all (CSV)", routes.api_href("team/audit.csv"), icon=":material/download:")


def _row(entry: AuditEntry, known: Namesakes, hints: Mapping[int | None, str]) -> str:
    when, who, by, what, of_what = map(
        html.escape,
        (
            times.local(entry.at, display.zone()),
            known.called(entry.actor, entry.person_id),
            known_by(entry, hints),
            entry.action,
            entry.subject,
        ),
    )
    exactly = html.escape(_exactly(entry))
    return (
        f'<tr><td>{when}</td><td>{who}</td><td class="ocr-quiet" title="{exactly}">{by}</td>'
        f"<td>{what}</td><td>{of_what}</td></tr>"
    )


def known_by(entry: AuditEntry, hints: Mapping[int | None, str]) -> str:
    """What an actor did not choose: an account, a link, a key; the kind alone where no more is known.

    Args:
        entry: a line of the log.
        hints: the last characters of keys, by ID.
    """
    if entry.key_id is not None:
        return f"key …{hints[entry.key_id]}" if entry.key_id in hints else f"key {entry.key_id}"
    account = entry.account.partition(" ")[2] if entry.account else ""
    facts = [
        f"single sign-on account {account}" if account else "",
        f"link “{entry.link}”" if entry.link else "",
    ]
    return ", ".join(filter(None, facts)) or entry.actor_kind


def _exactly(entry: AuditEntry) -> str:
    """The numbers behind it, for who needs them."""
    first = entry.person_id if entry.person_id != entry.sign_in_id else None
    facts = {
        "sign-in": entry.sign_in_id,
        "first sign-in": first,
        "link": entry.link_id,
        "account": entry.account,
        "key": entry.key_id,
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
