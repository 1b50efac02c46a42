"""What owners can do with a token: test it, paste a new secret, limit it, make it the default, remove it."""

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.models import PollCost
from dashboard.services.credentials.credential_views import FREE_TIER_CALLS, CredentialView
from dashboard.services.credentials.credentials import Rules
from dashboard.ui import confirming, messages, token_fields
from dashboard.ui.token_words import names_of


def buttons(app: Dashboard, view: CredentialView, others: list[CredentialView]) -> None:
    """Draw the buttons of one card."""
    if st.button("Test", icon=":material/network_check:", key=f"token_test_{view.id}"):
        _test(app, view)
    if st.button("Paste a new token", icon=":material/key:", key=f"token_replace_{view.id}"):
        _replace(app, view)
    if st.button("Settings", icon=":material/tune:", key=f"token_rules_{view.id}"):
        _rules(app, view)
    if (
        others
        and not view.is_default
        and st.button("Make default", icon=":material/star:", key=f"token_default_{view.id}")
    ):
        with messages.on_failure():
            app.team.credentials.make_default(view.id)
            st.rerun()
    if st.button("Remove", icon=":material/delete:", key=f"token_remove_{view.id}"):
        _remove(app, view, others)


@st.dialog("Test this token", icon=":material/network_check:")
def _test(app: Dashboard, view: CredentialView) -> None:
    st.write(f"**{messages.plain(view.label)}** (…{messages.plain(view.hint)})")
    if view.mints:
        st.write("Logs in with the client ID and secret. This costs nothing.")
    else:
        budget = (
            f" ({view.meter.month:,} of {view.monthly_budget:,} this month)" if view.monthly_budget else ""
        )
        st.write(f"Asks the service about a task that does not exist: one call, which may be billed{budget}.")
    if confirming.confirmed("Test it", key="token_dialogs_test_yes"):
        with messages.on_failure(), st.spinner("Asking the service…"):
            verdict = app.team.token_test.run(view.id)
            messages.callout(verdict.sentence, tone="good" if verdict.works else "bad")


@st.dialog("Paste a new token", icon=":material/key:")
def _replace(app: Dashboard, view: CredentialView) -> None:
    st.write(
        f"In place of **{messages.plain(view.label)}** (…{messages.plain(view.hint)}). Its tasks continue at once "
        "with the new one; the old one is forgotten."
    )
    kind = token_fields.choose("token_dialogs_kind", default=view.kind)
    pasted = token_fields.fields(kind, "token_dialogs")
    if confirming.confirmed("Save", key="token_list_replace_yes"):
        with messages.on_failure():
            fresh = app.team.credentials.replace(view.id, **pasted)
            # A pasted access token is not: asking with it may be billed.
            works, sentence = token_fields.try_login(app, fresh.id) if fresh.mints else (True, "")
            if works:
                st.toast(messages.plain(sentence) or "Saved.", icon=":material/done:")
                st.rerun()
            messages.callout(f"The login does not work: {sentence}", "It is kept for now.", tone="bad")


@st.dialog("Token settings", icon=":material/tune:")
def _rules(app: Dashboard, view: CredentialView) -> None:
    st.write(f"**{messages.plain(view.label)}** (…{messages.plain(view.hint)})")
    label = st.text_input("Label", value=view.label, max_chars=200, key="token_dialogs_label")
    left, right = st.columns(2)
    daily = left.number_input(
        "Calls a day", min_value=1, value=view.daily_budget, placeholder="no limit", key="token_dialogs_daily"
    )
    monthly = right.number_input(
        "Calls a month",
        min_value=1,
        value=view.monthly_budget,
        placeholder="no limit",
        key="token_dialogs_monthly",
        help=f"The free plan is said to have {FREE_TIER_CALLS} calls a month. Days and months are UTC.",
    )
    last = st.toggle(
        "Make the last poll anyway",
        value=view.keeps_last_poll,
        key="token_dialogs_last",
        help="When the budget is used up, a task is still asked about once before its result is deleted.",
    )
    status = st.toggle(
        "Ask for the status first",
        value=view.status_first,
        key="token_dialogs_status",
        help="Asks for the status until there is a result, then fetches it once. Saves traffic, and costs one "
        "more call for each task.",
    )
    cost = st.segmented_control(
        "Calls are",
        list(PollCost),
        default=view.poll_cost,
        required=True,
        key="token_dialogs_cost",
        format_func=str.capitalize,
        help="How often tasks are asked about. Cheap: results are found in half the time, with about twice the calls. "
        "Dear: half the calls, and results are found after twice the time.",
    )
    if confirming.confirmed("Save", key="token_dialogs_rules_yes"):
        with messages.on_failure():
            if label != view.label:
                app.team.credentials.rename(view.id, label)
            rules = Rules(
                daily_budget=daily,
                monthly_budget=monthly,
                keeps_last_poll=last,
                status_first=status,
                poll_cost=cost,
            )
            app.team.credentials.set_rules(view.id, rules)
            st.rerun()


@st.dialog("Remove token", icon=":material/delete:")
def _remove(app: Dashboard, view: CredentialView, others: list[CredentialView]) -> None:
    uses = "use" if view.open_tasks != 1 else "uses"
    depend = f"{count_of(view.open_tasks, 'open task')} {uses} it." if view.open_tasks else ""
    st.write(
        f"Forget the token “{messages.plain(view.label)}” (…{messages.plain(view.hint)})? {depend} "
        "Tasks and stored results stay."
    )
    heir_id = None
    if view.open_tasks and others:
        none = "none: they wait for another token"
        names: dict[int | None, str] = dict([*names_of(others, beside=[none]).items(), (None, none)])
        heir_id = st.selectbox(
            "Continue them with",
            list(names),
            format_func=names.__getitem__,
            key="token_dialogs_heir",
        )
    elif view.open_tasks:
        messages.callout("They wait until another token is registered.")
    if confirming.confirmed("Remove it", key="token_list_remove_yes", destroys=True):
        with messages.on_failure():
            app.team.credentials.remove(view.id, heir_id=heir_id)
            st.rerun()
