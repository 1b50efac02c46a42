"""The team page: members and the audit log tell people of one name apart; links say how many came."""

import re
from typing import Any

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import AuditEntry, Role
from tests.pages.conftest import ENTRY, join_as


def shown(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The team page as an owner called Olga sees it."""
    join_as(team, Role.OWNER, monkeypatch, name="Olga")
    page = AppTest.from_file(str(ENTRY), default_timeout=20).run()
    page.switch_page(str(ENTRY.parents[1] / "pages" / "team.py")).run()
    assert not page.exception
    return page


def html_of(page: AppTest) -> str:
    """Everything of ours on the page."""
    return "\n".join(str(one.proto.body) for one in page.get("html"))


def log_of(page: AppTest) -> list[list[str]]:
    """The lines of the audit log, newest first: who, known by, what, of what."""
    rows = re.findall(r"<tr>(<td.*?)</tr>", html_of(page))
    return [re.findall(r"<td[^>]*>(.*?)</td>", row)[1:] for row in rows]


def test_two_of_one_name(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with the link they came by, a key with how it ends, and the machine as what it is."""
    for label in ("Front", "<b>Back"):
        link = team.team.members.make_link(role=Role.VIEWER, label=label)
        team.access.join(link, cookie=None, name="Ada", browser="")

    page = shown(team, monkeypatch)

    log = [line for line in log_of(page) if line[2] == "signed in"]
    assert [line[:2] for line in log] == [
        ["Olga", "link “For owners”"],
        ["Ada (2)", "link “&lt;b&gt;Back”"],
        ["Ada", "link “Front”"],
    ]
    assert ["this machine", "system"] in [line[:2] for line in log_of(page)]
    assert "<b>Ada</b> · viewer" in html_of(page)
    assert "<b>Ada (2)</b> · viewer" in html_of(page)
    assert "<b>Olga</b> (you)" in html_of(page)


def test_accounts_keys_and_lines_of_before(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account is shown, a key by how it ends, and of an old line the name and what kind it was."""
    team.team.members.make_key(label="script", role=Role.VIEWER)
    (key,) = team.team.members.api_keys()
    known: tuple[dict[str, Any], ...] = (
        {},
        {"person_id": 1, "account": "https://id.example sub<4711>"},
        {"person_id": 1, "account": "https://id.example a", "link": "Front"},
        {"actor_kind": "api key", "key_id": key.id},
        {"actor_kind": "api key", "key_id": 4711},
    )
    with team.database.writing() as session:
        at = session.exec(select(AuditEntry)).one().at
        for columns in known:
            entry = AuditEntry(
                team_id=team.team.team_id,
                at=at,
                actor="Ada",
                actor_kind="person",
                action="task changed",
                subject="s",
            )
            for name, value in columns.items():
                setattr(entry, name, value)
            session.add(entry)
            session.flush()

    page = shown(team, monkeypatch)

    assert [line[1] for line in log_of(page) if line[2] == "task changed"] == [
        "key 4711",
        f"key …{key.hint}",
        "single sign-on account a, link “Front”",
        "single sign-on account sub&lt;4711&gt;",
        "person",
    ]


@pytest.mark.parametrize(
    ("uses", "came", "said"),
    [
        pytest.param(None, 0, "nobody came yet", id="nobody"),
        pytest.param(None, 1, "1 came", id="one"),
        pytest.param(None, 3, "3 came", id="without a limit"),
        pytest.param(5, 0, "0 of 5 came", id="limit, nobody"),
        pytest.param(5, 2, "2 of 5 came", id="limit"),
        pytest.param(1, 1, "1 of 1 came", id="used up"),
    ],
)
@pytest.mark.parametrize("revoked", [False, True])
def test_how_many_came(
    team: Dashboard, monkeypatch: pytest.MonkeyPatch, uses: int | None, came: int, said: str, *, revoked: bool
) -> None:
    """With and without a limit, and also when the link has ended."""
    link = team.team.members.make_link(role=Role.VIEWER, label="Front", uses=uses)
    for number in range(came):
        team.access.join(link, cookie=None, name=f"N{number}", browser="")
    if revoked:
        team.team.members.revoke_link(team.team.members.links()[0].id or 0)

    page = shown(team, monkeypatch)

    (line,) = [one for one in html_of(page).split("\n") if "<b>Front</b>" in one]
    assert f" · {said}" in line
    assert ("revoked" in line) is revoked
