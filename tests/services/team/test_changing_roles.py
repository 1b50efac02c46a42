"""Owners change what members may do, and every member sees who the owners are."""

import pytest

from dashboard.errors import InputRefused, NotFound, NotPermitted
from dashboard.models import SYSTEM, Action, Actor, Role
from dashboard.services.team.access import SIGN_IN_LIFE, Access
from dashboard.services.team.members import Members
from dashboard.web.standing import still_covers
from tests.services.conftest import Desk, members_as


def joined(access: Access, members: Members, role: Role, name: str) -> tuple[str, Actor]:
    """Somebody who came by a link: their cookie, and who they are."""
    cookie, _ = access.join(members.make_link(role=role), cookie=None, name=name, browser="")
    visitor = access.visitor(cookie)
    assert visitor is not None
    return cookie, visitor.actor(visitor.places[0])


def role_of(access: Access, cookie: str) -> Role:
    """What somebody may do now."""
    visitor = access.visitor(cookie)
    assert visitor is not None
    return visitor.places[0].role


def test_up_and_down(access: Access, members: Members, desk: Desk) -> None:
    """At once, with a line in the log that says who did it; an open page that may do less ends."""
    _, olga = joined(access, members, Role.OWNER, "Olga")
    cookie, vic = joined(access, members, Role.VIEWER, "Vic")
    before = access.visitor(cookie)
    theirs = members_as(desk, access, olga)

    theirs.set_role(vic.sign_in_id or 0, Role.OWNER)
    promoted = access.visitor(cookie)
    assert role_of(access, cookie) is Role.OWNER
    assert before is not None
    assert still_covers(promoted, before)
    theirs.set_role(vic.sign_in_id or 0, Role.EDITOR)
    assert role_of(access, cookie) is Role.EDITOR
    assert promoted is not None
    assert not still_covers(access.visitor(cookie), promoted)

    down, up = members.audit_log(action=Action.ROLE_CHANGED)
    assert (up.actor, up.subject) == ("Olga", f"sign-in {vic.sign_in_id}, Vic")
    assert (up.detail, down.detail) == (
        {"from": "viewer", "to": "owner"},
        {"from": "owner", "to": "editor"},
    )


def test_the_same_role_is_no_change(access: Access, members: Members) -> None:
    """And no line in the log."""
    _, vic = joined(access, members, Role.VIEWER, "Vic")
    members.set_role(vic.sign_in_id or 0, Role.VIEWER)
    assert members.audit_log(action=Action.ROLE_CHANGED) == []


def test_a_team_keeps_an_owner(access: Access, members: Members, desk: Desk) -> None:
    """The only one whose sign-in lasts stays one, whoever asks; with another one they may step down."""
    joined(access, members, Role.OWNER, "Away")
    desk.clock.advance(hours=SIGN_IN_LIFE.total_seconds() / 3600 + 1)
    cookie, olga = joined(access, members, Role.OWNER, "Olga")
    _, vic = joined(access, members, Role.VIEWER, "Vic")
    theirs = members_as(desk, access, olga)
    for asking in (theirs, members):
        with pytest.raises(InputRefused, match="only owner of “Team” cannot go"):
            asking.set_role(olga.sign_in_id or 0, Role.EDITOR)
        access.forget()
        assert role_of(access, cookie) is Role.OWNER
    assert members.audit_log(action=Action.ROLE_CHANGED) == []

    theirs.set_role(vic.sign_in_id or 0, Role.OWNER)
    theirs.set_role(olga.sign_in_id or 0, Role.VIEWER)
    assert role_of(access, cookie) is Role.VIEWER
    assert members.owners() == ["Vic"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_owners_only(access: Access, members: Members, desk: Desk, role: Role) -> None:
    """Nobody else changes a role, their own least of all."""
    cookie, vic = joined(access, members, role, "Vic")
    with pytest.raises(NotPermitted):
        members_as(desk, access, vic).set_role(vic.sign_in_id or 0, Role.OWNER)
    assert role_of(access, cookie) is role


def test_members_of_this_team_only(access: Access, members: Members, desk: Desk, other_desk: Desk) -> None:
    """A sign-in of another team is not there."""
    _, eve = joined(access, members_as(other_desk, access, SYSTEM), Role.VIEWER, "Eve")
    for sign_in_id in (eve.sign_in_id or 0, 4711):
        with pytest.raises(NotFound):
            members.set_role(sign_in_id, Role.OWNER)
    del desk


def test_everybody_sees_the_owners(access: Access, members: Members, desk: Desk) -> None:
    """Told apart, those who are signed in; strangers see nobody."""
    for name in ("Otto", "Ada", "Ada"):
        joined(access, members, Role.OWNER, name)
    _, vic = joined(access, members, Role.VIEWER, "Vic")
    assert members_as(desk, access, vic).owners() == ["Ada", "Ada (2)", "Otto"]
    members.expel(vic.sign_in_id or 0)
    with pytest.raises(NotPermitted):
        members_as(desk, access, vic).owners()
