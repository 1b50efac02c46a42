"""Joining by a team URL, being recognised, being sent away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard.errors import InputRefused, NotFound, NotPermitted
from dashboard.models import SYSTEM, Actor, ActorKind, ApiKey, AuditEntry, JoinLink, Role, SignIn
from dashboard.services.team.access import SIGN_IN_LIFE, Access
from dashboard.services.team.members import Members
from dashboard.services.team.visitors import Visitor
from tests.services.conftest import Desk, members_as


def join(
    access: Access, link: str, *, cookie: str | None = None, name: str = "Ada", same_person: bool = False
) -> tuple[str, Visitor]:
    """Take a link; the cookie, and who that is now."""
    cookie, _ = access.join(link, cookie=cookie, name=name, browser="Firefox", same_person=same_person)
    visitor = access.visitor(cookie)
    assert visitor is not None
    return cookie, visitor


def test_joining(access: Access, members: Members, desk: Desk) -> None:
    """Whoever has the link belongs to the team, in its role, under the name they gave."""
    link = members.make_link(role=Role.EDITOR)
    assert access.invitation(link).role is Role.EDITOR
    _, visitor = join(access, link, name="  Ada\nLovelace ")
    (place,) = visitor.places
    assert (visitor.name, place.team_id, place.role) == ("Ada Lovelace", desk.team_id, Role.EDITOR)
    assert [one.name for one in members.members()] == ["Ada Lovelace"]


def test_the_larger_role_stays(access: Access, members: Members) -> None:
    """A second link can raise a role, and never lowers it."""
    cookie, _ = join(access, members.make_link(role=Role.EDITOR))
    cookie, visitor = join(access, members.make_link(role=Role.VIEWER), cookie=cookie, same_person=True)
    assert [place.role for place in visitor.places] == [Role.EDITOR]
    _, visitor = join(access, members.make_link(role=Role.OWNER), cookie=cookie, same_person=True)
    assert [place.role for place in visitor.places] == [Role.OWNER]
    assert len(members.members()) == 1


class TestAPlantedCookie:
    """Somebody opens a link with a browser that is signed in already, perhaps by somebody else."""

    def test_joining_makes_a_new_secret(self, access: Access, members: Members) -> None:
        """Whoever knew the one before is out, whether or not the person said it was them."""
        for same_person in (True, False):
            planted, _ = join(access, members.make_link(role=Role.VIEWER), name="Mallory")
            cookie, visitor = join(
                access, members.make_link(role=Role.OWNER), cookie=planted, same_person=same_person
            )
            assert cookie != planted
            assert access.visitor(planted) is None
            assert [place.role for place in visitor.places] == [Role.OWNER]

    def test_the_teams_stay_behind(
        self, access: Access, members: Members, desk: Desk, other_desk: Desk
    ) -> None:
        """Unless one says that it is the same person; that somebody left is in the log of the team they left."""
        elsewhere = members_as(other_desk, access, SYSTEM)
        planted, _ = join(access, elsewhere.make_link(role=Role.EDITOR), name="Mallory")
        _, visitor = join(access, members.make_link(role=Role.VIEWER), cookie=planted, name="Ada")
        assert [(place.team_id, place.role) for place in visitor.places] == [(desk.team_id, Role.VIEWER)]
        assert elsewhere.members() == []
        assert [(entry.action, entry.actor) for entry in elsewhere.audit_log(limit=1)] == [
            ("signed out", "Mallory")
        ]

    def test_the_same_person_keeps_teams_name_and_links(
        self, access: Access, members: Members, desk: Desk, other_desk: Desk
    ) -> None:
        """A revoked link still sends away who came by it, also from the new sign-in."""
        elsewhere = members_as(other_desk, access, SYSTEM)
        first, _ = join(access, elsewhere.make_link(role=Role.EDITOR), name="Ada")
        cookie, visitor = join(
            access, members.make_link(role=Role.VIEWER), cookie=first, name="", same_person=True
        )
        assert visitor.name == "Ada"
        assert {place.team_id for place in visitor.places} == {desk.team_id, other_desk.team_id}
        assert [one.name for one in elsewhere.members()] == ["Ada"]
        elsewhere.revoke_link(elsewhere.links()[0].id or 0)
        left = access.visitor(cookie)
        assert left is not None
        assert [place.team_id for place in left.places] == [desk.team_id]

    def test_a_forged_cookie_is_nobody(self, access: Access, members: Members) -> None:
        """Saying "the same person" with a cookie that opens nothing joins as somebody new."""
        _, visitor = join(access, members.make_link(role=Role.VIEWER), cookie="forged.x", same_person=True)
        assert len(visitor.places) == 1

    def test_a_link_that_does_not_work_ends_nothing(self, access: Access, members: Members) -> None:
        """Opening an old link leaves one where one was."""
        cookie, _ = join(access, members.make_link(role=Role.VIEWER))
        with pytest.raises(NotFound):
            access.join("odl_never-was", cookie=cookie, name="Ada", browser="")
        assert access.visitor(cookie) is not None


def test_the_last_place_is_taken_once(access: Access, members: Members) -> None:
    """Of many who open a link for one person at the same time, one gets in."""
    link = members.make_link(role=Role.VIEWER, uses=1)

    def attempt(number: int) -> bool:
        try:
            access.join(link, cookie=None, name=f"N{number}", browser="")
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert len(members.members()) == 1


def test_links_end(access: Access, members: Members, desk: Desk) -> None:
    """By time, and by being revoked; the sentence is the same as for a link that never was."""
    timed = members.make_link(role=Role.VIEWER, expires_in=timedelta(hours=1))
    revoked = members.make_link(role=Role.VIEWER)
    members.revoke_link(members.links()[0].id or 0)
    desk.clock.advance(hours=2)
    for link in (timed, revoked, "odl_never-was"):
        with pytest.raises(NotFound, match="This link does not work"):
            access.invitation(link)
        with pytest.raises(NotFound, match="This link does not work"):
            access.join(link, cookie=None, name="Eve", browser="")


def test_revoking_a_link_sends_away_who_came_by_it(access: Access, members: Members) -> None:
    """At once, and nobody else."""
    stays, _ = join(access, members.make_link(role=Role.VIEWER, label="first"))
    goes, _ = join(access, members.make_link(role=Role.VIEWER, label="second"), name="Eve")
    second = next(link for link in members.links() if link.label == "second")
    members.revoke_link(second.id or 0)
    kept, gone = access.visitor(stays), access.visitor(goes)
    assert kept is not None
    assert len(kept.places) == 1
    assert gone is not None
    assert gone.places == ()


@pytest.mark.parametrize("cookie", [None, "", "forged", "a.b", "ünï.cöde", "x" * 10_000])
def test_forged_cookies(access: Access, cookie: str | None) -> None:
    """Open nothing."""
    assert access.visitor(cookie) is None


def test_a_cookie_signed_elsewhere(access: Access, members: Members, desk: Desk) -> None:
    """Or changed on the way, opens nothing."""
    cookie, _ = join(access, members.make_link(role=Role.OWNER))
    elsewhere = Access(database=desk.database, clock=desk.clock, cookie_keys=[b"z" * 32])
    assert elsewhere.visitor(cookie) is None
    assert access.visitor(f"x{cookie}") is None
    assert access.visitor(cookie) is not None


def test_signing_out_and_sliding(access: Access, members: Members, desk: Desk) -> None:
    """A visit makes the sign-in last longer; without one it ends; signing out ends it at once."""
    cookie, _ = join(access, members.make_link(role=Role.VIEWER))
    for _ in range(3):
        desk.clock.advance(hours=SIGN_IN_LIFE.total_seconds() / 3600 - 1)
        access.forget()
        assert access.visitor(cookie) is not None
    desk.clock.advance(hours=SIGN_IN_LIFE.total_seconds() / 3600 + 1)
    access.forget()
    assert access.visitor(cookie) is None
    other, _ = join(access, members.make_link(role=Role.VIEWER))
    access.sign_out(other)
    assert access.visitor(other) is None


def test_the_first_owner(access: Access, members: Members, desk: Desk) -> None:
    """Each start makes a new link and ends the one before, until somebody owns the team."""
    first, second = access.first_link(desk.team_id), access.first_link(desk.team_id)
    assert first is not None
    assert second is not None
    with pytest.raises(NotFound):
        access.invitation(first)
    join(access, second)
    assert access.first_link(desk.team_id) is None
    with pytest.raises(NotFound):
        access.join(second, cookie=None, name="Eve", browser="")
    (owner,) = members.members()
    with pytest.raises(InputRefused, match="only owner"):
        members.expel(owner.sign_in_id)


def test_keys(access: Access, members: Members, desk: Desk) -> None:
    """A key stands for a team and a role until it is revoked; owners are people."""
    key = members.make_key(label="pipeline", role=Role.EDITOR)
    held = access.key_holder(key)
    key_id = members.api_keys()[0].id
    assert held == (
        desk.team_id,
        Actor(kind=ActorKind.KEY, name="pipeline", role=Role.EDITOR, key_id=key_id),
    )
    assert access.key_holder("odk_wrong") is None
    assert access.key_holder("") is None
    members.revoke_key(members.api_keys()[0].id or 0)
    assert access.key_holder(key) is None
    with pytest.raises(InputRefused, match="owners are people"):
        members.make_key(label="root", role=Role.OWNER)


def test_only_hashes_are_stored(access: Access, members: Members, desk: Desk) -> None:
    """Who reads the database can neither join, nor sign in, nor call the API; the log holds no secret either."""
    link, key = members.make_link(role=Role.VIEWER), members.make_key(label="k", role=Role.VIEWER)
    cookie, _ = join(access, link)
    with desk.database.reading() as session:
        stored = repr(
            [
                row.model_dump()
                for table in (JoinLink, SignIn, ApiKey, AuditEntry)
                for row in session.exec(select(table)).all()
            ]
        )
    for secret in (link, key, cookie.partition(".")[0]):
        assert secret not in stored


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_owners(access: Access, members: Members, desk: Desk, role: Role) -> None:
    """Everything about members is refused to others, with the owner to ask."""
    join(access, members.make_link(role=Role.OWNER), name="Olga")
    _, visitor = join(access, members.make_link(role=role), name="Vic")
    theirs = members_as(desk, access, visitor.actor(visitor.places[0]))
    calls: list[Callable[[], object]] = [
        theirs.links,
        theirs.members,
        theirs.api_keys,
        theirs.audit_log,
        lambda: theirs.make_link(role=Role.OWNER),
        lambda: theirs.make_key(label="x", role=Role.VIEWER),
        lambda: theirs.revoke_link(1),
        lambda: theirs.revoke_key(1),
        lambda: theirs.expel(1),
    ]
    for refused in calls:
        with pytest.raises(NotPermitted, match=r"Only owners of the team can do this.* Ask Olga\."):
            refused()


def test_another_team_is_out_of_reach(access: Access, members: Members, desk: Desk, other_desk: Desk) -> None:
    """An owner can end nothing of another team, whatever ID is named."""
    members.make_link(role=Role.VIEWER)
    members.make_key(label="k", role=Role.VIEWER)
    _, visitor = join(access, members.make_link(role=Role.VIEWER))
    foreign = members_as(other_desk, access, SYSTEM)
    assert list(foreign.links()) == []
    calls: list[Callable[[], object]] = [
        lambda: foreign.revoke_link(members.links()[0].id or 0),
        lambda: foreign.revoke_key(members.api_keys()[0].id or 0),
        lambda: foreign.expel(visitor.sign_in_id),
    ]
    for refused in calls:
        with pytest.raises(NotFound):
            refused()
    assert len(members.members()) == 1
    assert desk.team_id != other_desk.team_id


def test_another_first_link_sends_nobody_away(access: Access, members: Members, desk: Desk) -> None:
    """A server without an owner is started again: who looks on goes on looking."""
    cookie, _ = join(access, members.make_link(role=Role.VIEWER))

    first, second = (access.first_link(desk.team_id) for _ in range(2))

    visitor = access.visitor(cookie)
    assert visitor is not None
    assert [place.role for place in visitor.places] == [Role.VIEWER]
    assert first is not None
    with pytest.raises(NotFound):
        access.invitation(first)
    assert access.invitation(second or "").role is Role.OWNER


class TestAClockThatIsSetBack:
    """Sixty days ahead, and right again: nobody stays longer than by a clock that was right all the time."""

    def test_a_link_lasts_from_the_next_visit(self, access: Access, members: Members, desk: Desk) -> None:
        """Whatever the wrong clock said; while it was wrong, nobody was forgotten."""
        cookie, _ = join(access, members.make_link(role=Role.VIEWER))
        desk.clock.advance(hours=60 * 24)
        access.forget()
        assert access.visitor(cookie) is None  # refused, not deleted
        new, _ = join(access, members.make_link(role=Role.VIEWER))
        desk.clock.advance(hours=-60 * 24)
        access.forget()
        for one in (cookie, new):
            visitor = access.visitor(one)
            assert visitor is not None
            assert visitor.until <= desk.clock() + SIGN_IN_LIFE

    def test_an_account_is_asked_again_in_time(self, access: Access, members: Members, desk: Desk) -> None:
        """What a provider has vouched for lasts as long as it would if it were vouched for now."""
        cookie, visitor = join(access, members.make_link(role=Role.VIEWER))
        ahead = desk.clock() + timedelta(days=60)
        with desk.database.writing() as session:
            sign_in = session.get_one(SignIn, visitor.sign_in_id)
            sign_in.subject, sign_in.created_at, sign_in.last_seen_at = "ada", ahead, ahead
            sign_in.expires_at = ahead + timedelta(hours=12)
        access.forget()
        found = access.visitor(cookie)
        assert found is not None
        assert found.until == desk.clock() + timedelta(hours=12)
