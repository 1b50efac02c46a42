"""Tokens: taken in from whatever people paste, kept secret, told apart, replaced and removed."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import structlog

from dashboard import logs
from dashboard.errors import DashboardError, InputRefused, NotFound
from dashboard.models import SANDBOX_URL, Origin, ParkReason, State
from dashboard.services.credentials.credential_views import Health
from dashboard.services.credentials.pasted_secrets import MAX_TOKEN, clean_token
from dashboard.services.tasks.intake import NewTask
from dashboard.store import audit, teams
from dashboard.store import credentials as rows
from tests.services.conftest import SERVICE, Desk

TOKEN = "eyJhbGciOiJSUzI1NiJ9.planted-body.planted-signature-wxyz"


def jwt(expires_at: datetime) -> str:
    """A token that says when it ends."""
    parts = [{"alg": "RS256"}, {"exp": int(expires_at.timestamp()), "client_id": "planted"}]
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.planted-signature"


def pause(desk: Desk, credential_id: int, reason: ParkReason = ParkReason.TOKEN_REJECTED) -> None:
    """Pause a token as the poller does after the service has refused it."""
    with desk.database.writing() as session:
        rows.pause(
            session=session,
            team_id=desk.team_id,
            credential_id=credential_id,
            reason=reason,
            detail="The service says: Unauthorized.",
            until=desk.clock() + timedelta(days=365),
            now=desk.clock(),
        )


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param(TOKEN, id="bare"),
        pytest.param(f"  {TOKEN}\n", id="blanks around"),
        pytest.param(f'"{TOKEN}"', id="quotes"),
        pytest.param(f"'{TOKEN}',", id="quotes and a comma"),
        pytest.param(f"`{TOKEN}`", id="backticks"),
        pytest.param(f"Bearer {TOKEN}", id="Bearer"),
        pytest.param(f"bearer   {TOKEN}", id="bearer"),
        pytest.param(f"Bearer\n{TOKEN}", id="Bearer on a line of its own"),
        pytest.param(f'"Bearer {TOKEN}"', id="quoted Bearer"),
        pytest.param(f"Authorization: Bearer {TOKEN}", id="header"),
        pytest.param(f"'authorization:bearer {TOKEN}'", id="quoted header"),
        pytest.param(f"{TOKEN[:20]}\n{TOKEN[20:40]}\n{TOKEN[40:]}", id="wrapped"),
        pytest.param(f"{TOKEN[:20]}\r\n{TOKEN[20:40]}\r\n{TOKEN[40:]}\r\n", id="wrapped with CRLF"),
        pytest.param(f"{TOKEN[:20]}\n    {TOKEN[20:]}", id="wrapped and indented"),
        pytest.param(f"\ufeff{TOKEN[:9]}\u200b{TOKEN[9:]}", id="invisible characters"),
        pytest.param(json.dumps({"access_token": TOKEN, "expires_in": 3600}), id="JSON answer"),
        pytest.param(
            json.dumps({"token_type": "Bearer", "access_token": TOKEN}, indent=2), id="pretty JSON answer"
        ),
        pytest.param(f'{{"access_token":"{TOKEN}","expires_in":36', id="JSON answer that was cut"),
    ],
)
def test_a_token_is_found_in_what_was_pasted(pasted: str) -> None:
    """Whatever was copied along with it."""
    assert clean_token(pasted) == TOKEN


OPAQUE = "an-opaque-token-without-an-end"


@pytest.mark.parametrize(
    ("pasted", "seconds"),
    [
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": 3600}), 3600, id="number"),
        pytest.param(json.dumps({"expires_in": 86400, "access_token": OPAQUE}, indent=2), 86400, id="first"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": "3599"}), 3599, id="text"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": 3600.0}), 3600, id="float"),
        pytest.param(f"'{json.dumps({'access_token': OPAQUE, 'expires_in': 60})}'", 60, id="quoted"),
        pytest.param(f'{{"access_token":"{OPAQUE}","expires_in":36', None, id="cut in the number"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": 0}), None, id="zero"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": -5}), None, id="negative"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": 10**12}), None, id="for ever"),
        pytest.param(json.dumps({"access_token": OPAQUE, "expires_in": None}), None, id="null"),
        pytest.param(json.dumps({"access_token": OPAQUE}), None, id="not said"),
        pytest.param(f"Bearer {OPAQUE}", None, id="no answer"),
    ],
)
def test_the_end_of_an_opaque_token(desk: Desk, pasted: str, seconds: int | None) -> None:
    """Is what the answer said that it was pasted with, in a new entry and in one that is there."""
    ends = None if seconds is None else desk.clock() + timedelta(seconds=seconds)
    view, _ = desk.credentials.add(label="Opaque", access_token=pasted)
    assert (view.expires_at, view.hint) == (ends, "-end")

    other, _ = desk.credentials.add(label="Other", access_token="another-opaque-token")
    desk.credentials.remove(view.id)
    assert desk.credentials.replace(other.id, access_token=pasted).expires_at == ends


def test_a_token_knows_its_end_better_than_the_answer(desk: Desk) -> None:
    """What it says itself counts."""
    ends = desk.clock() + timedelta(minutes=10)
    answer = json.dumps({"access_token": jwt(ends), "expires_in": 86_400})
    view, _ = desk.credentials.add(label="JWT", access_token=answer)
    assert view.expires_at == ends


def test_the_log_names_tokens_without_a_label(desk: Desk) -> None:
    """Registered, renamed, removed: by what they are called on their cards."""
    view, _ = desk.credentials.add(label="", access_token=OPAQUE)
    desk.credentials.replace(view.id, access_token="another-opaque-token")
    desk.credentials.remove(view.id)
    with desk.database.reading() as session:
        log = audit.page(session=session, team_id=desk.team_id)
    assert [entry.subject for entry in log] == [
        f"token {view.id}, Token …-end",
        "Token …-end: new secret",
        "Token …-end",
    ]


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        pytest.param("", "Paste", id="nothing"),
        pytest.param(' "" \n', "Paste", id="quotes around nothing"),
        pytest.param("Bearer ", "no blanks|Paste|too short", id="Bearer of nothing"),
        pytest.param("planted", "too short", id="short"),
        pytest.param("planted planted planted", "no blanks", id="blanks"),
        pytest.param("planted\u00e9planted-planted", "no special letters", id="letters"),
        pytest.param("planted\x00planted-planted", "no special letters", id="NUL"),
        pytest.param('{"error":"invalid_client planted"}', "no blanks", id="another JSON answer"),
        pytest.param("p" * (MAX_TOKEN + 1), "too long", id="long"),
        pytest.param("p\n" * 1_000_000, "too long", id="a whole book"),
        pytest.param('{"' * 1_000_000, "too long", id="hostile"),
    ],
)
def test_what_is_no_token_is_refused(pasted: str, words: str) -> None:
    """With a sentence that never repeats it."""
    with pytest.raises(InputRefused, match=words) as refused:
        clean_token(pasted)

    assert "planted" not in str(refused.value)


def test_a_token_is_stored_encrypted(desk: Desk) -> None:
    """People and scripts see everything but the secret."""
    view, new = desk.credentials.add(label=" Archive ", access_token=f"Bearer {TOKEN}")
    (stored,) = desk.stored_tokens()

    assert new
    assert (view.label, view.api_url, view.hint, view.health) == ("Archive", SERVICE, "wxyz", Health.READY)
    assert desk.box.decrypt(stored.secret) == TOKEN
    assert TOKEN not in stored.secret
    assert "planted" not in stored.fingerprint
    assert desk.wakes == 1


def test_a_token_without_a_label_goes_by_its_end(desk: Desk) -> None:
    """So that two of them can be told apart."""
    assert desk.credentials.add(label=" ", access_token=TOKEN)[0].label == "Token …wxyz"


def test_the_same_token_twice_is_recognised(desk: Desk) -> None:
    """In whatever dress; another service or another team is another matter."""
    first, _ = desk.credentials.add(label="one", access_token=TOKEN)
    again, new = desk.credentials.add(label="two", access_token=f'"Bearer {TOKEN}"')

    assert (again.id, again.label, new) == (first.id, "one", False)
    assert desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")[1]
    assert len(desk.credentials.all()) == 2


def test_teams_do_not_see_each_others_tokens(desk: Desk, other_desk: Desk) -> None:
    """Neither in lists nor by number."""
    view, _ = desk.credentials.add(label="", access_token=TOKEN)

    assert other_desk.credentials.all() == []
    with pytest.raises(NotFound):
        other_desk.credentials.get(view.id)
    with pytest.raises(NotFound):
        other_desk.credentials.replace(view.id, access_token=f"{TOKEN}-2")
    other_desk.credentials.remove(view.id)
    assert len(desk.credentials.all()) == 1


class TestOrphans:
    """Open tasks that need a token and have none."""

    def test_the_first_token_adopts_them(self, desk: Desk) -> None:
        """They are due at once and parked no more; others are left alone."""
        entries = [
            NewTask(task_id="orphan-01"),
            NewTask(task_id="trial-001", trial=True),
            NewTask(task_id="elsewhere-1", api_url=SANDBOX_URL, origin=Origin.SAMPLE),
        ]
        refs = desk.intake.register(entries).registered
        desk.change(refs["orphan-01"], parked=ParkReason.TOKEN_MISSING.value, parked_since=desk.clock())
        later = desk.clock.advance(hours=1)
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        orphan = desk.task(refs["orphan-01"])

        assert (orphan.credential_id, orphan.parked, orphan.next_poll_at) == (view.id, None, later)
        assert desk.task(refs["trial-001"]).credential_id is None
        assert desk.task(refs["elsewhere-1"]).credential_id is None
        assert (desk.credentials.get(view.id).tasks, desk.credentials.get(view.id).open_tasks) == (1, 1)

    def test_removing_a_token_leaves_its_tasks_due(self, desk: Desk) -> None:
        """They are asked about without one, so the poller parks them and says why; results stay."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        refs = desk.intake.register([NewTask(task_id="open-0001"), NewTask(task_id="done-0001")]).registered
        desk.change(refs["open-0001"], next_poll_at=desk.clock() + timedelta(minutes=15))
        desk.change(refs["done-0001"], state=State.COMPLETED.value, next_poll_at=None)
        pause(desk, view.id)
        desk.credentials.remove(view.id)
        orphan, done = desk.task(refs["open-0001"]), desk.task(refs["done-0001"])

        assert desk.credentials.all() == []
        assert (orphan.credential_id, orphan.next_poll_at, orphan.state) == (None, desk.clock(), "pending")
        assert (done.credential_id, done.next_poll_at, done.state) == (None, None, "completed")

    def test_the_next_token_takes_them_over(self, desk: Desk) -> None:
        """Also one that was registered before: it is pasted again."""
        first, _ = desk.credentials.add(label="", access_token=TOKEN)
        second, _ = desk.credentials.add(label="", access_token=f"{TOKEN}-2")
        refs = desk.intake.register([NewTask(task_id="open-0001", credential_id=first.id)]).registered
        desk.credentials.remove(first.id)
        desk.credentials.add(label="", access_token=f"{TOKEN}-2")

        assert desk.task(refs["open-0001"]).credential_id == second.id


class TestReplacing:
    """Pasting a new token into the same entry."""

    def test_the_pause_is_over(self, desk: Desk) -> None:
        """Its tasks are due at once, and its health starts anew."""
        view, _ = desk.credentials.add(label="Archive", access_token=TOKEN)
        refs = desk.intake.register([NewTask(task_id="open-0001")]).registered
        desk.change(refs["open-0001"], next_poll_at=desk.clock() + timedelta(minutes=15))
        pause(desk, view.id)
        assert desk.credentials.get(view.id).health is Health.REJECTED
        replaced = desk.credentials.replace(view.id, access_token=f"{TOKEN}-2345")

        assert (replaced.id, replaced.label, replaced.hint) == (view.id, "Archive", "2345")
        assert (replaced.health, replaced.paused_until) == (Health.READY, None)
        assert desk.task(refs["open-0001"]).next_poll_at == desk.clock()
        assert desk.box.decrypt(desk.stored_tokens()[0].secret) == f"{TOKEN}-2345"

    def test_not_by_one_that_is_there_already(self, desk: Desk) -> None:
        """The sentence names the other entry."""
        desk.credentials.add(label="Archive", access_token=TOKEN)
        second, _ = desk.credentials.add(label="", access_token=f"{TOKEN}-2")

        with pytest.raises(InputRefused, match="“Archive”"):
            desk.credentials.replace(second.id, access_token=TOKEN)
        assert desk.credentials.replace(second.id, access_token=f"{TOKEN}-2").id == second.id

    def test_not_one_that_is_gone(self, desk: Desk) -> None:
        """Somebody else removed it meanwhile."""
        with pytest.raises(NotFound):
            desk.credentials.replace(4711, access_token=TOKEN)


@pytest.mark.parametrize(
    ("reason", "over"), [(ParkReason.TOKEN_REJECTED, True), (ParkReason.RATE_LIMITED, False)]
)
def test_pasting_a_refused_token_again_gives_it_another_chance(
    desk: Desk, reason: ParkReason, *, over: bool
) -> None:
    """Somebody believes that it works; a rate limit is not theirs to lift."""
    view, _ = desk.credentials.add(label="", access_token=TOKEN)
    pause(desk, view.id, reason)
    again, new = desk.credentials.add(label="", access_token=TOKEN)

    assert not new
    assert (again.paused_until is None) is over


class TestHealth:
    """How a token stands, in words."""

    def test_rejected(self, desk: Desk) -> None:
        """With what the service said."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        pause(desk, view.id)
        rejected = desk.credentials.get(view.id)

        assert (rejected.health, rejected.detail) == (Health.REJECTED, "The service says: Unauthorized.")

    def test_rate_limited_and_over(self, desk: Desk) -> None:
        """A pause ends by itself."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        pause(desk, view.id, ParkReason.RATE_LIMITED)
        assert desk.credentials.get(view.id).health is Health.RATE_LIMITED

        desk.clock.advance(hours=24 * 366)
        assert (desk.credentials.get(view.id).health, desk.credentials.get(view.id).detail) == (
            Health.READY,
            "",
        )

    def test_expired_by_its_own_word(self, desk: Desk) -> None:
        """The token says when it ends; one that does not say is not expired."""
        ends = desk.clock() + timedelta(hours=1)
        view, _ = desk.credentials.add(label="", access_token=jwt(ends))
        assert (view.health, view.expires_at) == (Health.READY, ends)

        desk.clock.advance(hours=1)
        assert desk.credentials.get(view.id).health is Health.EXPIRED

    def test_working(self, desk: Desk) -> None:
        """The service has answered a call that was made with it."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        with desk.database.writing() as session:
            credential = rows.get(session=session, team_id=desk.team_id, credential_id=view.id)
            assert credential is not None
            credential.last_success_at = desk.clock()

        assert desk.credentials.get(view.id).health is Health.WORKING


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged during one test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="debug", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_the_secret_is_nowhere_to_be_seen(desk: Desk, log: io.StringIO) -> None:
    """Not in views, representations, messages or the log, whatever is done with it."""
    seen: list[object] = []
    view, _ = desk.credentials.add(label="Archive", access_token=TOKEN)
    seen += [view, desk.credentials.add(label="", access_token=TOKEN), desk.credentials.all()]
    refs = desk.intake.register([NewTask(task_id="open-0001")]).registered
    seen += [desk.tasks.detail(refs["open-0001"]), desk.stored_tokens(), desk.box]
    for pasted in (f"{TOKEN} {TOKEN}", f"{TOKEN}\u00e9"):
        with pytest.raises(DashboardError) as refused:
            desk.credentials.replace(view.id, access_token=pasted)
        seen.append(refused.value)
    desk.tasks.cancel([refs["open-0001"]])
    desk.credentials.remove(view.id)

    assert "planted" not in "".join(map(repr, seen))
    assert "planted" not in log.getvalue()
    assert "credential.added" in log.getvalue()
    assert desk.api.tokens_for("open-0001") == [TOKEN]
    assert "planted" not in repr(desk.api.calls)


@pytest.mark.parametrize("url", ["ftp://x.example", "https://user:planted@x.example", "x"])
def test_a_service_url_that_cannot_be_is_refused(desk: Desk, url: str) -> None:
    """In a sentence, without repeating it."""
    with pytest.raises(InputRefused, match="service URL") as refused:
        desk.credentials.add(label="", access_token=TOKEN, api_url=url)

    assert "planted" not in str(refused.value)


def test_every_change_tells_the_screens(desk: Desk) -> None:
    """Adding, replacing and removing can be seen."""

    def revision() -> int:
        with desk.database.reading() as session:
            return teams.revision(session=session, team_id=desk.team_id)

    seen = [revision()]
    view, _ = desk.credentials.add(label="", access_token=TOKEN)
    seen.append(revision())
    desk.credentials.replace(view.id, access_token=f"{TOKEN}-2")
    seen.append(revision())
    desk.credentials.remove(view.id)
    seen.append(revision())

    assert seen == sorted(set(seen))
    assert desk.wakes == 3
