"""A secret is never a label: where people type names, and where scripts send them."""

from collections.abc import Callable

import pytest

from dashboard.errors import InputRefused
from dashboard.models import Role
from dashboard.services.labels import clean_label, typed_label
from dashboard.services.library.library import Library
from dashboard.services.results.sharing import Sharing
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team.team_settings import TeamSettings
from tests.services.conftest import Desk

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ"

SECRETS = {
    "a token": JWT,
    "a token in a sentence": f"the token is {JWT}, keep it",
    "a header": f"Authorization: Bearer {JWT}",
    "an opaque token": "Bearer planted0123456789planted",
    "a client secret": "client_secret=planted-0123456789",
    "a client secret as JSON": '"clientSecret": "planted-0123456789"',
    "a key of ours": "odk_planted-0123456789abcdef",
    "a link of ours": "http://127.0.0.1:8501/join/odl_planted-0123456789abcdef",
    "a share link of ours": "ods_planted-0123456789abcdef",
    "a password": "password: hunter2planted",
}

HARMLESS = [
    "Password: reset letter",
    "Bearer of bad news",
    "Token economy.pdf",
    "API key figures 2026",
    "Client Secretary",
    "Basic English",
    "ann@example.org",
    "Authorization form: parents",
    "od_2026",
    "odk_1",
]


@pytest.fixture(params=list(SECRETS.values()), ids=list(SECRETS))
def secret(request: pytest.FixtureRequest) -> str:
    """Something that lets others in."""
    return str(request.param)


def test_where_it_is_typed_it_is_refused(desk: Desk, access: Access, members: Members, secret: str) -> None:
    """In a sentence that does not repeat it; nothing is stored."""
    row_id = next(iter(desk.intake.register([NewTask(task_id=ID)]).registered.values()))
    token, _ = desk.credentials.add(label="Accounting", access_token=f"{JWT}-2")
    cookie, _ = access.join(members.make_link(role=Role.OWNER), cookie=None, name="Olga", browser="")
    visitor = access.visitor(cookie)
    assert visitor is not None
    settings = TeamSettings(desk.scope(visitor.actor(visitor.places[0])), forget=access.forget)
    library = Library(desk.scope())
    ways: list[Callable[[], object]] = [
        lambda: desk.tasks.relabel(row_id, secret),
        lambda: library.tag([row_id], add=[secret]),
        lambda: desk.credentials.add(label=secret, access_token=f"{JWT}-3"),
        lambda: desk.credentials.rename(token.id, secret),
        lambda: members.make_link(role=Role.VIEWER, label=secret),
        lambda: members.make_key(label=secret, role=Role.VIEWER),
        lambda: Sharing(desk.scope()).make([row_id], label=secret),
        lambda: settings.make_team(secret),
        lambda: settings.change(name=secret, keep_days=None),
        lambda: access.join(members.make_link(role=Role.VIEWER), cookie=None, name=secret, browser=""),
    ]
    for way in ways:
        with pytest.raises(InputRefused, match="holds a secret") as refused:
            way()
        assert "planted" not in str(refused.value)
    assert desk.task(row_id).label == ""
    assert [view.label for view in desk.credentials.all()] == ["Accounting"]


def test_where_a_script_sends_it_the_task_is_kept_without_it(desk: Desk, secret: str) -> None:
    """A result must not be lost for a label."""
    done = desk.intake.register([NewTask(task_id=ID, label=f"Invoice {secret}")])

    label = desk.task(done.registered[ID]).label
    assert label.startswith("Invoice")
    for piece in ("planted", "hunter2", JWT[:20], "c2lnbmF0dXJl"):
        assert piece not in label


@pytest.mark.parametrize("name", HARMLESS)
def test_other_names_stay_as_they_are(name: str) -> None:
    """People write about tokens and passwords, too."""
    assert typed_label(name) == clean_label(name) == name


def test_an_unlabelled_token_of_before_is_named_in_the_log(desk: Desk, members: Members) -> None:
    """What is registered again keeps its label there."""
    desk.credentials.add(label="Accounting", access_token=JWT)
    desk.credentials.add(label="", access_token=JWT)
    assert [entry.subject for entry in members.audit_log()][:2] == ["Accounting", "Accounting"]
