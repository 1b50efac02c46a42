"""The menu names no team: which one its pages show is known before anybody can click on it."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.ui import routes


def _switching() -> None:
    from dashboard.ui import routes

    routes.switch_to("second")


def _menu() -> None:
    from dashboard.ui import frame

    frame.menu()


def test_team_is_known_before_the_page_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A click that comes before the new team's board is drawn does not lead back to the old team."""
    left_for: list[object] = []
    monkeypatch.setattr(st, "switch_page", lambda page, **more: left_for.append((page, more)))
    app = AppTest.from_function(_switching).run()
    assert left_for == [(routes.BOARD, {"query_params": {"team": "second"}})]
    assert app.session_state["routes_team"] == "second"


@pytest.mark.parametrize(("named", "known"), [({"team": "second"}, "second"), ({}, "first")])
def test_team_of_the_address_is_known_before_its_page_is_drawn(
    named: dict[str, str], known: str, team: Dashboard
) -> None:
    """Also where somebody opens the address of another team, and clicks before there is a page."""
    assert team.settings.access == "team"
    app = AppTest.from_function(_menu)
    app.session_state["routes_team"] = "first"
    app.query_params.update(named)
    app.run()
    assert not app.exception
    assert app.session_state["routes_team"] == known
