"""What keeps a page live: the refresh interval, the ticking of times, and "updated 3 s ago".

The refresh component must be drawn inside a fragment: at top level every tick would rerun the whole page and close
an open dialog. Where looking costs far less than drawing, that fragment is one of its own: :func:`watch`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit_autorefresh import st_autorefresh

from dashboard import bootstrap
from dashboard.errors import DashboardError
from dashboard.ui import viewer
from dashboard.ui.components import REMEMBER, TICKER
from dashboard.ui.times import ticking_ago

INTERVALS = {"2 s": 2, "5 s": 5, "15 s": 15, "1 min": 60, "Off": 0}
DEFAULT = "2 s"
_CHOSEN = "live_interval_chosen"
_COOKIE = "ocr_dashboard_refresh"
_SHOWN = "live_shown"
_TICKS = "live_ticks"

REDRAWN_AFTER = timedelta(seconds=30)
"""After so long a region is drawn anew although nothing it shows has changed: it may say "since five minutes"."""


def interval_control() -> None:
    """Let the viewer choose how often this screen refreshes; kept while they move between pages."""
    st.session_state.setdefault("live_interval", _interval())
    chosen = st.selectbox(
        "Refresh every",
        list(INTERVALS),
        key="live_interval",
        width=110,
        label_visibility="collapsed",
        format_func=lambda interval: f"↻ {interval}",
    )
    st.session_state[_CHOSEN] = chosen or DEFAULT


def seconds() -> int:
    """The chosen interval; 0 means off."""
    return INTERVALS[_interval()]


def _interval() -> str:
    """What was chosen in this session, else in this browser: a link from the table begins a new session."""
    if _CHOSEN in st.session_state:
        return str(st.session_state[_CHOSEN])
    remembered = st.context.cookies.get(_COOKIE)
    return next((name for name, every in INTERVALS.items() if str(every) == remembered), DEFAULT)


def tick() -> None:
    """Have the fragment this is called in run again after the interval, and nudge the poller."""
    viewer.leave_if_changed()
    bootstrap.current().poller.nudge()
    if every := seconds():
        with st.container(key="refresh_component"):
            # debounce would restart the timer with every interaction, so busy people would see old rows.
            st_autorefresh(interval=every * 1000, debounce=False, key="refresh")


def shows(face: object) -> None:
    """Remember what the region of this page shows now; None while that is not certain."""
    st.session_state[_SHOWN] = (face, bootstrap.current().clock())


@st.fragment
def watch(region: str, face: Callable[[], object]) -> None:
    """Look again after every interval, and have a region drawn anew only when it would look different.

    A tick that changes nothing sends no element but the refresh component. Call it once per page, after the region.

    Args:
        region: the key of the region's fragment.
        face: reads what the region would show now; equal to what was given to :func:`shows` while it looks the same.
    """
    every = seconds()
    if not every:
        return
    ticks = st_autorefresh(interval=every * 1000, debounce=False, key="refresh")
    before, st.session_state[_TICKS] = st.session_state.get(_TICKS), ticks
    if ticks == before:
        return  # drawn with the page, which has just looked
    app = bootstrap.current()
    app.poller.nudge()
    shown, drawn_at = st.session_state.get(_SHOWN, (None, None))
    recent = drawn_at is not None and abs(app.clock() - drawn_at) < REDRAWN_AFTER
    if not (recent and shown is not None and shown == _now(face)):
        _draw_next(region)


def _draw_next(region: str) -> None:
    """Have a fragment run when this run is over.

    ``st.rerun`` does that from callbacks only, and skips what the run is about: a click that comes in together with
    a tick would be lost, and with it what was drawn and not yet sent.
    """
    context = get_script_run_ctx()
    if context is None or context.script_requests is None:
        return
    context.script_requests.request_rerun(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(region),
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )


def _now(face: Callable[[], object]) -> object:
    """What a region would show; None where that cannot be read: the region says why."""
    try:
        return None if viewer.has_changed() else face()
    except (DashboardError, OSError):
        return None


def clock(now: datetime) -> None:
    """Make every countdown and age on this page tick, and have the browser remember the interval.

    Call it once per page, outside the live fragment and after the control.
    """
    with st.container(key="live_unseen"):
        TICKER(data={"now": now.timestamp()}, key="ticker")
        REMEMBER(data={"name": _COOKIE, "value": str(seconds())}, key="remember")


def updated(read_at: datetime, now: datetime, *, what: str = "") -> None:
    """Say how old what is on the screen is; with refresh off, offer to look now.

    Args:
        read_at: when the database was read, aware.
        now: the server's clock, aware.
        what: our own words for what was read, put in front.
    """
    said = f"{what} · updated" if what else "updated"
    every = seconds()
    how = "" if every else " · refresh is off"
    age = ticking_ago(read_at, now, looked=bool(every))
    st.html(f'<span class="ocr-quiet">{said} {age}{how}</span>', width="content")
    if not every:
        st.button("Refresh", icon=":material/refresh:", type="tertiary", key="live_refresh")
