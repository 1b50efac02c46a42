"""Alone on a laptop there are no keys: scripts come as they are, with whatever they are configured with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dashboard.bootstrap import Dashboard, build
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.settings import Settings
from dashboard.store.board_filter import BoardFilter
from tests.served import served
from tests.web.drop_in.conftest import BODY, OCR


@pytest.fixture
def alone(tmp_path: Path, sandbox: SandboxServer) -> Iterator[tuple[Dashboard, str]]:
    """Without access control; it does not poll."""
    app = build(Settings(data_dir=tmp_path, api_url=sandbox.url, poller="off"))
    try:
        with served(app) as url:
            yield app, url
    finally:
        app.stop()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer anything"}], ids=["none", "any"])
def test_evaluation_mode_works_at_once(alone: tuple[Dashboard, str], headers: dict[str, str]) -> None:
    """Without a key and without a token; the day's batch says that it came from scripts."""
    app, url = alone
    answer = requests.post(f"{url}{OCR}/RecognizeImageTrial", json=BODY, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    assert [it.name[:9] for it in app.team.batches.newest()] == ["Scripts, "]
    view = app.team.drop_in.view()
    assert (view.is_on, view.has_come, [it.count for it in view.keys]) == (True, True, [1])


def test_regular_mode_needs_a_token_of_the_team(alone: tuple[Dashboard, str]) -> None:
    """And says so where there is none."""
    app, url = alone
    refused = requests.post(f"{url}{OCR}/RecognizeImage", json=BODY, timeout=10)
    assert (refused.status_code, "Add one on Tokens" in refused.json()["detail"]) == (400, True)
    app.team.credentials.add(label="Mine", access_token=DEMO_ACCESS_TOKEN)
    assert requests.post(f"{url}{OCR}/RecognizeImage", json=BODY, timeout=10).status_code == 200


def test_a_login_works_with_whatever_a_script_has(alone: tuple[Dashboard, str]) -> None:
    """Its vendor secret is neither looked at nor kept."""
    app, url = alone
    form = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "of the vendor"}
    token = requests.post(f"{url}/connect/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(f"{url}{OCR}/RecognizeImageTrial", json=BODY, headers=headers, timeout=10)
    assert answer.status_code == 200
    dump = b"".join(path.read_bytes() for path in app.settings.data_dir.rglob("*") if path.is_file())
    assert b"of the vendor" not in dump


def test_it_is_off_where_other_machines_reach_the_port(tmp_path: Path) -> None:
    """Until somebody switches it on."""
    listens = {"host": "0.0.0.0", "open_access": True, "allowed_hosts": "ocr.example.org"}  # noqa: S104 - the case
    app = build(Settings.model_validate({"data_dir": tmp_path, "poller": "off", **listens}))
    try:
        assert not app.team.drop_in.view().is_on
        app.team.drop_in.switch(on=True)
        assert app.team.drop_in.view().is_on
    finally:
        app.stop()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_can_have_nothing_asked(alone: tuple[Dashboard, str], site: str) -> None:
    """A browser on this machine sends requests for any page; asking alone would register a task."""
    app, url = alone
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    answer = requests.get(f"{url}{OCR}/RecognizeImageTrial?id=planted-by-a-page", headers=headers, timeout=10)
    assert answer.status_code == 403
    assert app.team.board.look(BoardFilter()).total == 0


def test_it_can_be_switched_off(alone: tuple[Dashboard, str]) -> None:
    """As in a team."""
    app, url = alone
    app.team.drop_in.switch(on=False)
    answer = requests.post(f"{url}{OCR}/RecognizeImageTrial", json=BODY, timeout=10)
    assert (answer.status_code, "switched off" in answer.json()["detail"]) == (403, True)


def test_what_is_not_asked_about_says_when_to_come_again(
    alone: tuple[Dashboard, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody polls here: an ID that is not known is registered, and that is said."""
    app, url = alone
    monkeypatch.setattr("dashboard.web.drop_in._FIRST_ANSWER", 0.2)
    answer = requests.get(f"{url}{OCR}/RecognizeImageTrial?id=not-asked-about-1", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert app.team.tasks.find("not-asked-about-1")
