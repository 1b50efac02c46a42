"""The audit log names people by what they cannot choose, whichever way they came and whatever becomes of it."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from dashboard.models import SYSTEM, Action, Actor, ActorKind, AuditEntry, Role
from dashboard.models.membership_rules import Identity, parse_rules
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team.team_settings import TeamSettings
from dashboard.store.audit import note
from tests.services.conftest import Desk, members_as

SOURCES = Path(__file__).parents[3] / "dashboard"
ISSUER = "https://id.example"


def joined(access: Access, link: str, name: str = "Ada", *, cookie: str | None = None) -> tuple[str, Actor]:
    """Somebody who took a link, as the same person when the browser is signed in: their cookie, and who they are."""
    cookie, slug = access.join(link, cookie=cookie, name=name, browser="", same_person=cookie is not None)
    return cookie, actor_of(access, cookie, slug)


def actor_of(access: Access, cookie: str, slug: str = "team") -> Actor:
    """Who a browser is in a team."""
    visitor = access.visitor(cookie)
    assert visitor is not None
    place = visitor.place(slug)
    assert place is not None
    return visitor.actor(place)


def sign_on(desk: Desk, access: Access) -> SingleSignOn:
    """Single sign-on that lets everybody in as a viewer, and Ann as an owner."""
    return SingleSignOn(
        database=desk.database,
        clock=desk.clock,
        access=access,
        rules=parse_rules("*=team:viewer,subject:ann=team:owner"),
        life=timedelta(hours=12),
        state_key=b"k",
    )


def latest(members: Members, action: Action) -> AuditEntry:
    """The newest line about something."""
    return members.audit_log(action=action, limit=1)[0]


def came_by(entry: AuditEntry) -> tuple[str | None, str | None, int | None]:
    """Link, account and key of a line."""
    return entry.link, entry.account, entry.key_id


class TestWhoItWas:
    """Everybody calls themselves the same."""

    def test_two_who_came_by_links(self, access: Access, members: Members, desk: Desk) -> None:
        """Each line says which link they came by and which sign-in it was, from the first one on."""
        actors = [
            joined(access, members.make_link(role=Role.OWNER, label=label))[1] for label in ("Front", "Back")
        ]
        for actor, label in zip(actors, ("Front", "Back"), strict=True):
            members_as(desk, access, actor).make_key(label="k", role=Role.VIEWER)
            entry = latest(members, Action.KEY_MADE)
            assert (entry.actor, entry.sign_in_id, entry.person_id) == (
                "Ada",
                actor.sign_in_id,
                actor.sign_in_id,
            )
            assert came_by(entry) == (label, None, None)
            assert entry.link_id == actor.link_id
        assert actors[0].sign_in_id != actors[1].sign_in_id
        back, front = members.audit_log(action=Action.SIGNED_IN)
        assert (front.sign_in_id, back.sign_in_id) == tuple(actor.sign_in_id for actor in actors)
        assert (front.link, back.link) == ("Front", "Back")

    def test_an_account(self, access: Access, members: Members, desk: Desk) -> None:
        """From the line about the sign-in on."""
        cookie = sign_on(desk, access).enter(
            Identity(issuer=ISSUER, subject="ann", name="Ada"), cookie=None, browser=""
        )
        entry = latest(members, Action.SIGNED_IN)
        actor = actor_of(access, cookie)
        assert came_by(entry) == (None, f"{ISSUER} ann", None)
        assert entry.sign_in_id == actor.sign_in_id
        members_as(desk, access, actor).make_key(label="k", role=Role.VIEWER)
        assert came_by(latest(members, Action.KEY_MADE)) == (None, f"{ISSUER} ann", None)

    def test_a_key_and_this_machine(self, access: Access, members: Members, desk: Desk) -> None:
        """A key by its number; the machine has nothing but its name."""
        held = access.key_holder(members.make_key(label="Ada", role=Role.EDITOR))
        assert held is not None
        theirs = Desk(database=desk.database, team_id=desk.team_id, clock=desk.clock, actor=held[1])
        theirs.intake.register([NewTask(task_id="by-a-key", trial=True)])
        entry = latest(members, Action.TASKS_REGISTERED)
        assert (entry.actor, entry.actor_kind) == ("Ada", ActorKind.KEY.value)
        assert came_by(entry) == (None, None, members.api_keys()[0].id)
        made = latest(members, Action.KEY_MADE)
        assert (made.actor, made.person_id, *came_by(made)) == (SYSTEM.name, None, None, None, None)

    def test_a_team_somebody_made(self, access: Access, members: Members, desk: Desk) -> None:
        """They came into it by nothing; the sign-in says who it was."""
        _, actor = joined(access, members.make_link(role=Role.OWNER))
        TeamSettings(desk.scope(actor), forget=access.forget).make_team("Scans")
        with desk.database.reading() as session:
            entry = session.exec(select(AuditEntry).where(AuditEntry.action == Action.TEAM_MADE.value)).one()
        assert entry.sign_in_id == actor.sign_in_id

    def test_leaving(self, access: Access, members: Members) -> None:
        """By the button, and because the browser joins as somebody else; the link is named though it is revoked."""
        link = members.make_link(role=Role.VIEWER, label="Front")
        leaving, first = joined(access, link)
        access.sign_out(leaving)
        entry = latest(members, Action.SIGNED_OUT)
        assert (entry.sign_in_id, entry.link) == (first.sign_in_id, "Front")
        replaced, second = joined(access, link)
        access.join(link, cookie=replaced, name="Ada", browser="")
        members.revoke_link(members.links()[0].id or 0)
        entry = latest(members, Action.SIGNED_OUT)
        assert (entry.sign_in_id, entry.link) == (second.sign_in_id, "Front")

    def test_who_and_what_was_sent_away(self, access: Access, members: Members) -> None:
        """The line says whose sign-in ended, and what the link and the key were called."""
        _, actor = joined(access, members.make_link(role=Role.VIEWER, label="Front"))
        members.expel(actor.sign_in_id or 0)
        members.make_key(label="script", role=Role.VIEWER)
        members.revoke_key(members.api_keys()[0].id or 0)
        members.revoke_link(members.links()[0].id or 0)
        assert latest(members, Action.SIGN_IN_REVOKED).subject == f"sign-in {actor.sign_in_id}, Ada"
        assert latest(members, Action.KEY_REVOKED).subject.endswith(", script")
        assert latest(members, Action.LINK_REVOKED).subject.endswith(", Front")


class TestTheSamePerson:
    """A person's first sign-in is kept, however often they join."""

    def test_by_link(self, access: Access, members: Members, desk: Desk, other_desk: Desk) -> None:
        """Under another name and in another team they are still told apart from everybody else."""
        cookie, first = joined(access, members.make_link(role=Role.EDITOR))
        elsewhere = members_as(other_desk, access, SYSTEM)
        cookie, there = joined(access, elsewhere.make_link(role=Role.OWNER), "Eve", cookie=cookie)
        _, third = joined(access, members.make_link(role=Role.OWNER), "Ada", cookie=cookie)
        assert len({first.sign_in_id, there.sign_in_id, third.sign_in_id}) == 3
        assert {first.person_id, there.person_id, third.person_id} == {first.sign_in_id}
        members_as(desk, access, third).make_key(label="k", role=Role.VIEWER)
        assert latest(members, Action.KEY_MADE).person_id == first.sign_in_id

    def test_somebody_else_at_the_same_browser(self, access: Access, members: Members) -> None:
        """Is nobody's continuation."""
        link = members.make_link(role=Role.VIEWER)
        cookie, first = joined(access, link)
        cookie, slug = access.join(link, cookie=cookie, name="Ada", browser="")
        second = actor_of(access, cookie, slug)
        assert second.person_id == second.sign_in_id != first.person_id

    def test_by_account(self, access: Access, desk: Desk) -> None:
        """In two browsers, and after signing out of both."""
        identity = Identity(issuer=ISSUER, subject="bob", name="Bob")
        rules = sign_on(desk, access)
        cookies = [rules.enter(identity, cookie=None, browser="") for _ in range(2)]
        people = {actor_of(access, cookie).person_id for cookie in cookies}
        for cookie in cookies:
            access.sign_out(cookie)
        people.add(actor_of(access, rules.enter(identity, cookie=None, browser="")).person_id)
        assert len(people) == 1

    def test_from_a_link_to_an_account(self, access: Access, members: Members, desk: Desk) -> None:
        """The browser's sign-in goes on as the account's."""
        cookie, first = joined(access, members.make_link(role=Role.EDITOR))
        bob = Identity(issuer=ISSUER, subject="bob")
        after = sign_on(desk, access).enter(bob, cookie=cookie, browser="", same_person=True)
        actor = actor_of(access, after)
        assert (actor.person_id, actor.account) == (first.sign_in_id, f"{ISSUER} bob")
        assert actor.link == "For editors"


def test_everything_an_actor_is_known_by_is_written(desk: Desk) -> None:
    """One place writes the log: what it knows of an actor is in the line."""
    actor = Actor(
        kind=ActorKind.PERSON,
        name="Ada",
        role=Role.VIEWER,
        sign_in_id=4,
        person_id=2,
        link_id=3,
        link="Front",
        account="a b",
        key_id=5,
    )
    with desk.database.writing() as session:
        note(session=session, team_id=desk.team_id, actor=actor, action=Action.TASK_CHANGED, now=desk.clock())
    with desk.database.reading() as session:
        entry = session.exec(select(AuditEntry)).one()
    for name in set(Actor.__slots__) - {"kind", "name", "role"}:
        assert getattr(entry, name) == getattr(actor, name), name


@pytest.mark.parametrize("kind", ["PERSON", "KEY"])
def test_actors_are_made_in_one_place(kind: str) -> None:
    """Elsewhere, what they are known by would be forgotten."""
    made = [
        file.relative_to(SOURCES).as_posix()
        for file in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == kind and ast.unparse(node.value) == "ActorKind"
    ]
    assert made == [{"PERSON": "services/team/visitors.py", "KEY": "services/team/access.py"}[kind]]


def test_a_member_of_before(access: Access, members: Members, desk: Desk) -> None:
    """Somebody who joined before the log knew such things is named from now on."""
    cookie, actor = joined(access, members.make_link(role=Role.OWNER, label="Front"))
    with desk.database.writing() as session:
        for entry in session.exec(select(AuditEntry)):
            for name in ("sign_in_id", "person_id", "link_id", "link"):
                setattr(entry, name, None)
    access.forget()
    members_as(desk, access, actor_of(access, cookie)).make_key(label="k", role=Role.VIEWER)
    entry = latest(members, Action.KEY_MADE)
    assert (entry.sign_in_id, entry.person_id, entry.link) == (actor.sign_in_id, actor.sign_in_id, "Front")
