"""The audit log as a spreadsheet: who it was by what people cannot choose, and lines of long ago."""

import csv

from sqlmodel import select
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models import AuditEntry, Role


def lines(client: TestClient) -> list[dict[str, str]]:
    """The log, newest first, by column."""
    answer = client.get("/api/v1/team/audit.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))


def test_two_of_one_name(dashboard: Dashboard, client: TestClient) -> None:
    """Are marked apart, each with link and sign-in; what they typed is beside it."""
    for label in ("Front", "Back"):
        link = dashboard.team.members.make_link(role=Role.VIEWER, label=label)
        dashboard.access.join(link, cookie=None, name="Ada", browser="")
    back, front = [line for line in lines(client) if line["what"] == "signed in"]
    assert [(it["who"], it["name of that time"], it["link"]) for it in (front, back)] == [
        ("Ada", "Ada", "Front"),
        ("Ada (2)", "Ada", "Back"),
    ]
    assert front["sign-in number"] != back["sign-in number"]
    assert front["link number"] != back["link number"]


def test_the_columns_of_before_stand_where_they_stood(dashboard: Dashboard, client: TestClient) -> None:
    """Scripts that read them by place go on; lines of before leave the new ones empty."""
    dashboard.team.members.make_key(label="k", role=Role.VIEWER)
    with dashboard.database.writing() as session:
        session.exec(select(AuditEntry)).one().actor = "Ada"
    (line,) = lines(client)
    assert list(line)[:6] == ["when (UTC)", "who", "known by", "what", "of what", "detail"]
    assert list(line.values())[1:7] == ["Ada", "system", "key made", "k", "role: viewer", "Ada"]
    assert set(list(line.values())[7:]) == {""}


def test_nothing_in_it_runs(dashboard: Dashboard, client: TestClient) -> None:
    """Names and labels are a stranger's words, also in the new columns."""
    link = dashboard.team.members.make_link(role=Role.VIEWER, label="=HYPERLINK(1)")
    dashboard.access.join(link, cookie=None, name="@SUM(1)", browser="")
    joined = next(line for line in lines(client) if line["what"] == "signed in")
    assert (joined["who"], joined["name of that time"]) == ("'@SUM(1)", "'@SUM(1)")
    assert joined["link"] == "'=HYPERLINK(1)"
