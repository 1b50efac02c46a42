"""Two people of one name are told apart, the same way in the list of members and in the audit log, for ever."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from sqlmodel import select

from dashboard.models import SYSTEM, Action, Actor, AuditEntry, Role
from dashboard.models.membership_rules import Identity, parse_rules
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team.namesakes import Appearance, Namesakes
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team.team_export import TeamExport
from dashboard.unseen import as_seen
from tests.services.conftest import Desk, members_as

START = datetime(2026, 5, 1, tzinfo=UTC)


def seen(*names: str) -> list[str]:
    """What people are called who join in this order."""
    known = Namesakes(
        Appearance(name=name, person_id=number, account=None, since=START + timedelta(seconds=number))
        for number, name in enumerate(names, start=1)
    )
    return [known.called(name, number) for number, name in enumerate(names, start=1)]


class TestNames:
    """What counts as the same name, and what becomes of it."""

    def test_in_order_of_joining(self) -> None:
        """The first one keeps the bare name."""
        assert seen("Ada", "Eve", "Ada", "Ada") == ["Ada", "Eve", "Ada (2)", "Ada (3)"]

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param("ADA", id="case"),
            pytest.param(" Ada ", id="blanks"),
            pytest.param("\u3164Ada\u2800", id="fillers around"),
            pytest.param("A\u200bd\u2060a\ufeff", id="zero width"),
            pytest.param("Ada\ufe0f", id="variation selector"),
            pytest.param("Ad\u034fa", id="joiner"),
            pytest.param("\uff21\uff44\uff41", id="wide letters"),
            pytest.param("\U0001d400\U0001d41d\U0001d41a", id="bold letters"),
            pytest.param("A\u00adda", id="soft hyphen"),
            pytest.param("Ada\U000e0041", id="tags"),
        ],
    )
    def test_what_only_looks_the_same(self, other: str) -> None:
        """Is the same name, and gets the number."""
        assert seen("Ada", other) == ["Ada", f"{other} (2)"]

    @pytest.mark.parametrize(
        ("one", "other"), [("Ada", "Adä"), ("Ada L", "AdaL"), ("Ada", "Eda"), ("Straße", "Strase")]
    )
    def test_what_looks_different(self, one: str, other: str) -> None:
        """Is left as it was typed."""
        assert seen(one, other) == [one, other]

    def test_composed_and_not(self) -> None:
        """Two ways to write one letter, and sharp s in capitals."""
        assert seen("Zoë", "Zoe\u0308") == ["Zoë", "Zoe\u0308 (2)"]
        assert as_seen("STRASSE") == as_seen("Straße")

    def test_a_typed_number_is_nobody_elses(self) -> None:
        """Whoever typed it first has it; nobody gets the same one, before or after."""
        assert seen("Ada", "Ada (2)", "Ada") == ["Ada", "Ada (2)", "Ada (3)"]
        assert seen("Ada", "Ada", "ada (2)") == ["Ada", "Ada (2)", "ada (2) (2)"]
        assert len(set(seen("A", "A", "A (2)", "A (2) (2)", "A (2)", "A"))) == 6

    def test_one_account_in_two_browsers(self) -> None:
        """Is one person, also when their first sign-ins were forgotten in between."""
        known = Namesakes(
            Appearance(name="Ada", person_id=number, account=account, since=START + timedelta(seconds=number))
            for number, account in ((1, "i a"), (2, "i b"), (3, "i a"))
        )
        assert [known.called("Ada", number) for number in (1, 2, 3)] == ["Ada", "Ada (2)", "Ada"]
        assert known.meant("Ada") == {1, 3}
        assert known.meant(" ada (2)") == {2}
        assert known.meant("Ada (3)") == frozenset()

    def test_nobody_in_particular(self) -> None:
        """Keys, this machine and lines of long ago keep what is written there."""
        assert Namesakes([]).called("this machine", None) == "this machine"
        assert Namesakes([]).called("Ada", 7) == "Ada"


class Room:
    """A team with people in it."""

    def __init__(self, desk: Desk, access: Access, members: Members) -> None:
        self.desk, self.access, self.members = desk, access, members
        self.link = members.make_link(role=Role.OWNER, label="Front")

    def join(self, name: str = "Ada", *, cookie: str | None = None, members: Members | None = None) -> str:
        """Somebody joins a second later; as the same person with the cookie of before."""
        self.desk.clock.advance(seconds=1)
        link = self.link if members is None else members.make_link(role=Role.OWNER)
        return self.access.join(link, cookie=cookie, name=name, browser="", same_person=cookie is not None)[0]

    def actor(self, cookie: str) -> Actor:
        """Who they are in the team."""
        visitor = self.access.visitor(cookie)
        assert visitor is not None
        return visitor.actor(next(place for place in visitor.places if place.team_id == self.desk.team_id))

    def acts(self, cookie: str, label: str) -> None:
        """Write a line into the log in their name."""
        members_as(self.desk, self.access, self.actor(cookie)).make_key(label=label, role=Role.VIEWER)

    def listed(self) -> dict[int, str]:
        """The members as they are shown, by sign-in."""
        return {one.sign_in_id: one.called for one in self.members.members()}

    def called(self, cookie: str) -> str:
        """What one of them is shown as in the list of members."""
        return self.listed()[self.actor(cookie).sign_in_id or 0]

    def logged(self, label: str) -> str:
        """Whom the log shows for a key that was made."""
        known = self.members.namesakes()
        (entry,) = [it for it in self.members.audit_log(action=Action.KEY_MADE) if it.subject == label]
        return known.called(entry.actor, entry.person_id)


@pytest.fixture
def room(desk: Desk, access: Access, members: Members) -> Room:
    """The default team."""
    return Room(desk, access, members)


def test_members_and_log_agree(room: Room) -> None:
    """The same person has the same mark in both."""
    first, second = room.join(), room.join("\u3164ADA ")
    for cookie, label in ((first, "one"), (second, "two")):
        room.acts(cookie, label)
    assert [room.called(first), room.called(second)] == ["Ada", "\u3164ADA (2)"]
    assert [room.logged("one"), room.logged("two")] == ["Ada", "\u3164ADA (2)"]


def test_who_leaves_takes_their_mark_along(room: Room) -> None:
    """The second one stays the second one, and the next one is the third."""
    first, second = room.join(), room.join()
    room.acts(first, "before")
    room.members.expel(room.actor(first).sign_in_id or 0)
    assert room.called(second) == "Ada (2)"
    assert room.logged("before") == "Ada"
    assert room.called(room.join()) == "Ada (3)"


def test_joining_again_as_the_same_person(room: Room, other_desk: Desk) -> None:
    """Changes the sign-in, and nothing about who is who."""
    first, second = room.join(), room.join()
    room.acts(first, "before")
    again = room.join(cookie=first, members=members_as(other_desk, room.access, SYSTEM))
    again = room.join("Ada", cookie=again)
    room.acts(again, "after")
    assert [room.called(again), room.called(second)] == ["Ada", "Ada (2)"]
    assert [room.logged("before"), room.logged("after")] == ["Ada", "Ada"]


def test_a_name_cannot_be_taken_over(room: Room, other_desk: Desk) -> None:
    """Who was there longer, and calls themselves as somebody else does, here or in another team, gets the number."""
    for elsewhere in (None, members_as(other_desk, room.access, SYSTEM)):
        old, ada = room.join("Mallory"), room.join(f"Ada {elsewhere is None}")
        name = room.actor(ada).name
        renamed = room.join(name, cookie=old, members=elsewhere)
        room.acts(renamed, f"renamed {elsewhere is None}")
        assert [room.called(ada), room.called(renamed)] == [name, f"{name} (2)"]
        assert room.logged(f"renamed {elsewhere is None}") == f"{name} (2)"


def test_accounts(room: Room, desk: Desk, access: Access) -> None:
    """Two accounts of one name; each keeps its mark from one sign-in to the next."""
    rules = SingleSignOn(
        database=desk.database,
        clock=desk.clock,
        access=access,
        rules=parse_rules("*=team:owner"),
        life=timedelta(hours=12),
        state_key=b"k",
    )
    one, other = (Identity(issuer="https://id.example", subject=it, name="Ada") for it in "ab")
    for identity in (one, other, one):
        desk.clock.advance(hours=13)
        cookie = rules.enter(identity, cookie=None, browser="")
    access.forget()
    desk.clock.advance(hours=1)
    assert room.called(cookie) == "Ada"
    assert room.called(rules.enter(other, cookie=None, browser="")) == "Ada (2)"


def test_members_of_before(room: Room, desk: Desk) -> None:
    """Whom the log does not know yet counts from when they joined; a line of before keeps its bare name."""
    first, second = room.join(), room.join()
    with desk.database.writing() as session:
        for entry in session.exec(select(AuditEntry)):
            entry.person_id = entry.sign_in_id = None
    third = room.join()
    room.acts(second, "new")
    assert [room.called(cookie) for cookie in (first, second, third)] == ["Ada", "Ada (2)", "Ada (3)"]
    assert room.logged("new") == "Ada (2)"
    known = room.members.namesakes()
    joined = room.members.audit_log(action=Action.SIGNED_IN)
    assert [known.called(it.actor, it.person_id) for it in joined] == ["Ada (3)", "Ada", "Ada"]


def test_the_other_team_has_names_of_its_own(room: Room, other_desk: Desk) -> None:
    """Nobody learns from a number who is elsewhere."""
    room.join()
    elsewhere = members_as(other_desk, room.access, SYSTEM)
    room.join(members=elsewhere)
    assert [one.called for one in elsewhere.members()] == ["Ada"]


@pytest.mark.parametrize(
    ("who", "labels"),
    [
        ("ada", {"one", "two"}),
        ("Ada (2)", {"two"}),
        ("Ada (3)", set()),
        ("front", {"one", "two"}),
        ("pipe", {"three"}),
        ("%", set()),
    ],
)
def test_looking_for_somebody(room: Room, who: str, labels: set[str]) -> None:
    """By a part of the name, by the name as it is shown, and by what their link is called."""
    room.acts(room.join(), "one")
    room.acts(room.join(), "two")
    link = room.members.make_link(role=Role.OWNER, label="Pipe room")
    room.acts(room.access.join(link, cookie=None, name="Eve", browser="")[0], "three")
    found = room.members.audit_log(action=Action.KEY_MADE, actor=who)
    assert {entry.subject for entry in found} == labels


def test_looking_for_an_account(room: Room, desk: Desk) -> None:
    """By how it begins; the provider's address does not find everybody."""
    with desk.database.writing() as session:
        session.exec(select(AuditEntry)).one().account = "https://id.example auth0|4711"
    assert len(room.members.audit_log(actor="auth0|47")) == 1
    assert room.members.audit_log(actor="id.example") == []


def test_the_export(room: Room) -> None:
    """Says of each member and each line who it was."""
    first, second = room.join(), room.join()
    room.acts(second, "k")
    actor = room.actor(first)
    export = TeamExport(room.desk.scope(actor))
    archive = zipfile.ZipFile(BytesIO(b"".join(export.write())))
    lines = {
        name: [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]
        for name in ("members", "audit")
    }
    assert {(one["person_id"], one["called"]) for one in lines["members"]} == {
        (actor.person_id, "Ada"),
        (room.actor(second).person_id, "Ada (2)"),
    }
    (made,) = [it for it in lines["audit"] if it["action"] == Action.KEY_MADE.value]
    assert (made["person_id"], made["link"]) == (room.actor(second).person_id, "Front")
