"""Roles: every public method of every service, asked by everybody. A method without a rule here fails the suite."""

import base64
import contextlib
import inspect
import io
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlmodel import col, select

from dashboard.bootstrap import Dashboard, build
from dashboard.errors import CloudError, InputRefused, NotFound, NotPermitted
from dashboard.models import (
    METADATA,
    Actor,
    ActorKind,
    Batch,
    Operation,
    RawPart,
    Role,
    SignIn,
    Source,
    State,
    Submission,
    SubmissionState,
    Task,
    Team,
)
from dashboard.models.dispatches import Pieces, Relayable
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.sandbox.samples import latin
from dashboard.services.credentials.credentials import Rules
from dashboard.services.drop_in.new_dispatches import Order
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.saved_views import Place
from dashboard.services.results import result_reading
from dashboard.services.results.export_formats import Bundle
from dashboard.services.sending.submitting import Given
from dashboard.services.tasks.endpoint_search import SearchPlan
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team_services import TeamServices
from dashboard.settings import Settings
from dashboard.store import batches, sources
from dashboard.store.board_filter import BoardFilter
from dashboard.wire.endpoints import Endpoint
from tests.storing import put_result

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
NOWHERE = "http://127.0.0.1:9"
ENDPOINT = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ORDER = Order(operation=Operation.RECOGNIZE_IMAGE, trial=False, data=PNG, digest="d" * 64, settings={})
RELAYABLE = Relayable(body=[b"{}"], media_type="application/json", accept="text/plain")
TEXT = RawPart("Text", base64.b64encode(b"hello ***** and more").decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What there is to do something with: one of each, made anew for every case."""

    done: int
    lost: int
    trial: int
    token: int
    link: int
    key: int
    guest: int
    source: int
    batch: int
    perhaps: int
    file: Path


Call = Callable[[TeamServices, Stored], object]


def _correct_and_go_back(team: TeamServices, task_ref: int) -> None:
    team.corrections.correct(task_ref, "better", based_on=None)
    team.corrections.go_back(task_ref)


def _drop(team: TeamServices, _: Stored | None = None) -> None:
    incoming = team.dropped.begin(3)
    incoming.path.write_bytes(b"MZ!")
    team.dropped.take(incoming, "scan.png")


def _drop_and_look(team: TeamServices, _: Stored) -> None:
    with contextlib.suppress(NotFound):  # nothing of that name
        team.dropped.thumbnail("1-1")


def _send_to_nobody(team: TeamServices, stored: Stored) -> None:
    with contextlib.suppress(CloudError):  # nobody listens there
        team.regular_run.send(stored.trial, credential_id=stored.token)


def _with_nobody(call: Callable[[TeamServices], object]) -> Call:
    def called(team: TeamServices, _: Stored) -> None:
        with contextlib.suppress(CloudError):  # nobody listens there
            call(team)

    return called


def _share_and_revoke(team: TeamServices, task_ref: int) -> None:
    team.sharing.make([task_ref])
    team.sharing.revoke(team.sharing.all()[0].id)


def _save_and_remove_view(team: TeamServices) -> None:
    team.saved_views.save(Place.LIBRARY, "mine", "q=hello")
    team.saved_views.remove(team.saved_views.of(Place.LIBRARY)[0].id or 0)


def _save_and_remove_preset(team: TeamServices) -> None:
    team.presets.save("mine", SubmissionSettings())
    team.presets.remove("mine")


def _keep(team: TeamServices, stored: Stored) -> None:
    team.kept_sources.keep(name="a.png", data=Pieces.of_file(stored.file), media_type="image/png")


RULES: dict[str, tuple[Role, Call]] = {
    "intake.preview": (Role.VIEWER, lambda team, _: team.intake.preview("a-1")),
    "intake.register": (Role.EDITOR, lambda team, _: team.intake.register([NewTask(task_id="new-1")])),
    "credentials.all": (Role.VIEWER, lambda team, _: team.credentials.all()),
    "credentials.get": (Role.VIEWER, lambda team, it: team.credentials.get(it.token)),
    "credentials.check_may_add": (Role.OWNER, lambda team, _: team.credentials.check_may_add()),
    "credentials.add": (
        Role.OWNER,
        lambda team, _: team.credentials.add(
            label="b", access_token="another-token-that-is-long-enough", api_url=NOWHERE
        ),
    ),
    "credentials.replace": (
        Role.OWNER,
        lambda team, it: team.credentials.replace(it.token, access_token="another-token-that-is-long-enough"),
    ),
    "credentials.rename": (Role.OWNER, lambda team, it: team.credentials.rename(it.token, "b")),
    "credentials.set_rules": (
        Role.OWNER,
        lambda team, it: team.credentials.set_rules(it.token, Rules(daily_budget=1)),
    ),
    "credentials.make_default": (Role.OWNER, lambda team, it: team.credentials.make_default(it.token)),
    "credentials.remove": (Role.OWNER, lambda team, it: team.credentials.remove(it.token)),
    "token_test.run": (Role.OWNER, lambda team, it: team.token_test.run(it.token)),
    "tasks.find": (Role.VIEWER, lambda team, _: team.tasks.find("done-1")),
    "tasks.detail": (Role.VIEWER, lambda team, it: team.tasks.detail(it.done)),
    "tasks.check_now": (Role.EDITOR, lambda team, it: team.tasks.check_now([it.lost])),
    "tasks.cancel": (Role.EDITOR, lambda team, it: team.tasks.cancel([it.done])),
    "tasks.delete": (Role.EDITOR, lambda team, it: team.tasks.delete([it.done])),
    "tasks.relabel": (Role.EDITOR, lambda team, it: team.tasks.relabel(it.done, "b")),
    "tasks.look_again_as": (
        Role.EDITOR,
        lambda team, it: team.tasks.look_again_as(
            it.lost, operation=Operation.RECOGNIZE_PDF, trial=False, credential_id=it.token
        ),
    ),
    "endpoint_search.plan": (Role.EDITOR, lambda team, it: team.endpoint_search.plan(it.lost)),
    "endpoint_search.run": (
        Role.EDITOR,
        lambda team, it: team.endpoint_search.run(
            SearchPlan(task_ref=it.lost, token=None, places=(), most_calls=0)
        ),
    ),
    "board.present": (Role.VIEWER, lambda team, it: team.board.present([it.trial])),
    "tasks.chosen": (Role.VIEWER, lambda team, it: team.tasks.chosen([it.trial])),
    "board.look": (Role.VIEWER, lambda team, _: team.board.look(BoardFilter())),
    "board.rows_of": (Role.VIEWER, lambda team, it: team.board.rows_of([it.done])),
    "members.links": (Role.OWNER, lambda team, _: team.members.links()),
    "members.make_link": (Role.OWNER, lambda team, _: team.members.make_link(role=Role.VIEWER)),
    "members.revoke_link": (Role.OWNER, lambda team, it: team.members.revoke_link(it.link)),
    "members.members": (Role.OWNER, lambda team, _: team.members.members()),
    "members.owners": (Role.VIEWER, lambda team, _: team.members.owners()),
    "members.set_role": (Role.OWNER, lambda team, it: team.members.set_role(it.guest, Role.EDITOR)),
    "members.expel": (Role.OWNER, lambda team, it: team.members.expel(it.guest)),
    "members.api_keys": (Role.OWNER, lambda team, _: team.members.api_keys()),
    "members.make_key": (Role.OWNER, lambda team, _: team.members.make_key(label="b", role=Role.VIEWER)),
    "members.revoke_key": (Role.OWNER, lambda team, it: team.members.revoke_key(it.key)),
    "members.namesakes": (Role.OWNER, lambda team, _: team.members.namesakes()),
    "members.audit_log": (Role.OWNER, lambda team, _: team.members.audit_log()),
    "team_settings.team": (Role.VIEWER, lambda team, _: team.team_settings.team()),
    "team_settings.change": (
        Role.OWNER,
        lambda team, _: team.team_settings.change(name="Renamed", keep_days=None),
    ),
    "team_settings.keep_sources": (
        Role.OWNER,
        lambda team, _: team.team_settings.keep_sources(keeps=False, days=None),
    ),
    "team_settings.make_team": (Role.OWNER, lambda team, _: team.team_settings.make_team("Another")),
    "team_settings.delete_team": (
        Role.OWNER,
        lambda team, _: team.team_settings.delete_team(typed_name=team.team_settings.team().name),
    ),
    "result_export.one": (Role.VIEWER, lambda team, it: team.result_export.one(it.done)),
    "result_export.part": (Role.VIEWER, lambda team, it: team.result_export.part(it.done, 0)),
    "result_export.support": (Role.VIEWER, lambda team, it: team.result_export.support(it.done)),
    "result_export.many": (Role.VIEWER, lambda team, it: b"".join(team.result_export.many([it.done]).data)),
    "result_export.matching": (Role.VIEWER, lambda team, _: team.result_export.matching(BoardFilter())),
    "comparisons.candidates": (Role.VIEWER, lambda team, _: team.comparisons.candidates("May")),
    "comparisons.pair": (Role.VIEWER, lambda team, it: team.comparisons.pair(it.trial, it.done)),
    "corrections.correct": (
        Role.EDITOR,
        lambda team, it: team.corrections.correct(it.done, "better", based_on=None),
    ),
    "corrections.go_back": (Role.EDITOR, lambda team, it: _correct_and_go_back(team, it.done)),
    "corrections.flip_mask": (Role.EDITOR, lambda team, it: team.corrections.flip_mask(it.trial, 6)),
    "sources.image": (Role.VIEWER, lambda team, it: team.sources.image(it.done)),
    "sources.pages": (Role.VIEWER, lambda team, it: team.sources.pages(it.done)),
    "sources.page": (Role.VIEWER, lambda team, it: team.sources.page(it.done, 1)),
    "sources.add": (Role.EDITOR, lambda team, it: team.sources.add(it.done, name="a.png", data=PNG)),
    "sources.remove": (Role.EDITOR, lambda team, it: team.sources.remove(it.done)),
    "dropped.begin": (Role.EDITOR, lambda team, _: team.dropped.begin(1).give_up()),
    "dropped.take": (Role.EDITOR, _drop),
    "dropped.all": (Role.EDITOR, lambda team, _: team.dropped.all()),
    "dropped.some": (Role.EDITOR, lambda team, _: team.dropped.some(["1-1"])),
    "dropped.thumbnail": (Role.EDITOR, _drop_and_look),
    "dropped.remove": (Role.EDITOR, lambda team, _: team.dropped.remove(["1-1"])),
    "drop_in.view": (Role.EDITOR, lambda team, _: team.drop_in.view()),
    "drop_in.switch": (Role.OWNER, lambda team, _: team.drop_in.switch(on=False)),
    "drop_in.make_address": (Role.OWNER, lambda team, _: team.drop_in.make_address(label="scanner")),
    "forwarding.require": (Role.EDITOR, lambda team, _: team.forwarding.require()),
    "forwarding.begin": (Role.EDITOR, lambda team, _: team.forwarding.begin(ORDER)),
    "forwarding.send": (
        Role.EDITOR,
        _with_nobody(lambda team: team.forwarding.send(team.forwarding.begin(ORDER), RELAYABLE)),
    ),
    "fetching.look": (Role.VIEWER, lambda team, _: team.fetching.look(ENDPOINT, "done-1")),
    "fetching.register": (Role.EDITOR, lambda team, _: team.fetching.register(ENDPOINT, "new-task-1")),
    "fetching.first_answer": (
        Role.VIEWER,
        lambda team, it: team.fetching.first_answer(ENDPOINT, it.done, "done-1", since=LONG_AGO),
    ),
    "fetching.status_elsewhere": (
        Role.EDITOR,
        _with_nobody(lambda team: team.fetching.status_elsewhere("new-task-1")),
    ),
    "fetching.cancel": (
        Role.EDITOR,
        _with_nobody(lambda team: team.fetching.cancel(ENDPOINT, "new-task-1")),
    ),
    "regular_run.send": (
        Role.EDITOR,
        _send_to_nobody,
    ),
    "sharing.make": (Role.EDITOR, lambda team, it: team.sharing.make([it.done])),
    "sharing.opened_by": (
        Role.EDITOR,
        lambda team, it: team.sharing.opened_by(team.sharing.make([it.done])),
    ),
    "sharing.all": (Role.EDITOR, lambda team, _: team.sharing.all()),
    "sharing.revoke": (Role.EDITOR, lambda team, it: _share_and_revoke(team, it.done)),
    "library.look": (Role.VIEWER, lambda team, _: team.library.look(LibraryRequest(typed="hello"))),
    "library.matching": (Role.VIEWER, lambda team, _: team.library.matching(LibraryRequest())),
    "library.tags": (Role.VIEWER, lambda team, _: team.library.tags()),
    "library.languages": (Role.VIEWER, lambda team, _: team.library.languages()),
    "library.tag": (Role.EDITOR, lambda team, it: team.library.tag([it.done], add=["checked"])),
    "library.tags_on": (Role.VIEWER, lambda team, it: team.library.tags_on(it.done)),
    "library.put_away": (Role.EDITOR, lambda team, it: team.library.put_away([it.done], archived=True)),
    "board.matching": (Role.VIEWER, lambda team, _: team.board.matching(BoardFilter(), limit=1)),
    "tasks.mark_seen": (Role.EDITOR, lambda team, it: team.tasks.mark_seen([it.lost])),
    "saved_views.of": (Role.VIEWER, lambda team, _: team.saved_views.of(Place.LIBRARY)),
    "saved_views.save": (
        Role.EDITOR,
        lambda team, _: team.saved_views.save(Place.LIBRARY, "mine", "q=hello"),
    ),
    "saved_views.remove": (Role.EDITOR, lambda team, _: _save_and_remove_view(team)),
    "submitting.send": (
        Role.EDITOR,
        lambda team, _: team.submitting.send(
            [Given(name="a.png", size=0, data=io.BytesIO(latin().image))],
            settings=SubmissionSettings(trial=True),
        ),
    ),
    "api_calls.keep": (
        Role.VIEWER,
        lambda team, _: team.api_calls.keep("first", fingerprint="", status=200, answer=b"{}"),
    ),
    "api_calls.give_back": (Role.VIEWER, lambda team, _: team.api_calls.give_back("first")),
    "api_calls.begin": (Role.VIEWER, lambda team, _: team.api_calls.begin("first")),
    "kept_sources.keep": (Role.EDITOR, _keep),
    "kept_sources.stream": (Role.VIEWER, lambda team, it: list(team.kept_sources.stream(it.source))),
    "kept_sources.facts": (Role.VIEWER, lambda team, it: team.kept_sources.facts([it.source])),
    "kept_sources.attach": (Role.EDITOR, lambda team, it: team.kept_sources.attach(it.source, [it.done])),
    "kept_sources.pictured": (Role.VIEWER, lambda team, it: team.kept_sources.pictured([it.done])),
    "kept_sources.known": (Role.VIEWER, lambda team, _: team.kept_sources.known(["a"])),
    "kept_sources.thumbnail": (Role.VIEWER, lambda team, it: team.kept_sources.thumbnail(it.source)),
    "batches.submit": (
        Role.EDITOR,
        lambda team, it: team.batches.submit([it.source], settings=SubmissionSettings(trial=True)),
    ),
    "batches.cost": (
        Role.VIEWER,
        lambda team, it: team.batches.cost(1, settings=SubmissionSettings(credential_id=it.token)),
    ),
    "batches.view": (Role.VIEWER, lambda team, it: team.batches.view(it.batch)),
    "batches.newest": (Role.VIEWER, lambda team, _: team.batches.newest()),
    "batches.items": (Role.VIEWER, lambda team, it: team.batches.items(it.batch)),
    "batches.task_refs": (Role.VIEWER, lambda team, it: team.batches.task_refs(it.batch)),
    "batches.of_task": (Role.VIEWER, lambda team, it: team.batches.of_task(it.done)),
    "batches.pause": (Role.EDITOR, lambda team, it: team.batches.pause(it.batch)),
    "batches.resume": (Role.EDITOR, lambda team, it: team.batches.resume(it.batch)),
    "batches.cancel": (Role.EDITOR, lambda team, it: team.batches.cancel(it.batch)),
    "batches.send_again": (Role.EDITOR, lambda team, it: team.batches.send_again(it.perhaps)),
    "batches.give_up": (Role.EDITOR, lambda team, it: team.batches.give_up(it.perhaps)),
    "presets.all": (Role.VIEWER, lambda team, _: team.presets.all()),
    "presets.save": (Role.EDITOR, lambda team, _: team.presets.save("mine", SubmissionSettings())),
    "presets.remove": (Role.EDITOR, lambda team, _: _save_and_remove_preset(team)),
    "presets.last": (Role.VIEWER, lambda team, _: team.presets.last()),
    "runs.send": (
        Role.EDITOR,
        lambda team, it: team.runs.send(it.trial, settings=SubmissionSettings(trial=True)),
    ),
    "runs.of": (Role.VIEWER, lambda team, it: team.runs.of(it.trial)),
    "runs.choose": (Role.EDITOR, lambda team, it: team.runs.choose(it.trial)),
    "team_export.write": (Role.OWNER, lambda team, _: team.team_export.write().close()),
}
"""Which role a method needs, and a call that works when the role is enough."""

NOT_FOR_KEYS = {"make_team"}  # somebody has to own it


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard with access control; nothing is polled."""
    folder: Path = tmp_path_factory.mktemp("roles")
    built = build(Settings(data_dir=folder, access="team", poller="off", api_url=NOWHERE))
    yield built
    built.stop()


@dataclass(frozen=True, slots=True)
class Room:
    """A team of its own for the cases until one has changed something."""

    app: Dashboard
    team_id: int
    slug: str
    stored: Stored
    people: dict[Role, Actor] = field(default_factory=dict)

    def person(self, role: Role) -> Actor:
        """Somebody who joined by a link, as the pages know them."""
        if role not in self.people:
            self.people[role] = self._joined(role)
        return self.people[role]

    def _joined(self, role: Role) -> Actor:
        link = self.app.seen_by(self.team_id, self.app.team.actor).team.members.make_link(role=role)
        cookie, _ = self.app.access.join(link, cookie=None, name=role.value, browser="")
        visitor = self.app.access.visitor(cookie)
        assert visitor is not None
        return visitor.actor(visitor.places[0])

    def team(self, actor: Actor) -> TeamServices:
        """What this actor works with."""
        return self.team_in(self.team_id, actor)

    def team_in(self, team_id: int, actor: Actor) -> TeamServices:
        """The same in another team."""
        return self.app.seen_by(team_id, actor).team


@dataclass(slots=True)
class Rooms:
    """The room that is in use, until it was written to: most cases are refused, or look."""

    app: Dashboard
    current: Room | None = None

    def note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        """Called with every statement."""
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            self.current = None


@pytest.fixture(scope="module")
def rooms(app: Dashboard) -> Rooms:
    """Where the rooms are made, and given up."""
    made = Rooms(app)
    event.listen(app.database.engine, "before_cursor_execute", made.note)
    return made


@pytest.fixture
def room(rooms: Rooms) -> Room:
    """A team with one of each in which nothing was changed, and an owner called Olga."""
    if rooms.current is None:
        made = _fresh_room(rooms.app)
        for role in Role:
            made.person(role)
        rooms.current = made
    return rooms.current


def _fresh_room(app: Dashboard) -> Room:
    link = app.team.members.make_link(role=Role.OWNER)
    cookie, _ = app.access.join(link, cookie=None, name="Olga", browser="")
    visitor = app.access.visitor(cookie)
    assert visitor is not None
    first = app.seen_by(app.team.team_id, visitor.actor(visitor.places[0]))
    slug = first.team.team_settings.make_team("Case")
    visitor = app.access.visitor(cookie)
    assert visitor is not None
    place = visitor.place(slug)
    assert place is not None
    ours = app.seen_by(place.team_id, app.team.actor)
    token, _ = ours.team.credentials.add(label="a", access_token=f"planted-{slug}", api_url=NOWHERE)
    ids = []
    now = app.clock()
    kinds = {"done-1": State.COMPLETED, "lost-1": State.NOT_FOUND, "trial-1": State.COMPLETED}
    for task_id, state in kinds.items():
        with app.database.writing() as session:
            task = Task(
                team_id=place.team_id,
                api_url=NOWHERE,
                task_id=task_id,
                operation="RecognizeImage",
                trial=task_id == "trial-1",
                state=state.value,
                credential_id=token.id,
                registered_at=now,
                expires_at=now,
                completed_at=now,
            )
            result = [TEXT] if state is State.COMPLETED else []
            ids.append(put_result(session, task, result))
            if result:
                source = _source(place.team_id, now)
                sources.put(session=session, task_ref=ids[-1], source=source, data=PNG)
    ours.team.drop_in.switch(on=True)
    ours.team.members.make_link(role=Role.VIEWER, label="guests")
    ours.team.members.make_key(label="script", role=Role.VIEWER)
    guest_link = ours.team.members.make_link(role=Role.VIEWER)
    guest, _ = app.access.join(guest_link, cookie=None, name="Guest", browser="")
    known = app.access.visitor(guest)
    assert known is not None
    stored = Stored(
        done=ids[0],
        lost=ids[1],
        trial=ids[2],
        token=token.id,
        link=ours.team.members.links()[0].id or 0,
        key=ours.team.members.api_keys()[0].id or 0,
        guest=known.sign_in_id,
        **_sent(app, place.team_id, now),
    )
    return Room(app, place.team_id, slug, stored)


def _sent(app: Dashboard, team_id: int, now: datetime) -> dict[str, Any]:
    """A source with a picture, and a batch of which it is not known whether it has arrived."""
    file = app.settings.data_dir / "a.png"
    file.write_bytes(PNG)
    with app.database.writing() as session:
        source = _source(team_id, now)
        source.thumbnail = PNG
        source_id = sources.add_whole(session=session, source=source, data=PNG)
        batch = Batch(team_id=team_id, name="b", created_at=now, created_by="Olga")
        submission = Submission(
            batch_id=0,
            team_id=team_id,
            source_id=source_id,
            position=0,
            label="a.png",
            api_url=NOWHERE,
            operation="RecognizeImage",
            trial=True,
            state=SubmissionState.PERHAPS_SENT.value,
        )
        batch_id = batches.add(session=session, batch=batch, submissions=[submission])
        return {"source": source_id, "batch": batch_id, "perhaps": submission.id, "file": file}


def _source(team_id: int, now: datetime) -> Source:
    return Source(
        team_id=team_id,
        name="scan.png",
        media_type="image/png",
        size=len(PNG),
        sha256="",
        added_at=now,
    )


def public_methods(services: TeamServices) -> list[str]:
    """Every method of every service of a team, by name."""
    found = []
    for name, service in vars(services).items():
        if type(service).__module__.startswith("dashboard.services."):
            methods = inspect.getmembers(type(service), inspect.isfunction)
            found += [f"{name}.{method}" for method, _ in methods if not method.startswith("_")]
    return found


def test_every_method_has_a_rule(app: Dashboard) -> None:
    """And no rule is about a method that is gone."""
    assert sorted(public_methods(app.team)) == sorted(RULES)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("role", Role)
def test_a_person_may_do_what_their_role_allows(room: Room, name: str, role: Role) -> None:
    """And is told whom to ask where it does not; nothing is changed by asking."""
    needed, call = RULES[name]
    team = room.team(room.person(role))
    before = len(audit_of(room))

    if role.covers(needed):
        call(team, room.stored)
        return
    with pytest.raises(NotPermitted) as refused:
        call(team, room.stored)

    assert "Olga" in str(refused.value)
    assert len(audit_of(room)) == before


@pytest.mark.parametrize("name", [name for name, (needed, _) in RULES.items() if needed is not Role.VIEWER])
def test_a_key_may_not_do_more_than_its_role(room: Room, name: str) -> None:
    """Keys are made for viewers and editors only."""
    needed, call = RULES[name]
    below = Role.VIEWER if needed is Role.EDITOR else Role.EDITOR
    team = room.team(Actor(kind=ActorKind.KEY, name="script", role=below))

    if name.rpartition(".")[2] in NOT_FOR_KEYS:
        with pytest.raises((NotPermitted, InputRefused)):
            call(team, room.stored)
        return
    with pytest.raises(NotPermitted):
        call(team, room.stored)


@pytest.fixture(scope="module")
def sent_away(app: Dashboard) -> tuple[Room, Actor]:
    """An owner who was expelled, as an open page still knows them, and the team that was theirs."""
    room = _fresh_room(app)
    actor = room.person(Role.OWNER)
    assert actor.sign_in_id is not None
    app.seen_by(room.team_id, app.team.actor).team.members.expel(actor.sign_in_id)
    return room, actor


@pytest.mark.parametrize("name", RULES)
def test_an_old_page_of_somebody_who_was_sent_away_can_do_and_see_nothing(
    sent_away: tuple[Room, Actor], name: str
) -> None:
    """The role is read again where something is read or done: the actor of an open page is older."""
    room, actor = sent_away
    with pytest.raises(NotPermitted, match="do not belong"):
        RULES[name][1](room.team(actor), room.stored)


@pytest.fixture(scope="module")
def revoked(app: Dashboard) -> tuple[Room, Actor]:
    """A script whose key was revoked after its request began, and the team that it was made for."""
    room = _fresh_room(app)
    ours = app.seen_by(room.team_id, app.team.actor)
    held = app.access.key_holder(ours.team.members.make_key(label="late", role=Role.EDITOR))
    assert held is not None
    ours.team.members.revoke_key(ours.team.members.api_keys()[0].id or 0)
    return room, held[1]


@pytest.mark.parametrize("name", [name for name in RULES if name.rpartition(".")[2] not in NOT_FOR_KEYS])
def test_a_script_whose_key_was_revoked_can_do_and_see_nothing(
    revoked: tuple[Room, Actor], name: str
) -> None:
    """The same for the actor of a request that began before."""
    room, actor = revoked
    with pytest.raises(NotPermitted, match="key was revoked"):
        RULES[name][1](room.team(actor), room.stored)


def test_a_page_whose_sign_in_is_over_sees_nothing(room: Room) -> None:
    """Its time may end while it is open."""
    actor = room.person(Role.VIEWER)
    room.team(actor).board.look(BoardFilter())
    with room.app.database.writing() as session:
        session.exec(
            update(SignIn).where(col(SignIn.id) == actor.sign_in_id).values(expires_at=room.app.clock())
        )
    with pytest.raises(NotPermitted, match="do not belong"):
        room.team(actor).board.look(BoardFilter())


def test_an_export_stops_when_its_reader_is_sent_away(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two readings of a download that is being streamed."""
    monkeypatch.setattr(result_reading, "_AT_ONCE", 1)
    actor = room.person(Role.VIEWER)
    both = [room.stored.done, room.stored.trial]
    pieces = room.team(actor).result_export.many(both, kind=Bundle.TXT).data
    assert next(pieces)
    assert actor.sign_in_id is not None
    room.app.seen_by(room.team_id, room.app.team.actor).team.members.expel(actor.sign_in_id)
    with pytest.raises(NotPermitted):
        b"".join(pieces)


@dataclass(slots=True)
class Deeds:
    """What this process does outside of its memory and its database, while somebody looks."""

    seen: list[str] | None = None

    def note(self, event: str, arguments: tuple[object, ...]) -> None:
        """Called by Python for everything it does."""
        if self.seen is None:
            return
        written = event == "open" and isinstance(arguments[1], str) and not arguments[1].startswith("r")
        if written or event.startswith(("socket.connect", "socket.bind", "subprocess.")):
            self.seen.append(event)


@pytest.fixture(scope="module")
def deeds() -> Deeds:
    """A hook that stays for the life of this process, and looks only when asked to."""
    made = Deeds()
    sys.addaudithook(made.note)
    return made


def _start_the_sandbox(room: Room, team: TeamServices) -> None:
    room.app.sandbox.seed(intake=team.intake, credentials=team.credentials)


STARTS = {
    **{name: rule for name, rule in RULES.items() if rule[0] is not Role.VIEWER},
    "the sandbox": (Role.OWNER, None),
}


@pytest.mark.parametrize("name", STARTS)
def test_nothing_has_happened_when_the_role_is_not_enough(room: Room, deeds: Deeds, name: str) -> None:
    """No port is open, no call is made, no thread or process is started, no file and no row is written."""
    needed, call = STARTS[name]
    team = room.team(room.person(Role.VIEWER if needed is Role.EDITOR else Role.EDITOR))
    before, running = everything_of(room), set(threading.enumerate())

    seen: list[str] = []
    deeds.seen = seen
    try:
        with pytest.raises(NotPermitted):
            _start_the_sandbox(room, team) if call is None else call(team, room.stored)
    finally:
        deeds.seen = None

    assert seen == []
    assert set(threading.enumerate()) <= running
    assert everything_of(room) == before
    assert room.app.sandbox.url is None


def audit_of(room: Room) -> list[object]:
    """What the log of the team holds."""
    return list(room.app.seen_by(room.team_id, room.app.team.actor).team.members.audit_log(limit=1000))


@pytest.fixture(scope="module")
def untouched(app: Dashboard) -> Room:
    """A team that nobody changes anything in."""
    return _fresh_room(app)


@pytest.mark.parametrize("name", RULES)
def test_no_method_reaches_into_another_team(untouched: Room, name: str) -> None:
    """An owner elsewhere who knows every ID of ours sees and changes nothing."""
    room = untouched
    neighbour = room.app.seen_by(room.team_id, room.person(Role.OWNER))
    slug = neighbour.team.team_settings.make_team("Next door")
    with room.app.database.reading() as session:
        team = session.exec(select(Team).where(Team.slug == slug)).one()
    elsewhere = room.team_in(team.id or 0, neighbour.team.actor)
    elsewhere.drop_in.switch(on=True)
    before = everything_of(room)

    with contextlib.suppress(NotFound, InputRefused):
        given = RULES[name][1](elsewhere, room.stored)
        assert not re.search(r"done-1|lost-1|trial-1|planted|guests|Guest", repr(given))

    assert everything_of(room) == before


def everything_of(room: Room) -> dict[str, list[str]]:
    """Every row of the room's team, as text."""
    with room.app.database.reading() as session:
        return {
            table.name: [
                repr(tuple(row))
                for row in session.connection().execute(
                    table.select().where(table.c.team_id == room.team_id).order_by(*table.primary_key)
                )
            ]
            for table in METADATA.sorted_tables
            if "team_id" in table.c
        }
