"""A name has something to see in it, wherever one is needed."""

from datetime import timedelta

import pytest
from sqlmodel import select

from dashboard.errors import InputRefused
from dashboard.models import Role, SignIn
from dashboard.models.membership_rules import Identity, parse_rules
from dashboard.services.labels import clean_label, typed_label
from dashboard.services.library.saved_views import Place, SavedViews
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team.access import MAX_NAME, Access
from dashboard.services.team.members import Members
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team.team_settings import TeamSettings
from tests.services.conftest import Desk

UNSEEN = {
    "nothing": "",
    "blanks": " \t\n\u3000\u00a0\u2009",
    "zero width": "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff",
    "soft hyphen": "\u00ad",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Braille blank": "\u2800",
    "marks alone": "\u0301\u0308\u20dd",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "tags": "\U000e0041\U000e0064\U000e0061",
    "Mongolian separators": "\u180b\u180e",
    "Khmer vowels that are none": "\u17b4\u17b5",
    "grapheme joiner": "\u034f",
    "directions": "\u202e\u2066\u2069\u061c",
    "musical blank": "\U0001d159",
    "private use and controls": "\ue000\x00\x7f\x9f",
    "all of it": " \u3164\u200b\u0301\u2800\ufe0f ",
    "something only beyond what is kept": "\u3164" * 300 + "Ada",
}


@pytest.fixture(params=list(UNSEEN.values()), ids=list(UNSEEN))
def unseen(request: pytest.FixtureRequest) -> str:
    """A name that nobody can see."""
    return str(request.param)


@pytest.mark.parametrize(
    "name", ["Ada", "李", "می‌خواهم", "é", "e\u0301", "❤️", "👩‍💻", "ᄀ", "한", "-", "№", "\u3164Ada"]
)
def test_names_of_the_world(name: str) -> None:
    """Whatever shows something is a name, in every script."""
    assert clean_label(name) != ""


KEPT = {
    "Persian": "می\u200cخواهم",  # noqa: RUF001 - such letters are what it is about
    "Persian, with a joiner at the end": "۱۴۰۲ ه\u200d",  # noqa: RUF001 - the same
    "Hindi": "क्\u200dष क्\u200cष",
    "Sinhala": "ශ්\u200dරී",
    "Mongolian": "ᠠᠯᠲᠠᠨ\u180eᠠ",
    "a family": "👨\u200d👩\u200d👧\u200d👦 Smith",
    "a coder with a tone": "👩🏽\u200d💻",
    "a heart on fire": "❤️\u200d🔥",
    "a couple": "👩\u200d❤️\u200d👨",
    "a keycap": "1️⃣",
    "the flag of Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Edinburgh",
    "a flag of two letters": "🇺🇦",
    "a form of a character": "葛\U000e0100城",
    "an emoji of a later year": "\U0001faea",
    "Hebrew with a mark of direction": "א\u200f(1)",
    "an Arabic sign around a number": "\u06dd١ سورة",  # noqa: RUF001 - the same
}


@pytest.mark.parametrize("label", KEPT.values(), ids=KEPT)
def test_what_means_something_is_kept(label: str, desk: Desk) -> None:
    """Joiners, selectors and tags that make letters and pictures what they are."""
    assert clean_label(label) == label
    registered = desk.intake.register([NewTask(task_id="task-1", trial=True, label=label)])
    assert [desk.task(ref).label for ref in registered.registered.values()] == [label]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("in\u202evoice\u202c", "invoice", id="overrides of direction"),
        pytest.param("in\u2066voice\u2069", "invoice", id="isolated directions"),
        pytest.param("a\u200bb\u2060c\ufeffd\u00ade", "abcde", id="without width"),
        pytest.param("A\u200dd\u200ca", "Ada", id="joiners that join nothing"),
        pytest.param("ب\u200c\u200d\u200cب", "ب\u200cب", id="joiners in a row"),
        pytest.param("Ada\U000e0041\U000e0042", "Ada", id="hidden letters"),
        pytest.param("🏴" + "\U000e0061" * 20 + "\U000e007f", "🏴", id="hidden letters behind a flag"),
        pytest.param("Ada\u200e\u200f", "Ada", id="marks of direction in English"),
        pytest.param("a\tb\u2028c\u00a0d\x00e", "a b c d e", id="blanks and controls"),
    ],
)
def test_what_means_nothing_goes(typed: str, kept: str) -> None:
    """Without a trace, and without a blank where there was none to see."""
    assert clean_label(typed) == kept


@pytest.mark.parametrize(
    "picture",
    ["👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d💻", KEPT["the flag of Scotland"][:7], "🇺🇦", "e\u0301", "❤️"],
)
@pytest.mark.parametrize("before", range(8))
def test_cut_between_pictures(picture: str, before: int) -> None:
    """A long label ends with a whole one."""
    rest = clean_label("x" * before + picture * 100, most=100).removeprefix("x" * before)
    assert rest == picture * (len(rest) // len(picture))
    assert len(rest) > 80 - before


def test_a_pile_of_marks_is_cut() -> None:
    """Wherever it is; it is not lost for being one letter."""
    assert len(clean_label("e" + "\u0301" * 300)) == 200


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e"])
def test_a_secret_in_pieces(unseen: str) -> None:
    """Is none the less one."""
    secret = f"odk_{unseen}abcdefghijkl{unseen}mnopqrstuvwx"
    assert "abcdefghijkl" not in clean_label(f"Scan {secret}")
    with pytest.raises(InputRefused, match="holds a secret"):
        typed_label(f"Scan {secret}")


def test_nothing_to_see_is_nothing(unseen: str) -> None:
    """However long it is."""
    assert clean_label(unseen) == ""


class TestJoining:
    """By a team URL."""

    def test_without_a_name(self, access: Access, members: Members, desk: Desk, unseen: str) -> None:
        """Is refused with what to do; nobody is in, and the link is as unused as before."""
        link = members.make_link(role=Role.VIEWER, uses=1)
        with pytest.raises(InputRefused, match="Say what the team should call you"):
            access.join(link, cookie=None, name=unseen, browser="")
        assert [(one.uses, one.uses_left) for one in members.links()] == [(0, 1)]
        with desk.database.reading() as session:
            assert session.exec(select(SignIn)).all() == []
        access.join(link, cookie=None, name="Ada", browser="")

    def test_a_name_that_is_cut(self, access: Access, members: Members) -> None:
        """What is kept of it has to be seen, not what was sent."""
        with pytest.raises(InputRefused):
            access.join(
                members.make_link(role=Role.VIEWER), cookie=None, name="\u3164" * MAX_NAME + "Ada", browser=""
            )

    def test_the_same_person_keeps_their_name(self, access: Access, members: Members, unseen: str) -> None:
        """Also when something unseen was typed over it."""
        link = members.make_link(role=Role.VIEWER)
        cookie, _ = access.join(link, cookie=None, name="Ada", browser="")
        cookie, _ = access.join(link, cookie=cookie, name=unseen, browser="", same_person=True)
        visitor = access.visitor(cookie)
        assert visitor is not None
        assert visitor.name == "Ada"

    @pytest.mark.parametrize("cookie", [None, "forged.x"])
    def test_the_same_as_nobody(self, access: Access, members: Members, cookie: str | None) -> None:
        """Has no name to keep."""
        with pytest.raises(InputRefused):
            access.join(
                members.make_link(role=Role.VIEWER), cookie=cookie, name="", browser="", same_person=True
            )

    @pytest.mark.parametrize("stored", ["", "\u3164"])
    def test_who_joined_without_a_name_before(
        self, access: Access, members: Members, desk: Desk, stored: str
    ) -> None:
        """Is somebody, goes on, and says a name when joining again."""
        link = members.make_link(role=Role.VIEWER)
        cookie, _ = access.join(link, cookie=None, name="Ada", browser="")
        with desk.database.writing() as session:
            session.exec(select(SignIn)).one().name = stored
        access.forget()
        visitor = access.visitor(cookie)
        assert visitor is not None
        assert visitor.actor(visitor.places[0]).name == "somebody"
        with pytest.raises(InputRefused):
            access.join(link, cookie=cookie, name="", browser="", same_person=True)
        assert access.visitor(cookie) is not None


@pytest.mark.parametrize(
    ("known", "called"),
    [
        pytest.param({"name": "\u3164"}, "4711", id="account"),
        pytest.param({"name": "\u200b", "email": "ann@example.org"}, "ann@example.org", id="address"),
        pytest.param({"name": "Ann"}, "Ann", id="name"),
        pytest.param({"subject": "\u2800"}, "somebody", id="nothing at all"),
    ],
)
def test_single_sign_on(access: Access, desk: Desk, known: dict[str, str], called: str) -> None:
    """Nobody is asked there: an account without a name is called by its address, or by what it is."""
    rules = SingleSignOn(
        database=desk.database,
        clock=desk.clock,
        access=access,
        rules=parse_rules("*=team:viewer"),
        life=timedelta(hours=12),
        state_key=b"k",
    )
    identity = Identity(**{"issuer": "https://id.example", "subject": "4711", **known})  # type: ignore[arg-type]
    visitor = access.visitor(rules.enter(identity, cookie=None, browser=""))
    assert visitor is not None
    assert visitor.name == called


def test_teams_keys_and_views(members: Members, desk: Desk, access: Access, unseen: str) -> None:
    """What needs a name is refused without one, and nothing has changed."""
    settings = TeamSettings(desk.scope(), forget=access.forget)
    with pytest.raises(InputRefused, match="A team needs a name"):
        settings.change(name=unseen, keep_days=None)
    with pytest.raises(InputRefused, match="A team needs a name"):
        settings.make_team(unseen)
    with pytest.raises(InputRefused, match="A key needs a label"):
        members.make_key(label=unseen, role=Role.VIEWER)
    with pytest.raises(InputRefused):
        SavedViews(desk.scope()).save(Place.LIBRARY, unseen, "tag=paid")
    assert settings.team().name == "Team"
    assert list(members.api_keys()) == []


def test_links_and_tokens(members: Members, desk: Desk, unseen: str) -> None:
    """What can do without gets a label of ours; a task has none."""
    members.make_link(role=Role.VIEWER, label=unseen)
    desk.credentials.add(label=unseen, access_token="a-token-that-is-long-enough")
    registered = desk.intake.register([NewTask(task_id="task-1", trial=True, label=unseen)])
    assert [link.label for link in members.links()] == ["For viewers"]
    assert desk.stored_tokens()[0].label.startswith("Token …")
    assert [desk.task(ref).label for ref in registered.registered.values()] == [""]
