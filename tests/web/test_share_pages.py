"""What the holder of a share link sees, and what nobody else does."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard, build
from dashboard.models import SYSTEM, State
from dashboard.settings import Settings
from dashboard.web.admission import Admission
from dashboard.web.share_pages import routes
from tests.services.conftest import Desk
from tests.services.stored import store

TRAP = "<script>alert(1)</script><img src=//elsewhere.invalid/a onerror=alert(2)>"


async def _inside(_: Request) -> Response:
    return PlainTextResponse("inside")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard with access control; nothing is polled."""
    built = build(Settings(data_dir=tmp_path, access="team", poller="off"))
    yield built
    built.stop()


@pytest.fixture
def door(app: Dashboard) -> TestClient:
    """Somebody who is not signed in, before the gate."""
    shares = routes(lambda: app.shared_results, app.clock)
    inside = Starlette(routes=[*shares, Route("/{path:path}", _inside)])
    return TestClient(Admission(inside, access=lambda: app.access), follow_redirects=False)


def stored(app: Dashboard, *texts: str, **columns: Any) -> int:  # noqa: ANN401 - columns of any type
    """A finished task of the team."""
    desk = Desk(database=app.database, team_id=app.team.team_id)
    return store(desk, *texts, **columns)


def test_a_result_is_shown_without_signing_in(app: Dashboard, door: TestClient) -> None:
    """With its masked words marked; as a page and as text. Nothing else opens."""
    task_ref = stored(app, "Meeting moved to ****** at the office, as was agreed.", label="Note", trial=True)
    secret = app.team.sharing.make([task_ref], label="For you")
    page = door.get(f"/s/{secret}")
    assert page.status_code == 200
    assert "Note" in page.text
    assert '<mark class="masked"' in page.text
    assert "1 word masked" in page.text
    text = door.get(f"/s/{secret}.txt")
    assert (text.text, text.headers["content-type"]) == (
        "Meeting moved to ****** at the office, as was agreed.",
        "text/plain; charset=utf-8",
    )
    for path in (
        "/",
        "/task?id=1",
        f"/api/v1/tasks/{task_ref}",
        "/library",
        "/s",
        "/s/a/b",
        "/s/",
        "/join/a/b",
    ):
        assert door.get(path).text != "inside"


def test_the_answer_keeps_to_itself(app: Dashboard, door: TestClient) -> None:
    """No script, no cookie, nothing stored, nothing from elsewhere, not in a frame, not in an index."""
    page = door.get(f"/s/{app.team.sharing.make([stored(app, TRAP, label=TRAP)], label=TRAP)}")
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert not re.search(r"<\w[^<>]*(?:src|href)=[\"']?(?:https?:)?//", page.text)
    assert "set-cookie" not in page.headers
    expected = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
    }
    assert {name: page.headers[name] for name in expected} == expected
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_before_completion(app: Dashboard, door: TestClient) -> None:
    """The state and the time left, and the page looks again by itself without counting; then the text."""
    task_ref = stored(app, state=State.PENDING, label="Soon", completed_at=None)
    secret = app.team.sharing.make([task_ref])
    page = door.get(f"/s/{secret}")
    assert "Pending" in page.text
    assert "1 result still to come" in page.text
    assert 'content="15;url=?again=1"' in page.text
    waiting = door.get(f"/s/{secret}.txt")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (409, "15")
    door.get(f"/s/{secret}?again=1")
    assert app.team.sharing.all()[0].views == 2


def test_a_selection(app: Dashboard, door: TestClient) -> None:
    """A list that leads to each; one text with headings; corrections count."""
    refs = [stored(app, f"text {number}", label=f"Page {number}") for number in range(3)]
    app.team.corrections.correct(refs[0], "better text", based_on=None)
    lost = stored(app, label="Lost", state=State.EXPIRED)
    secret = app.team.sharing.make([*refs, lost])
    page = door.get(f"/s/{secret}").text
    assert page.count("<article") == 4
    assert 'href="#r3"' in page
    assert "better text" in page
    assert "text 0" not in page
    assert "Corrected by hand" in page
    assert "has deleted the result" in page
    text = door.get(f"/s/{secret}.txt").text
    assert [text.find(words) > 0 for words in ("Page 0", "better text", "Page 2", "text 2")] == [True] * 4


def test_deleted_and_revoked(app: Dashboard, door: TestClient) -> None:
    """The page says so; a wrong link looks like a revoked one."""
    task_ref = stored(app, "a")
    secret = app.team.sharing.make([task_ref])
    app.team.tasks.delete([task_ref])
    assert "has been deleted" in door.get(f"/s/{secret}").text
    app.team.sharing.revoke(app.team.sharing.all()[0].id)
    ended, wrong = door.get(f"/s/{secret}"), door.get("/s/ods_wrong")
    assert (ended.status_code, ended.text) == (404, wrong.text)
    assert door.get("/s/ods_wrong.txt").status_code == 404


def test_guessing_is_slowed_down(door: TestClient) -> None:
    """As with team links."""
    told = [door.get(f"/s/ods_{number}").status_code for number in range(25)]
    assert told == [404] * 20 + [429] * 5


def test_odd_texts(app: Dashboard, door: TestClient) -> None:
    """Bidirectional overrides, line ends of every kind, five megabytes in one line."""
    odd = "a\u202eb\r\nc\rd\x1b[1m"
    secret = app.team.sharing.make([stored(app, odd)])
    assert door.get(f"/s/{secret}.txt").content.decode() == odd
    assert door.get(f"/s/{secret}").status_code == 200
    long = app.team.sharing.make([stored(app, "x" * 5_000_000)])
    page = door.get(f"/s/{long}")
    assert len(page.content) < 300_000
    assert "Open it as plain text" in page.text
    assert len(door.get(f"/s/{long}.txt").content) == 5_000_000


ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"


@pytest.mark.parametrize("many", [False, True], ids=["one", "several"])
@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({}, id="without a label"),
        pytest.param({"label": ID}, id="the ID as label"),
        pytest.param({"label": f"Scan {ID.upper()}"}, id="the ID in the label"),
        pytest.param({"label": "Note", "notices": [f"Task {ID} was read twice."]}, id="the ID in a notice"),
        pytest.param({"state": State.NOT_FOUND, "completed_at": None}, id="not found"),
        pytest.param({"state": State.PENDING, "completed_at": None}, id="open"),
    ],
)
def test_outsiders_learn_neither_the_services_id_nor_who_corrected(
    app: Dashboard, door: TestClient, columns: dict[str, Any], *, many: bool
) -> None:
    """With the ID the result could be asked for, or cancelled, at the service; who works on it is the team's."""
    task_ref = stored(app, "as it was read", task_id=ID, **columns)
    ours = app.teams.of(app.team.team_id, replace(SYSTEM, name="Ada Byron"))
    if "state" not in columns:
        ours.corrections.correct(task_ref, "as it is", based_on=None)
    others = [stored(app, "another", label="Other")] if many else []
    secret = ours.sharing.make([task_ref, *others])
    for path in (f"/s/{secret}", f"/s/{secret}.txt", f"/s/{secret}?again=1"):
        answer = door.get(path)
        told = f"{answer.headers}{answer.text}".casefold()
        assert ID not in told
        assert "ada" not in told
        assert "byron" not in told
    assert "state" in columns or "Corrected by hand" in door.get(f"/s/{secret}").text


def test_going_back_is_no_correction(app: Dashboard, door: TestClient) -> None:
    """What is shown then is what the service read, and nobody is said to have changed it."""
    task_ref = stored(app, "as it was read")
    app.team.corrections.correct(task_ref, "as it is", based_on=None)
    app.team.corrections.go_back(task_ref)
    page = door.get(f"/s/{app.team.sharing.make([task_ref])}").text
    assert "as it was read" in page
    assert "Corrected" not in page
