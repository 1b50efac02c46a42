"""Where files are dropped, pasted and chosen; what waits is read from the server's disk, not from the page's memory."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.bootstrap import Dashboard
from dashboard.counts import count_of
from dashboard.dropping.kinds import ENDINGS, TAKEN
from dashboard.dropping.staging import Dropped, Waiting
from dashboard.ui import messages, routes
from dashboard.ui.components import DROP_ZONE
from dashboard.ui.result.part_view import size_of

_KEY = "drop_zone"
_PHOTOS = "drop_zone_photos"
_ASKED = "drop_zone_photo"


def show(app: Dashboard, waiting: Waiting, known: Mapping[str, tuple[str, str]]) -> None:
    """Draw the zone.

    Args:
        app: for whoever looks.
        waiting: what is there already.
        known: of files that were sent before, by their SHA-256, what is said about that and where it leads.
    """
    largest = app.team.dropped.largest
    DROP_ZONE(
        key=_KEY,
        data={
            "upload": routes.api_href("dropped"),
            "remove": routes.api_href("dropped/{id}"),
            "endings": ",".join(ENDINGS),
            "largest": largest,
            "small": f"{TAKEN}, up to {largest // 1_000_000:,} MB each. They wait here until you send them.",
            "files": [_file(one, known.get(one.sha256)) for one in waiting.files],
            "not_taken": [
                {"id": one.id, "name": one.name, "sentence": one.sentence} for one in waiting.not_taken
            ],
        },
        default={"changed": 0},
        on_changed_change=_redraw,
    )
    _photo(app)


def _redraw() -> None:
    """The component reports only state it has a callback for; the rerun itself is what counts."""


def _file(one: Dropped, known: tuple[str, str] | None) -> dict[str, Any]:
    facts = [
        f"{one.width:,} × {one.height:,}" if one.width else "",  # noqa: RUF001 - as sizes of pictures are written
        count_of(one.pages, "page") if one.operation and one.thumbnail else "",
        size_of(one.size),
    ]
    return {
        "id": one.id,
        "name": one.name,
        "size": one.size,
        "detail": " · ".join(filter(None, facts)),
        "notes": list(one.notes),
        "kind": one.media_type.rpartition("/")[2].partition("+")[0].removeprefix("vnd.").upper(),
        "thumbnail": routes.api_href(f"dropped/{one.id}/thumbnail") if one.thumbnail else "",
        "known": {"text": known[0], "href": known[1]} if known else None,
    }


def _photo(app: Dashboard) -> None:
    """A photo with the camera of this device; it is asked for only when somebody wants that."""
    taken = st.session_state.setdefault(_PHOTOS, 0)
    if not st.toggle(
        "Take a photo", key=_ASKED, help="The browser asks whether this page may use the camera."
    ):
        return
    photo = st.camera_input("Photo of a page", key=f"drop_zone_camera_{taken}", label_visibility="collapsed")
    if photo is None:
        st.caption(
            "Without https, browsers lend their camera to this machine only; “Choose files” takes photos, too."
        )
        return
    with messages.on_failure():
        incoming = app.team.dropped.begin(photo.size)
        incoming.write(photo.getbuffer())
        app.team.dropped.take(incoming, f"Photo {taken + 1}.jpg")
        st.session_state[_PHOTOS] = taken + 1
        st.rerun()
