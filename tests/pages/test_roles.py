"""What an empty dashboard offers to whom: nothing that would be refused."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from tests.pages.conftest import ENTRY, join_as


@pytest.mark.parametrize(
    ("role", "heading", "starts"),
    [
        pytest.param(Role.VIEWER, "Nothing here yet.", False, id="viewer"),
        pytest.param(Role.EDITOR, "Nothing here yet. Two ways to begin:", False, id="editor"),
        pytest.param(Role.OWNER, "Nothing here yet. Three ways to begin:", True, id="owner"),
    ],
)
def test_the_sandbox_is_offered_to_whom_it_obeys(
    team: Dashboard, monkeypatch: pytest.MonkeyPatch, role: Role, heading: str, *, starts: bool
) -> None:
    """Owners: it registers a token. The others see the ways their role allows."""
    join_as(team, role, monkeypatch)
    board = AppTest.from_file(str(ENTRY), default_timeout=20).run()

    assert not board.exception
    assert [one.value for one in board.header] == [heading]
    assert ("Start the sandbox" in [button.label for button in board.button]) is starts
