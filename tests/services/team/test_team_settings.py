"""The team as a whole: its name, what it keeps, another team, and its end."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import func, select

from dashboard.errors import InputRefused
from dashboard.models import (
    SYSTEM,
    Action,
    Actor,
    Attempt,
    AuditEntry,
    Base,
    Part,
    Role,
    State,
    Task,
    Team,
    Usage,
)
from dashboard.services.library.library import Library
from dashboard.services.library.saved_views import Place, SavedViews
from dashboard.services.results.corrections import Corrections
from dashboard.services.results.sharing import Sharing
from dashboard.services.results.sources import Sources
from dashboard.services.tasks.intake import NewTask
from dashboard.services.team import operator_teams
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team.team_export import TeamExport
from dashboard.services.team.team_settings import TeamSettings
from dashboard.store.board_filter import BoardFilter
from tests.services.conftest import Desk
from tests.services.stored import store

KEYS = (b"k" * 32,)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)
HOSTILE = b"\x00\xff<script>\r\n\x1b[31m\xed\xa0\x80 raw"


@pytest.fixture
def access(desk: Desk) -> Access:
    """The sign-ins of a deployment."""
    return Access(database=desk.database, clock=desk.clock, cookie_keys=KEYS)


@pytest.fixture
def settings_of(access: Access) -> Callable[[Desk, Actor], TeamSettings]:
    """The settings of a desk's team in somebody's name."""

    def bound(desk: Desk, actor: Actor) -> TeamSettings:
        return TeamSettings(desk.scope(actor), forget=access.forget)

    return bound


SettingsOf = Callable[[Desk, Actor], TeamSettings]


class TestNamesThatRulesName:
    """A rule of single sign-on sends people to the team that the operator meant, whoever makes teams meanwhile."""

    @pytest.fixture
    def owners(self, desk: Desk, access: Access) -> TeamSettings:
        """An owner's settings, where rules name the teams ``scans`` and ``finance``."""
        return TeamSettings(
            desk.scope(owner_of(desk, access)[0]),
            forget=access.forget,
            reserved=frozenset({"scans", "finance"}),
        )

    @pytest.mark.parametrize("name", ["scans", "Scans", " SCANS ", "Scans!", "\u017fcans", "finance"])
    def test_nobody_gets_one_by_making_a_team(self, owners: TeamSettings, name: str) -> None:
        """However it is spelled; the team gets another name in addresses."""
        made = owners.make_team(name)
        again = owners.make_team(name)

        assert re.fullmatch(r"(scans|finance)-[0-9a-f]{6}", made)
        assert re.fullmatch(r"(scans|finance)-[0-9a-f]{6}", again)
        assert made != again

    def test_nobody_gets_one_of_a_team_that_is_gone(
        self, owners: TeamSettings, desk: Desk, settings_of: SettingsOf
    ) -> None:
        """The operator's team was deleted by its owner: its people must not go to the next who wants its name."""
        team = operator_teams.make(desk.database, "scans", name="Scans", clock=desk.clock)
        its = settings_of(replace(desk, team_id=team.id or 0), SYSTEM)
        its.delete_team(typed_name="Scans")

        assert owners.make_team("Scans") != "scans"

    def test_other_names_stay_as_they_are(self, owners: TeamSettings) -> None:
        """Also those that begin alike."""
        assert owners.make_team("Scans 2") == "scans-2"
        assert owners.make_team("Scan") == "scan"

    def test_the_operator_may(self, desk: Desk) -> None:
        """And the log of the new team says so."""
        team = operator_teams.make(desk.database, "finance", name="Finance & Co", clock=desk.clock)

        assert (team.slug, team.name) == ("finance", "Finance & Co")
        with desk.database.reading() as session:
            (entry,) = session.exec(select(AuditEntry).where(AuditEntry.team_id == team.id))
        assert (entry.actor, entry.action) == (SYSTEM.name, Action.TEAM_MADE)

    @pytest.mark.parametrize("slug", ["", "Scans", "my team", "-x", "a/b", "sc\u00e4ns", "x" * 61, "a\n"])
    def test_what_cannot_stand_in_an_address(self, desk: Desk, slug: str) -> None:
        """One sentence; nothing is made."""
        with pytest.raises(InputRefused, match="small letters, digits and hyphens"):
            operator_teams.make(desk.database, slug, name="X", clock=desk.clock)

    def test_what_is_there_already(self, desk: Desk) -> None:
        """Twice is refused, and so is a team without a name."""
        operator_teams.make(desk.database, "scans", name="Scans", clock=desk.clock)
        with pytest.raises(InputRefused, match="already"):
            operator_teams.make(desk.database, "scans", name="Scans", clock=desk.clock)
        with pytest.raises(InputRefused, match="needs a name"):
            operator_teams.make(desk.database, "more", name=" ", clock=desk.clock)


def owner_of(desk: Desk, access: Access) -> tuple[Actor, str]:
    """Somebody who owns the desk's team, and their cookie."""
    members = Members(desk.scope(), forget=access.forget)
    cookie, _ = access.join(members.make_link(role=Role.OWNER), cookie=None, name="Olga", browser="")
    visitor = access.visitor(cookie)
    assert visitor is not None
    return visitor.actor(visitor.places[0]), cookie


def test_a_team_is_renamed_and_told_what_to_keep(desk: Desk, settings_of: SettingsOf) -> None:
    """The log says both; the name is kept to one line."""
    settings = settings_of(desk, SYSTEM)

    settings.change(name="  Invoices\n2026 ", keep_days=30)

    assert (settings.team().name, settings.team().keep_days) == ("Invoices 2026", 30)
    with desk.database.reading() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.team_id == desk.team_id)).all()
    assert (entry.action, entry.detail) == (Action.TEAM_CHANGED.value, {"kept for days": 30})


@pytest.mark.parametrize(("name", "days"), [("", None), (" \n", 7), ("x", 0), ("x", -1)])
def test_what_makes_no_sense_changes_nothing(
    desk: Desk, settings_of: SettingsOf, name: str, days: int | None
) -> None:
    """A team has a name, and keeps what is finished for a day at least."""
    settings = settings_of(desk, SYSTEM)
    before = settings.team().name

    with pytest.raises(InputRefused):
        settings.change(name=name, keep_days=days)

    assert (settings.team().name, settings.team().keep_days) == (before, None)


def test_who_makes_a_team_owns_it(desk: Desk, access: Access, settings_of: SettingsOf) -> None:
    """And two teams of the same name have different addresses."""
    owner, cookie = owner_of(desk, access)

    slugs = [settings_of(desk, owner).make_team("Scans & more") for _ in range(2)]

    visitor = access.visitor(cookie)
    assert visitor is not None
    made = {place.slug: place.role for place in visitor.places if place.team == "Scans & more"}
    assert made == dict.fromkeys(slugs, Role.OWNER)
    assert slugs[0] == "scans-more"


def test_a_team_made_by_nobody_is_refused(desk: Desk, settings_of: SettingsOf) -> None:
    """The command line and keys are not people."""
    with pytest.raises(InputRefused, match="somebody has to own it"):
        settings_of(desk, SYSTEM).make_team("Scans")


@pytest.mark.parametrize("typed", ["", "others", "Others!", "OTHERS"])
def test_a_team_is_deleted_only_by_its_own_name(
    other_desk: Desk, settings_of: SettingsOf, typed: str
) -> None:
    """Nothing is lost by a slip."""
    other_desk.intake.register([NewTask(task_id="kept-1", trial=True)])

    with pytest.raises(InputRefused, match="Nothing was deleted"):
        settings_of(other_desk, SYSTEM).delete_team(typed_name=typed)

    assert count(other_desk, Task) == 1


def test_deleting_a_team_takes_all_of_it_and_nothing_else(
    desk: Desk, other_desk: Desk, settings_of: SettingsOf
) -> None:
    """Tasks, parts, calls, tokens, log: of this team only."""
    for one in (desk, other_desk):
        store_result(one, "result-1")
        one.credentials.add(label="a", access_token="planted-token-that-is-long-enough")

    settings_of(other_desk, SYSTEM).delete_team(typed_name=" Others ")

    assert count(desk, Task) == count(desk, Part) == len(desk.stored_tokens()) == 1
    with desk.database.reading() as session:
        assert [team.id for team in session.exec(select(Team))] == [desk.team_id]
        assert {entry.team_id for entry in session.exec(select(AuditEntry))} == {desk.team_id}


def test_the_first_team_stays(desk: Desk, settings_of: SettingsOf) -> None:
    """A dashboard without any team could not be entered any more."""
    settings = settings_of(desk, SYSTEM)

    with pytest.raises(InputRefused, match="first team"):
        settings.delete_team(typed_name=settings.team().name)


def test_the_export_holds_everything_of_one_team_and_no_secret(
    desk: Desk, other_desk: Desk, access: Access
) -> None:
    """Results byte for byte; neither tokens nor hashes of links and keys; nothing of the neighbours."""
    store_result(desk, "mine-1")
    store_result(other_desk, "theirs-1")
    desk.credentials.add(label="Ours", access_token="planted-token-that-is-long-enough")
    owner, _ = owner_of(desk, access)
    members = Members(desk.scope(owner), forget=access.forget)
    (mine,) = [row.id for row in desk.board.look(BoardFilter()).rows]
    share = Sharing(desk.scope(owner)).make([mine])
    secrets = [members.make_link(role=Role.VIEWER), members.make_key(label="script", role=Role.EDITOR), share]
    library = Library(desk.scope(owner))
    library.tag([mine], add=["paid"])
    SavedViews(desk.scope(owner)).save(Place.LIBRARY, "Unpaid", "tag=unpaid")
    Sources(desk.scope(owner)).add(mine, name="scan.png", data=PNG)
    Corrections(desk.scope(owner), renew=lambda _: None).correct(mine, "put right", based_on=None)
    export = TeamExport(desk.scope(owner))

    archive = zipfile.ZipFile(io.BytesIO(b"".join(export.write())))
    content = {name: archive.read(name) for name in archive.namelist()}

    (result,) = [data for name, data in content.items() if name.startswith("results/")]
    assert result == HOSTILE
    tasks = [json.loads(line) for line in content["tasks.jsonl"].splitlines()]
    assert [task["task_id"] for task in tasks] == ["mine-1"]
    assert {"team.jsonl", "tokens.jsonl", "links.jsonl", "keys.jsonl", "members.jsonl", "audit.jsonl"} < set(
        content
    )
    for name, words in {
        "shares.jsonl": b"1 result",
        "tags.jsonl": b"paid",
        "views.jsonl": b"Unpaid",
        f"corrections/{mine}.jsonl": b"put right",
        f"sources/{mine} scan.png": PNG,
    }.items():
        assert words in content[name], name
    assert b"Olga" in content["members.jsonl"]
    assert b"team exported" in content["audit.jsonl"]
    everything = b"".join(content.values())
    for secret in (*secrets, "planted-token", "theirs-1"):
        assert secret.encode() not in everything
    with desk.database.reading() as session:
        stored = session.exec(select(AuditEntry).where(AuditEntry.team_id != desk.team_id)).all()
    assert not any(entry.action == Action.TEAM_EXPORTED.value for entry in stored)
    hashes = [row.secret_hash for row in members.links()] + [row.secret_hash for row in members.api_keys()]
    assert not [it for it in hashes if it.encode() in everything]
    assert desk.stored_tokens()[0].secret.encode() not in everything


EXPORTED = {
    "api_key": "keys.jsonl",
    "attempt": "attempts/",
    "audit_entry": "audit.jsonl",
    "correction": "corrections/",
    "credential": "tokens.jsonl",
    "join_link": "links.jsonl",
    "mask_flip": "masks/",
    "membership": "members.jsonl",
    "part": "results/",
    "saved_view": "views.jsonl",
    "share": "shares.jsonl",
    "share_task": "shares.jsonl",
    "sign_in": "members.jsonl",
    "source": "sources/",
    "source_chunk": "sources/",
    "task_source": "sources/",
    "batch": "batches.jsonl",
    "submission": "submissions.jsonl",
    "preset": "presets.jsonl",
    "task": "tasks.jsonl",
    "task_tag": "tags.jsonl",
    "team": "team.jsonl",
    "usage": "usage.jsonl",
}
MADE_AGAIN = {"library_entry", "task_count"}
"""What is read off the results, and counted."""

FOR_A_WHILE = {"api_call", "last_settings"}
"""What only helps somebody over the next moment: nothing of the team's."""

OF_NO_TEAM = {"clock_seen", "outage", "process", "task_history"}
"""What is the deployment's."""


def test_every_table_is_in_the_export(desk: Desk) -> None:
    """A new table says here where it is, and is brought in by an import; or that it holds nothing of its own."""
    assert set(Base.metadata.tables) == set(EXPORTED) | MADE_AGAIN | FOR_A_WHILE | OF_NO_TEAM
    export = TeamExport(desk.scope())
    names = zipfile.ZipFile(io.BytesIO(b"".join(export.write()))).namelist()
    assert {name for name in EXPORTED.values() if name.endswith(".jsonl")} <= set(names)


def test_nothing_is_left_out_because_pages_show_less(desk: Desk) -> None:
    """All calls of a task, all parts, tags, judgements and counted calls, however many there are."""
    texts = [f"*** region {number}" for number in range(230)]
    mine = store(desk, *texts, trial=True)
    token, _ = desk.credentials.add(label="Ours", access_token="planted-token-that-is-long-enough")
    library = Library(desk.scope())
    for start in range(0, 100, 20):
        library.tag([mine], add=[f"tag-{number:03}" for number in range(start, start + 20)])
    corrections = Corrections(desk.scope(), renew=lambda _: None)
    corrections.flip_mask(mine, 0)
    with desk.database.writing() as session:
        for number in range(260):
            session.add(
                Attempt(
                    task_ref=mine,
                    kind="poll",
                    started_at=desk.clock(),
                    duration_ms=1,
                    http_status=200,
                    result="pending",
                    detail=f"call {number}",
                )
            )
            session.add(Usage(credential_id=token.id, day=f"20{number:02}-01-01", kind="poll", calls=1))
    share = Sharing(desk.scope())
    share.make([mine])
    export = TeamExport(desk.scope())

    archive = zipfile.ZipFile(io.BytesIO(b"".join(export.write())))

    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in archive.read(name).splitlines()]

    assert [line["detail"] for line in lines(f"attempts/{mine}.jsonl")] == [
        f"call {number}" for number in range(260)
    ]
    assert len([name for name in archive.namelist() if name.startswith("results/")]) == 230
    assert len(lines("tags.jsonl")) == 100
    assert len(lines("usage.jsonl")) == 260
    assert [(line["start"], line["author"]) for line in lines(f"masks/{mine}.jsonl")] == [(0, "this machine")]
    assert lines("shares.jsonl")[0]["tasks"] == [mine]


def store_result(desk: Desk, task_id: str) -> None:
    """A finished task with a part that no text editor likes."""
    now = desk.clock()
    with desk.database.writing() as session:
        task = Task(
            team_id=desk.team_id,
            api_url="https://ocr.example",
            task_id=task_id,
            operation="RecognizeImage",
            trial=False,
            state=State.COMPLETED.value,
            registered_at=now,
            expires_at=now,
            completed_at=now,
        )
        session.add(task)
        session.flush()
        part = Part(
            task_ref=task.id or 0,
            position=0,
            type="Text",
            media_type="text/plain",
            extension=".txt",
            data=HOSTILE,
            size=len(HOSTILE),
            sha256="",
            text="raw",
            remarks=[],
        )
        session.add(part)


def count(desk: Desk, table: type[Task] | type[Part]) -> int:
    """How many rows of a table are of the desk's team."""
    with desk.database.reading() as session:
        rows = select(func.count()).select_from(table)
        if table is Part:
            rows = rows.join(Task)
        return session.exec(rows.where(Task.team_id == desk.team_id)).one()
