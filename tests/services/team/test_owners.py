"""Teams keep an owner, whichever way memberships end; and the way back in for a team that has none."""

import ast
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from dashboard.errors import DashboardError, InputRefused, NotFound, NotPermitted
from dashboard.models import SYSTEM, Action, Actor, JoinLink, Membership, Role
from dashboard.models.membership_rules import Identity, parse_rules
from dashboard.services.team.access import SIGN_IN_LIFE, Access
from dashboard.services.team.members import Members
from dashboard.services.team.owners import OWNER_LINK_LIFE, has_owner
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team.team_settings import TeamSettings
from tests.services.conftest import Desk, members_as
from tests.services.steady import housekeeping

ANN = Identity(issuer="https://id.example", subject="ann", name="Ann")
BOB = Identity(issuer="https://id.example", subject="bob", name="Bob")


def sign_on(desk: Desk, access: Access, rules: str = "*=team:viewer") -> SingleSignOn:
    """Single sign-on with some rules."""
    return SingleSignOn(
        database=desk.database,
        clock=desk.clock,
        access=access,
        rules=parse_rules(rules),
        life=timedelta(hours=12),
        state_key=b"k",
    )


def owner(access: Access, members: Members, name: str = "Olga", link: str = "") -> tuple[str, Actor]:
    """Somebody who joined as an owner: their cookie, and who they are."""
    link = link or members.make_link(role=Role.OWNER, label=name)
    cookie, _ = access.join(link, cookie=None, name=name, browser="")
    visitor = access.visitor(cookie)
    assert visitor is not None
    return cookie, visitor.actor(visitor.places[0])


def link_of(members: Members, label: str) -> int:
    """The ID of a link."""
    return next(link.id or 0 for link in members.links() if link.label == label)


def owned(desk: Desk) -> bool:
    """Whether somebody who is signed in owns the team."""
    with desk.database.reading() as session:
        return has_owner(session, desk.team_id, desk.clock())


def test_the_last_owner_stays(access: Access, members: Members, desk: Desk) -> None:
    """Signing out, revoking the link they came by, being sent away: each is refused and changes nothing."""
    cookie, olga = owner(access, members)
    theirs = members_as(desk, access, olga)
    ways: list[Callable[[], object]] = [
        lambda: access.sign_out(cookie),
        lambda: theirs.revoke_link(link_of(members, "Olga")),
        lambda: theirs.expel(olga.sign_in_id or 0),
        lambda: members.expel(olga.sign_in_id or 0),
    ]
    before = len(members.audit_log())
    for way in ways:
        with pytest.raises(InputRefused, match=r"only owner of “Team” cannot go\. Make another owner first"):
            way()
        access.forget()
        visitor = access.visitor(cookie)
        assert visitor is not None
        assert [place.role for place in visitor.places] == [Role.OWNER]
    assert len(members.audit_log()) == before
    assert all(link.revoked_at is None for link in members.links())


def test_every_owner_who_came_by_one_link(access: Access, members: Members, desk: Desk) -> None:
    """Revoking it would take away all of them at once; with one owner from elsewhere it is done."""
    link = members.make_link(role=Role.OWNER, label="shared")
    for name in ("Olga", "Otto"):
        owner(access, members, name, link)
    with pytest.raises(InputRefused, match="only owner"):
        members.revoke_link(link_of(members, "shared"))
    owner(access, members, "Oona")

    members.revoke_link(link_of(members, "shared"))

    assert [one.name for one in members.members()] == ["Oona"]
    assert owned(desk)


def test_another_owner_lets_them_go(access: Access, members: Members, desk: Desk) -> None:
    """Each way works while somebody else owns the team."""
    owner(access, members, "Keeper")
    cookie, _ = owner(access, members, "A")
    access.sign_out(cookie)
    owner(access, members, "B")
    members.revoke_link(link_of(members, "B"))
    _, third = owner(access, members, "C")
    members.expel(third.sign_in_id or 0)
    assert [one.name for one in members.members()] == ["Keeper"]
    assert owned(desk)


def test_an_owner_whose_time_is_over_keeps_nobody(access: Access, members: Members, desk: Desk) -> None:
    """They are still listed until they are tidied away, and cannot come back."""
    owner(access, members, "Away")
    desk.clock.advance(hours=SIGN_IN_LIFE.total_seconds() / 3600 + 1)
    cookie, _ = owner(access, members, "Here")

    with pytest.raises(InputRefused, match="only owner"):
        access.sign_out(cookie)


def test_time_is_not_refused(access: Access, members: Members, desk: Desk) -> None:
    """The last owner stays away: housekeeping goes on, and whoever runs the dashboard gets back in."""
    owner(access, members)
    desk.clock.advance(hours=SIGN_IN_LIFE.total_seconds() / 3600 + 1)
    housekeeping(desk).tidy()
    assert not owned(desk)

    owner(access, members, "Back", access.operators_link(desk.team_id))

    assert owned(desk)


def test_a_team_that_nobody_owns_is_left_alone(access: Access, members: Members) -> None:
    """At the first start there are no owners: viewers come and go."""
    cookie, _ = access.join(members.make_link(role=Role.VIEWER), cookie=None, name="Vic", browser="")
    access.join(members.make_link(role=Role.EDITOR, label="e"), cookie=None, name="Ed", browser="")
    access.sign_out(cookie)
    members.revoke_link(link_of(members, "e"))
    assert members.members() == []


def test_signing_out_keeps_an_owner_in_every_team(access: Access, members: Members, desk: Desk) -> None:
    """One team whose only owner they are is enough to be refused, and then they leave none of them."""
    owner(access, members, "Other")
    cookie, olga = owner(access, members)
    settings = TeamSettings(desk.scope(olga), forget=access.forget)
    settings.make_team("Scans")

    with pytest.raises(InputRefused, match="only owner of “Scans”"):
        access.sign_out(cookie)

    visitor = access.visitor(cookie)
    assert visitor is not None
    assert [place.team for place in visitor.places] == ["Scans", "Team"]


@pytest.mark.parametrize("way", ["expel", "sign out", "revoke"])
def test_two_owners_at_once(access: Access, members: Members, desk: Desk, way: str) -> None:
    """Each sends the other away, leaves, or ends the other's link, at the same moment: one of them stays."""
    for round_number in range(6):
        names = [f"{name} {round_number}" for name in ("A", "B")]
        both = [owner(access, members, name) for name in names]
        with desk.database.reading() as session:
            mine = session.exec(select(Membership).where(Membership.team_id == desk.team_id)).all()
        for other in {one.sign_in_id for one in mine} - {actor.sign_in_id for _, actor in both}:
            members.expel(other)  # the one who stayed in the round before
        start = threading.Barrier(2)

        def leave(
            number: int,
            both: list[tuple[str, Actor]] = both,
            names: list[str] = names,
            start: threading.Barrier = start,
        ) -> bool:
            (cookie, actor), (_, other) = both[number], both[1 - number]
            theirs = members_as(desk, access, actor)
            link_id = link_of(members, names[1 - number])
            start.wait()
            try:
                if way == "expel":
                    theirs.expel(other.sign_in_id or 0)
                elif way == "revoke":
                    theirs.revoke_link(link_id)
                else:
                    access.sign_out(cookie)
            except (InputRefused, NotPermitted):
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leave, range(2))) == [False, True]
        assert owned(desk)


def test_the_second_of_two_owners_waits_for_the_first(
    access: Access, members: Members, desk: Desk, other_desk: Desk
) -> None:
    """The lock is on the team: while one removal is not committed, another one of the team is not decided."""
    _, first = owner(access, members, "A")
    _, second = owner(access, members, "B")
    outcome: list[DashboardError | None] = []

    def expel_first() -> None:
        try:
            members_as(desk, access, second).expel(first.sign_in_id or 0)
        except DashboardError as error:
            outcome.append(error)
        else:
            outcome.append(None)

    with desk.database.writing() as session:
        ours = members_as(desk, access, first)
        with ours._keeping_an_owner(session, desk.clock()):
            session.exec(
                select(Membership).where(Membership.sign_in_id == second.sign_in_id)
            ).one().role = Role.VIEWER.value
            session.flush()
            other = threading.Thread(target=expel_first, daemon=True)
            other.start()
            other.join(0.3)
            assert other.is_alive()
    other.join(10)

    assert isinstance(outcome[0], NotPermitted)
    assert owned(desk)
    assert other_desk.team_id != desk.team_id


class TestAccounts:
    """What an account belongs to waits for it: its sign-ins may end, also the only owner's."""

    def made_by(self, desk: Desk, access: Access, cookie: str) -> str:
        """A team that somebody makes, and owns alone."""
        visitor = access.visitor(cookie)
        assert visitor is not None
        place = visitor.places[0]
        theirs = replace(desk.scope(visitor.actor(place)), team_id=place.team_id)
        return TeamSettings(theirs, forget=access.forget).make_team("Scans")

    def owner_of_two(self, desk: Desk, access: Access) -> tuple[SingleSignOn, str]:
        """Ann, who owns the team by a rule and another one alone, because she made it."""
        rules = sign_on(desk, access, "subject:ann=team:owner,*=team:viewer")
        cookie = rules.enter(ANN, cookie=None, browser="")
        self.made_by(desk, access, cookie)
        return rules, cookie

    def places(self, access: Access, cookie: str) -> dict[str, Role]:
        """Where somebody is in."""
        visitor = access.visitor(cookie)
        return {place.slug: place.role for place in visitor.places} if visitor else {}

    def test_signing_out_and_in_again(self, access: Access, desk: Desk) -> None:
        """The cookie is worth nothing in between, and an old page is nobody."""
        rules, cookie = self.owner_of_two(desk, access)
        visitor = access.visitor(cookie)
        assert visitor is not None
        old_page = members_as(desk, access, visitor.actor(visitor.places[0]))

        access.sign_out(cookie)

        assert access.visitor(cookie) is None
        with pytest.raises(NotPermitted):
            old_page.members()
        again = rules.enter(ANN, cookie=None, browser="")
        assert self.places(access, again) == {"team": Role.OWNER, "scans": Role.OWNER}

    def test_somebody_else_at_the_same_computer(self, access: Access, desk: Desk) -> None:
        """Their sign-in ends hers, and inherits nothing; her teams are hers when she comes back."""
        rules, cookie = self.owner_of_two(desk, access)

        bobs = rules.enter(BOB, cookie=cookie, browser="")

        assert access.visitor(cookie) is None
        assert self.places(access, bobs) == {"team": Role.VIEWER}
        again = rules.enter(ANN, cookie=None, browser="")
        assert self.places(access, again) == {"team": Role.OWNER, "scans": Role.OWNER}

    def test_nothing_is_left_over(self, access: Access, desk: Desk, members: Members) -> None:
        """Signing in and out again and again leaves one sign-in; a revoked link takes its team away meanwhile."""
        rules, cookie = self.owner_of_two(desk, access)
        link = members.make_link(role=Role.EDITOR, label="guests")
        for _ in range(3):
            access.sign_out(cookie)
            cookie = rules.enter(ANN, cookie=None, browser="")
        assert len(members.members()) == 1
        guest = access.join(link, cookie=None, name="Guest", browser="")[0]
        bob = rules.enter(BOB, cookie=guest, browser="", same_person=True)
        assert self.places(access, bob) == {"team": Role.EDITOR}
        access.sign_out(bob)
        members.revoke_link(link_of(members, "guests"))
        assert self.places(access, rules.enter(BOB, cookie=None, browser="")) == {"team": Role.VIEWER}

    def test_who_made_a_team_by_a_link_keeps_it_when_a_rule_names_it_later(
        self, access: Access, members: Members, desk: Desk
    ) -> None:
        """A rule decides about what rules gave, not about who owned the team before there was one."""
        cookie, _ = owner(access, members)
        self.made_by(desk, access, cookie)
        rules = sign_on(desk, access, "*=scans:viewer")

        after = rules.enter(ANN, cookie=cookie, browser="", same_person=True)

        assert self.places(access, after) == {"team": Role.OWNER, "scans": Role.OWNER}


class TestTheOperatorsLink:
    """``team owner-link``: back into a team, whoever owns it."""

    def test_works_once_for_a_day_and_is_logged(self, access: Access, members: Members, desk: Desk) -> None:
        """Also when there is an owner; nobody is sent away by another one."""
        _, olga = owner(access, members, "Olga", access.first_link(desk.team_id) or "")
        first, second = (access.operators_link(desk.team_id) for _ in range(2))
        with pytest.raises(NotFound):
            access.invitation(first)
        entry = members.audit_log(action=Action.LINK_MADE)[0]
        assert (entry.actor, entry.actor_kind) == (SYSTEM.name, SYSTEM.kind.value)
        assert entry.detail == {"role": "owner", "uses": 1}

        _, back = owner(access, members, "Back", second)

        with pytest.raises(NotFound):
            access.join(second, cookie=None, name="Eve", browser="")
        third = access.operators_link(desk.team_id)
        assert {one.sign_in_id for one in members.members()} == {olga.sign_in_id, back.sign_in_id}
        desk.clock.advance(hours=OWNER_LINK_LIFE.total_seconds() / 3600 + 1)
        with pytest.raises(NotFound):
            access.invitation(third)

    def test_ends_no_link_of_anybody_else(self, access: Access, members: Members, desk: Desk) -> None:
        """Links that owners made go on, and so do those of another team."""
        _, olga = owner(access, members)
        theirs = members_as(desk, access, olga).make_link(role=Role.OWNER, uses=1)
        access.operators_link(desk.team_id)
        assert access.invitation(theirs).role is Role.OWNER

    def test_an_account_that_can_come_back_needs_no_first_link(self, access: Access, desk: Desk) -> None:
        """At every start after its twelve hours a link for an owner would be printed otherwise."""
        sign_on(desk, access, "subject:ann=team:owner").enter(ANN, cookie=None, browser="")
        desk.clock.advance(hours=13)
        assert access.first_link(desk.team_id) is None
        with desk.database.reading() as session:
            assert session.exec(select(JoinLink)).all() == []


SERVICES = Path(__file__).parents[3] / "dashboard" / "services"
ENDINGS = {"expel", "revoke_link", "end_sign_in"}


def _unguarded(tree: ast.AST, *, guarded: bool = False) -> list[int]:
    """Lines where rows that are memberships end, outside a block that keeps an owner."""
    found = []
    for node in ast.iter_child_nodes(tree):
        inside = guarded
        if isinstance(node, ast.With):
            inside = guarded or any("keeping_an_owner" in ast.unparse(it) for it in node.items)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not guarded:
            called, on = node.func.attr, ast.unparse(node.func.value)
            found += [node.lineno] if on in ("rows", "access_rows", "access") and called in ENDINGS else []
        found += _unguarded(node, guarded=inside)
    return found


@pytest.mark.parametrize("file", sorted(SERVICES.rglob("*.py")), ids=lambda file: file.name)
def test_memberships_end_nowhere_else(file: Path) -> None:
    """A new way out has to keep an owner like the others: ``owners.end_sign_in``, or the block."""
    assert _unguarded(ast.parse(file.read_text(encoding="utf-8"))) == []


def test_this_test_sees_an_unguarded_ending() -> None:
    """Otherwise it would pass everything."""
    assert _unguarded(ast.parse("def f():\n    rows.expel(session=s)\n")) == [2]
    assert _unguarded(ast.parse("with a, keeping_an_owner(s):\n    rows.expel(session=s)\n")) == []
