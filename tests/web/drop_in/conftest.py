"""A dashboard with access control whose service is a sandbox over HTTP, and everybody who may come to its address."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from limits import RateLimitItemPerMinute

from dashboard.bootstrap import Dashboard, build
from dashboard.models import Role
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.services.team_services import TeamServices
from dashboard.settings import Settings
from dashboard.web import admission
from tests.served import served
from tests.web.serving import NOBODY

OCR = "/v5.0/ocr"
IMAGE = base64.b64encode(latin().image).decode()
BODY = {"image": IMAGE, "settings": {"language": "English", "resultType": "Text"}}


@dataclass(frozen=True, kw_only=True)
class House:
    """A running one.

    Attributes:
        url: of the dashboard.
        service: behind it.
        team: the first team, which has a token and the address.
        key: of an editor.
        headers: of everybody, by what they are.
    """

    app: Dashboard
    url: str
    service: SandboxServer
    team: TeamServices
    key: str
    address: str
    headers: dict[str, dict[str, str]]

    def ask(self, method: str, path: str, *, who: str = "key", **more: Any) -> requests.Response:  # noqa: ANN401 - as requests takes them
        """One request below the service's prefix."""
        headers = {**self.headers[who], **more.pop("headers", {})}
        return requests.request(method, f"{self.url}{OCR}/{path}", headers=headers, timeout=40, **more)

    def directly(self, method: str, path: str, **more: Any) -> requests.Response:  # noqa: ANN401 - the same
        """The same request to the service itself, with the team's token."""
        headers = {"Authorization": f"Bearer {DEMO_ACCESS_TOKEN}", **more.pop("headers", {})}
        return requests.request(
            method, f"{self.service.url}{OCR}/{path}", headers=headers, timeout=40, **more
        )


def bearer(secret: str) -> dict[str, str]:
    """A header."""
    return {"Authorization": f"Bearer {secret}"}


def minted(url: str, secret: str) -> str:
    """An access token for a key."""
    form = {"grant_type": "client_credentials", "client_id": "any", "client_secret": secret}
    answer = requests.post(f"{url}/connect/token", data=form, timeout=10)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


@pytest.fixture(scope="package")
def sandbox() -> Iterator[SandboxServer]:
    """The service: tasks are done after half a second."""
    with SandboxServer(state=SandboxState(tempo=Tempo(0.2, 0.3))) as server:
        yield server


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxServer) -> Iterator[House]:
    """It polls, and is served over HTTP."""
    folder = tmp_path_factory.mktemp("drop-in")
    app = build(Settings(data_dir=folder, access="team", api_url=sandbox.url, more_api_urls=NOBODY))
    team = app.team
    team.drop_in.switch(on=True)
    team.credentials.add(label="Accounting", access_token=DEMO_ACCESS_TOKEN)
    elsewhere = _other_team(app)
    app.start_polling()
    try:
        with served(app) as url:
            with pytest.MonkeyPatch.context() as patched:
                # Everybody comes from one address here, and most of them have no key.
                patched.setattr(admission, "GUESSES", RateLimitItemPerMinute(100_000))
                requests.get(f"{url}/healthz", timeout=10)  # the gate is built with the first request
            members = team.members
            key = members.make_key(label="Scanner room", role=Role.EDITOR)
            gone = members.make_key(label="Gone", role=Role.EDITOR)
            token_of_gone = minted(url, gone)
            members.revoke_key(members.api_keys()[0].id or 0)
            viewer = members.make_key(label="Reader", role=Role.VIEWER)
            foreign = elsewhere.members.make_key(label="Theirs", role=Role.EDITOR)
            headers = {
                "key": bearer(key),
                "token of ours": bearer(minted(url, key)),
                "none": {},
                "wrong": bearer("odk_wrong"),
                "wrong token": bearer("odt_wrong"),
                "revoked": bearer(gone),
                "token of revoked": bearer(token_of_gone),
                "vendor token": bearer(DEMO_ACCESS_TOKEN),
                "viewer": bearer(viewer),
                "token of viewer": bearer(minted(url, viewer)),
                "other team": bearer(foreign),
            }
            yield House(
                app=app,
                url=url,
                service=sandbox,
                team=team,
                key=key,
                address=team.drop_in.make_address(label="Old scanner"),
                headers=headers,
            )
    finally:
        app.stop()


def _other_team(app: Dashboard) -> TeamServices:
    """Another team, with a token of its own and the address."""
    link = app.team.members.make_link(role=Role.OWNER)
    cookie, _ = app.access.join(link, cookie=None, name="Olga", browser="")
    visitor = app.access.visitor(cookie)
    assert visitor is not None
    mine = app.seen_by(app.team.team_id, visitor.actor(visitor.places[0]))
    slug = mine.team.team_settings.make_team("Next door")
    visitor = app.access.visitor(cookie)
    assert visitor is not None
    place = visitor.place(slug)
    assert place is not None
    theirs = app.seen_by(place.team_id, app.team.actor).team
    theirs.drop_in.switch(on=True)
    theirs.credentials.add(label="Theirs", client_id="them", client_secret="their-secret")
    return theirs
