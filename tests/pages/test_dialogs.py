"""What dialogs say before anything is done; that they do it is tested in a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.bootstrap import Dashboard
from dashboard.models import Role
from dashboard.services.tasks.intake import NewTask
from dashboard.ui import routes
from dashboard.ui.selection import Selection
from tests.pages.conftest import ENTRY, Finish, join_as

TOKEN = "an-opaque-access-token-XYZ9"


def opened(page: object) -> AppTest:
    """A page of the dashboard."""
    app = AppTest.from_file(str(ENTRY), default_timeout=20).run()
    return app.switch_page(str(page)).run()


def said(app: AppTest) -> str:
    """What is written on the screen, without the signs of Markdown."""
    assert not app.exception
    return "\n".join(str(one.value) for one in app.markdown).replace("\\", "")


def press(app: AppTest, *keys: str) -> AppTest:
    """Click one button after the other."""
    for key in keys:
        app.button(key=key).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("tasks", [0, 1, 3])
def test_removing_a_token(dashboard: Dashboard, tasks: int) -> None:
    """Says which one and who depends on it."""
    token, _ = dashboard.team.credentials.add(label="Accounting", access_token=TOKEN)
    dashboard.team.intake.register([NewTask(task_id=f"task-{it}") for it in range(tasks)])
    app = press(opened(routes.TOKENS), f"token_remove_{token.id}")

    assert "Forget the token “Accounting” (…XYZ9)?" in said(app)
    uses = {0: "", 1: "1 open task uses it.", 3: "3 open tasks use it."}[tasks]
    assert (uses in said(app)) if uses else "use it" not in said(app)
    press(app, "token_list_remove_no")
    assert "Forget the token" not in said(app)
    assert [view.label for view in dashboard.team.credentials.all()] == ["Accounting"]


def board_with(monkeypatch: pytest.MonkeyPatch, *selected: int) -> AppTest:
    """The board with tasks selected; AppTest draws no table to select them in."""
    monkeypatch.setattr(Selection, "ids", property(lambda _: list(selected)))
    return opened(routes.BOARD)


def test_cancelling_is_for_open_tasks(
    dashboard: Dashboard, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how many there are; the finished ones are named as staying."""
    open_refs = [
        *dashboard.team.intake.register(
            [NewTask(task_id=f"task-{it}", trial=True, label=f"Letter *{it}*") for it in range(2)]
        ).registered.values()
    ]
    done = finish()

    app = board_with(monkeypatch, done)
    assert "board_actions_cancel" not in [one.key for one in app.button]

    app = board_with(monkeypatch, done, *open_refs)
    assert app.button(key="board_actions_cancel").label == "Cancel 2 open"
    press(app, "board_actions_cancel")
    assert app.button(key="board_actions_cancel_yes").label == "Cancel 2 tasks"
    assert "Take “Letter *0*”, “Letter *1*” out of the service" in said(app)
    assert "The finished ones among the selected, 1, stay as they are." in said(app)
    press(app, "board_actions_cancel_no")
    assert "out of the service" not in said(app)


def test_deleting_names_some_and_counts_the_rest(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three names are enough; those that are open are said."""
    refs = dashboard.team.intake.register([NewTask(task_id=f"task-{it}", trial=True) for it in range(5)])
    app = board_with(monkeypatch, *refs.registered.values())
    press(app, "board_actions_delete")
    assert "Delete “task-0”, “task-1”, “task-2” and 2 more with all stored text" in said(app)
    assert "5 tasks of them still open" in said(app)
    assert app.button(key="board_actions_delete_yes").label == "Delete 5 tasks"
    press(app, "board_actions_delete_no")
    assert len(dashboard.team.tasks.chosen(list(refs.registered.values())).names) == 5


def test_one_task(dashboard: Dashboard) -> None:
    """Is named by its label."""
    (ref,) = dashboard.team.intake.register(
        [NewTask(task_id="t-1", trial=True, label="May")]
    ).registered.values()
    app = AppTest.from_file(str(ENTRY), default_timeout=20).run()
    app.query_params["id"] = str(ref)
    app.switch_page(str(routes.TASK)).run()
    for button, sentence in {
        "cancel": "Take “May” out of the service",
        "delete": "Delete “May” with all stored text",
        "share": "“May”",
        "again": "“May”: a result can only be fetched",
        "rename": "Task t-1",
    }.items():
        press(app, f"task_actions_{button}")
        assert sentence in said(app)
        press(app, "share_form_no" if button == "share" else f"task_actions_{button}_no")
    assert dashboard.team.tasks.detail(ref).state.is_open


def team_page(team: Dashboard, monkeypatch: pytest.MonkeyPatch, role: Role = Role.OWNER) -> AppTest:
    """The team page as Olga sees it."""
    join_as(team, role, monkeypatch, name="Olga")
    return opened(routes.TEAM_PAGE)


def test_ending_what_others_use(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members, team URLs and keys: asked first, and the number of people who are out then is said."""
    link = team.team.members.make_link(role=Role.EDITOR, label="Front")
    for name in ("Ada", "Ben"):
        team.access.join(link, cookie=None, name=name, browser="Firefox on Linux")
    team.team.members.make_key(label="Nightly", role=Role.VIEWER)
    app = team_page(team, monkeypatch)
    ada = next(one for one in team.team.members.members() if one.name == "Ada")

    press(app, f"team_member_out_{ada.sign_in_id}")
    assert "Sign “Ada” out of this team, in Firefox on Linux? To come back they need a team URL." in said(app)
    press(app, "team_members_out_no")
    assert len(team.team.members.members()) == 3
    (front,) = [one.id for one in team.team.members.links() if one.label == "Front"]
    press(app, f"team_link_revoke_{front}")
    assert "whoever came by it is signed out: 2 members now." in said(app)
    press(app, "team_links_revoke_no")
    (key,) = team.team.members.api_keys()
    press(app, f"team_key_revoke_{key.id}")
    assert "Revoke “Nightly”" in said(app)
    press(app, "team_keys_revoke_no")
    assert len(team.team.members.members()) == 3


def test_roles_are_said(team: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each one may do, with the present one chosen; one's own can be changed too."""
    team.access.join(team.team.members.make_link(role=Role.EDITOR), cookie=None, name="Ada", browser="")
    app = team_page(team, monkeypatch)
    for member in team.team.members.members():
        press(app, f"team_member_role_{member.sign_in_id}")
        assert f"What may “{member.name}” do here?" in said(app)
        assert app.radio(key=f"team_members_role_{member.sign_in_id}").value is member.role


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_see_who_the_owners_are(team: Dashboard, monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    """On Team, and where their role is not enough."""
    for name in ("<b>Ann", "Otto"):
        team.access.join(team.team.members.make_link(role=Role.OWNER), cookie=None, name=name, browser="")
    app = team_page(team, monkeypatch, role)
    shown = "".join(one.proto.body for one in app.get("html"))
    assert "Owners of the team: <b>&lt;b&gt;Ann, Otto</b>" in shown
    assert not [one.key for one in app.button if str(one.key).startswith("team_member_role")]
    app.switch_page(str(routes.ADD)).run()
    shown = "".join(one.proto.body for one in app.get("html"))
    assert ("Ask &lt;b&gt;Ann or Otto to make you an editor" in shown) == (role is Role.VIEWER)
