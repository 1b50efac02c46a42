"""``ocr-dashboard team``: the way back into a team, for who runs the dashboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team import operator_teams
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from tests.commands import Run


@pytest.fixture
def told(run: Run) -> Run:
    """Runs commands of a dashboard with access control."""
    run("team", "list", access="team")  # makes the key file, which is said once
    return run


@pytest.fixture
def dashboard(told: Run) -> Iterator[Dashboard]:
    """What the commands work on, opened beside them."""
    assert told("team", "list")[0] == 0
    built = bootstrap.build(load_settings(), worker=True)
    yield built
    built.stop()


def test_listing(told: Run, dashboard: Dashboard) -> None:
    """Each team with how many owners could act now."""
    link = dashboard.team.members.make_link(role=Role.OWNER)
    cookie, _ = dashboard.access.join(link, cookie=None, name="Olga", browser="")
    visitor = dashboard.access.visitor(cookie)
    assert visitor is not None
    dashboard.seen_by(dashboard.team.team_id, visitor.actor(visitor.places[0])).team.team_settings.make_team(
        "Scans"
    )

    code, said = told("team", "list")

    assert code == 0
    assert [line.split() for line in said.splitlines()] == [
        ["TEAM", "NAME", "OWNERS"],
        ["team", "Team", "1"],
        ["scans", "Scans", "1"],
    ]


def test_making_a_team(told: Run, dashboard: Dashboard) -> None:
    """Its name in addresses is exactly the one that a rule of single sign-on names; then it needs an owner."""
    code, said = told("team", "make", "scans-2", "--name", "Scans & more")
    assert code == 0
    assert "Made the team “Scans & more”. In addresses and rules it is called scans-2." in said
    assert "ocr-dashboard team owner-link scans-2" in said

    code, said = told("team", "owner-link", "scans-2")
    found = re.search(r"/join/(odl_\S+)$", said, re.MULTILINE)
    assert found is not None
    assert dashboard.access.join(found[1], cookie=None, name="Olga", browser="")[1] == "scans-2"


def test_making_a_team_that_cannot_be(told: Run, dashboard: Dashboard) -> None:
    """A sentence, and nothing is made."""
    for slug, part in (
        ("My Team", "small letters, digits and hyphens"),
        ("team", "There is such a team already"),
    ):
        code, said = told("team", "make", slug)
        assert code == 1
        assert part in said
    assert [team.slug for team in operator_teams.all_teams(dashboard.database, dashboard.clock)] == ["team"]


def test_an_owner_link_works(told: Run, dashboard: Dashboard) -> None:
    """Printed once with the address that serve prints; for a team that has an owner, too."""
    for name in ("First", "Second"):
        code, said = told("team", "owner-link", port="8600", base_path="/ocr")
        found = re.search(r"^http://127\.0\.0\.1:8600/ocr/join/(odl_\S+)$", said, re.MULTILINE)
        assert code == 0
        assert found is not None
        assert "works once, for 24 hours" in said
        dashboard.access.join(found[1], cookie=None, name=name, browser="")

    assert {one.name: one.role for one in dashboard.team.members.members()} == {
        "First": Role.OWNER,
        "Second": Role.OWNER,
    }


def test_an_owner_link_of_another_team(told: Run, dashboard: Dashboard) -> None:
    """Named as in addresses; one that is not there is said, and no name is repeated."""
    code, said = told("team", "owner-link", "planted-slug")
    assert (code, said) == (
        1,
        "ocr-dashboard: There is no such team. “ocr-dashboard team list” shows what there is.\n",
    )
    assert list(dashboard.team.members.links()) == []


def test_without_access_control_nobody_owns_anything(told: Run) -> None:
    """The route that takes the link is not there."""
    code, said = told("team", "owner-link", access="open")
    assert code == 1
    assert "OCR_DASHBOARD_ACCESS=team" in said
    assert "odl_" not in said


def test_a_team_of_another_dashboard(told: Run, dashboard: Dashboard, tmp_path: Path) -> None:
    """Brought in under another name, with what an export does not hold and what to do about it."""
    dashboard.team.credentials.add(label="Ours", access_token="planted-token-that-is-long-enough")
    dashboard.team.members.make_key(label="script", role=Role.EDITOR)
    dashboard.team.members.make_link(role=Role.VIEWER)
    dashboard.team.team_settings.change(name="Scans", keep_days=30)
    dashboard.team.intake.register([NewTask(task_id="task-1")])
    (task,) = dashboard.team.board.look(BoardFilter()).rows
    dashboard.team.sharing.make([task.id])
    (tmp_path / "team.zip").write_bytes(b"".join(dashboard.team.team_export.write()))

    code, said = told("team", "import", str(tmp_path / "team.zip"), "--team", "brought")

    assert code == 0, said
    first, *others = [line for line in said.splitlines() if not line.endswith("so far.")]  # on a slow machine
    assert first.startswith(
        "Imported the team “Scans”: 1 task with 0 files. In addresses and rules it is called brought"
    )
    words = (
        *("1 token came without", "1 task of it had no result", "API keys are listed as revoked"),
        *(
            "Share links have ended",
            "Team URLs have ended",
            "30 days",
            "ocr-dashboard team owner-link brought",
        ),
    )
    for line, part in zip(others, words, strict=True):
        assert part in line
    assert "planted-token" not in said
    assert told("team", "owner-link", "brought")[0] == 0

    code, said = told("team", "import", str(tmp_path / "team.zip"), "--team", "brought")
    assert (code, said.startswith("ocr-dashboard: There is a team brought already")) == (1, True)
    code, said = told("team", "import", str(tmp_path / "nothing.zip"))
    assert (code, "cannot be read" in said) == (1, True)
