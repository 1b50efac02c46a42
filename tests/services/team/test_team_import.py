"""A team's export in another deployment: the same team with other numbers, or nothing at all."""

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, func, select

from dashboard.errors import InputRefused, StoreUnavailable
from dashboard.models import (
    METADATA,
    SYSTEM,
    Actor,
    Attempt,
    Batch,
    Operation,
    Preset,
    Role,
    State,
    Submission,
    Task,
    Team,
    Usage,
)
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.credentials.credential_views import Health
from dashboard.services.library.indexing import Indexing
from dashboard.services.library.library import Library
from dashboard.services.library.library_address import LibraryRequest
from dashboard.services.library.saved_views import Place, SavedViews
from dashboard.services.results.corrections import Corrections
from dashboard.services.results.sharing import Sharing
from dashboard.services.results.sources import Sources
from dashboard.services.team import team_import
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team.team_export import TeamExport
from dashboard.services.team.team_import import Imported, TeamImport
from dashboard.services.team.team_settings import TeamSettings
from dashboard.store import audit, batches, teams
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database, sqlite_url
from dashboard.store.migrating import migrate
from dashboard.store.secrecy import SecretBox, verify_readable
from tests.postgres import PostgresServer
from tests.services.conftest import KEY, Desk
from tests.services.stored import store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(9)
HOSTILE = b"\x00\xff<script>\r\n\x1b[31m\xed\xa0\x80 raw"
WIDE = "Größe\u0000 \ud83d\ude00".encode("utf-16", "surrogatepass")


@pytest.fixture(scope="module")
def _second(postgres: PostgresServer) -> Iterator[str]:
    """Another migrated database on PostgreSQL."""
    second = Database(postgres.create("elsewhere"))
    migrate(second)
    second.close()
    yield postgres.url("elsewhere")
    postgres.drop("elsewhere")


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Desk]:
    """Another deployment, on the other kind of database; its numbers have gone on already."""
    if database.is_sqlite:
        url = request.getfixturevalue("_second")
    else:
        url = sqlite_url(tmp_path / "elsewhere")
        shutil.copy(request.getfixturevalue("_migrated_file"), tmp_path / "elsewhere" / "dashboard.db")
    other = Database(url)
    desk = Desk(database=other, team_id=0)
    with other.writing() as session:
        first = teams.default_team(session=session, now=desk.clock())
        neighbour = teams.add(session=session, slug="neighbour", name="Neighbour", now=desk.clock())
    there = Desk(database=other, team_id=neighbour.id or 0, clock=desk.clock)
    for number in range(3):
        store(there, f"a neighbour's text {number}")
    there.credentials.add(label="Theirs", access_token="another-token-that-is-long-enough")
    members = members_of(there, SYSTEM)
    members.make_link(role=Role.VIEWER)
    members.make_key(label="theirs", role=Role.EDITOR)
    yield Desk(database=other, team_id=first.id or 0, clock=desk.clock)
    other.close()
    if database.is_sqlite:
        request.getfixturevalue("postgres").empty("elsewhere")


def members_of(desk: Desk, actor: Actor) -> Members:
    """What owners decide."""
    return Members(desk.scope(actor), forget=lambda: None)


def importing(desk: Desk, **given: Any) -> TeamImport:  # noqa: ANN401 - arguments of any type
    """Imports into a deployment."""
    values: dict[str, Any] = {
        "database": desk.database,
        "box": SecretBox([KEY]),
        "indexing": Indexing(database=desk.database, clock=desk.clock),
        "clock": desk.clock,
        "rest": lambda _: None,
    }
    return TeamImport(**{**values, **given})


def exported(desk: Desk, path: Path) -> Path:
    """The export of a desk's team, as a file."""
    export = TeamExport(desk.scope())
    path.write_bytes(b"".join(export.write()))
    return path


@pytest.fixture
def filled(desk: Desk, access: Access) -> Desk:
    """A team with something of everything, in the name of two people who are called the same."""
    joined = members_of(desk, SYSTEM)
    owner = _joined(access, joined.make_link(role=Role.OWNER), "Ada")
    editor = _joined(access, joined.make_link(role=Role.EDITOR, label="Desk"), "Ada")
    joined.make_key(label="script", role=Role.EDITOR)
    token, _ = desk.credentials.add(label="Ours", access_token="planted-token-that-is-long-enough")
    renew = Indexing(database=desk.database, clock=desk.clock).renew
    first = store(desk, "Invoice *** of March", "second region", trial=True, label="Straße 1")
    files = [("Pdf", b"%PDF-1.7 broken"), ("Text", HOSTILE), ("Text", WIDE), ("Other", bytes(range(256)))]
    second = store(desk, "plain", files=files, credential_id=token.id, task_id="UPPER-1", notices=["well"])
    store(desk, state=State.FAILED, task_id="failed-1")
    opened = store(desk, state=State.PENDING, credential_id=token.id, completed_at=None, task_id="open-1")
    desk.change(opened, next_poll_at=desk.clock() + timedelta(hours=1), submitted_at=desk.clock())
    corrections = Corrections(desk.scope(editor), renew=renew)
    corrections.correct(second, "put right", based_on=None)
    (version,) = desk.tasks.detail(second).versions
    corrections.correct(second, "put right twice", based_on=version.id)
    corrections.flip_mask(first, 8)
    library = Library(desk.scope(editor))
    library.tag([first, opened], add=["paid", "to do"])
    SavedViews(desk.scope(editor)).save(Place.LIBRARY, "Ours", f"find=region&token={token.id}")
    library.put_away([second], archived=True)
    Sources(desk.scope(editor)).add(first, name="scan.png", data=PNG)
    sharing = Sharing(desk.scope(owner))
    sharing.make([second, first], label="For Ann")
    sharing.make([first])
    TeamSettings(desk.scope(owner), forget=access.forget).change(name="Scans & more", keep_days=30)
    with desk.database.writing() as session:
        call: dict[str, Any] = {
            "kind": "poll",
            "started_at": desk.clock(),
            "duration_ms": 7,
            "http_status": 200,
            "result": "x",
        }
        session.add_all(Attempt(task_ref=opened, detail=f"call {number}", **call) for number in range(3))
        session.add(Usage(credential_id=token.id, day="2026-05-01", kind="poll", calls=4))
        _send(session, desk, {"sent": second, "perhaps_sent": None})
    return desk


def _send(session: Session, desk: Desk, tasks: dict[str, int | None]) -> None:
    """A batch with a submission in each of these states, and settings under a name."""
    settings = SubmissionSettings(operation=Operation.RECOGNIZE_RECEIPT)
    submissions = [
        Submission(
            batch_id=0,
            team_id=desk.team_id,
            position=position,
            label=state,
            api_url="https://ocr.example",
            operation=settings.operation.value,
            trial=False,
            settings=settings.recognition.stored(),
            state=state,
            task_ref=task_ref,
        )
        for position, (state, task_ref) in enumerate(tasks.items())
    ]
    batch = Batch(team_id=desk.team_id, name="March", created_at=desk.clock(), created_by="Ada")
    batches.add(session=session, batch=batch, submissions=submissions)
    preset = Preset(
        team_id=desk.team_id,
        name="Receipts",
        settings=settings.stored(),
        created_at=desk.clock(),
        created_by="Ada",
    )
    batches.put_preset(session=session, preset=preset)


def _joined(access: Access, link: str, name: str) -> Actor:
    cookie, _ = access.join(link, cookie=None, name=name, browser="")
    visitor = access.visitor(cookie)
    assert visitor is not None
    return visitor.actor(visitor.places[0])


def content_of(path: Path) -> dict[str, bytes]:
    """The files of an export."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


ENDED = {"paused_until", "paused_since", "pause_reason", "pause_detail", "revoked_at"}
"""What tells that a secret is missing."""
OWN = {"team_id", "revision", "file", "last_seen_at"}


class Numbered:
    """An export with its numbers replaced by places in order: two teams that differ in nothing else are the same."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._places: dict[tuple[str, int], int] = {}
        self.files: dict[str, Any] = {}
        for name in ("tokens", "links", "keys", "shares", "tasks", "batches"):
            for row in sorted(_rows(content[f"{name}.jsonl"]), key=lambda row: int(row["id"])):
                self._place(name, row["id"])
        for row in _rows(content["audit.jsonl"])[::-1]:
            for person in ("sign_in_id", "person_id"):
                self._place("people", row[person])
        for name, data in content.items():
            if name not in ("export.json", "members.jsonl"):
                self.files[self._name(name)] = self._of(name, data)

    def _place(self, kind: str, number: int | None) -> int | None:
        return number if number is None else self._places.setdefault((kind, number), len(self._places))

    def _name(self, name: str) -> str:
        return re.sub(r"(?<=/)\d+", lambda found: f"#{self._place('tasks', int(found[0]))}", name)

    def _of(self, name: str, data: bytes) -> Any:  # noqa: ANN401 - rows or bytes
        if not name.endswith(".jsonl"):
            return data
        return [self._row(name.partition(".")[0].partition("/")[0], row) for row in _rows(data)]

    def _row(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        of = {"task_ref": "tasks", "credential_id": "tokens", "link_id": "links", "key_id": "keys"}
        of |= {"sign_in_id": "people", "person_id": "people", "batch_id": "batches"}
        if kind in ("tokens", "links", "keys", "shares", "tasks", "batches"):
            of["id"] = kind
        kept = {
            name: value
            for name, value in row.items()
            if name not in ENDED | OWN and (name != "id" or "id" in of)
        }
        kept = {name: self._place(of[name], value) if name in of else value for name, value in kept.items()}
        if "tasks" in kept:
            kept["tasks"] = [self._place("tasks", number) for number in row["tasks"]]
        if kind == "views":
            kept["query"] = re.sub(
                r"(?<=token=)\d+", lambda found: f"{self._place('tokens', int(found[0]))}", row["query"]
            )
        return kept


def _rows(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def imported_desk(desk: Desk, slug: str) -> Desk:
    """The team that an import has made."""
    with desk.database.reading() as session:
        team = teams.by_slug(session=session, slug=slug)
    assert team is not None
    return Desk(database=desk.database, team_id=team.id or 0, clock=desk.clock)


@pytest.mark.parametrize("slug", ["scans-2", None])
def test_there_and_exported_again(filled: Desk, elsewhere: Desk, tmp_path: Path, slug: str | None) -> None:
    """Into the other kind of database, as a new team or into the one nobody has used: the same but for numbers."""
    before = exported(filled, tmp_path / "before.zip")

    done = importing(elsewhere).run(before, slug=slug)

    assert (done.slug, done.name) == (slug or "team", "Scans & more")
    assert (done.tasks, done.files, done.open_tasks) == (4, 7, 1)
    there = imported_desk(elsewhere, done.slug)
    after = exported(there, tmp_path / "after.zip")
    was, is_now = Numbered(content_of(before)).files, Numbered(content_of(after)).files
    exported_again, brought, *log = is_now.pop("audit.jsonl")
    assert (exported_again["action"], brought["action"]) == ("team exported", "team imported")
    assert log == was.pop("audit.jsonl")
    team_was, team_is = was.pop("team.jsonl")[0], is_now.pop("team.jsonl")[0]
    assert (team_is["name"], team_is["keep_days"]) == (team_was["name"], 30)
    assert set(is_now) == set(was)
    for name in was:
        assert is_now[name] == was[name], name
    results = [data for name, data in content_of(after).items() if name.startswith("results/")]
    for data in (HOSTILE, WIDE, bytes(range(256))):
        assert data in results

    # What works there, and what waits for somebody.
    library = Library(there.scope())
    for typed, count in (("region", 1), ("right twice", 0), ("march", 1), ("neighbour", 0)):
        assert library.look(LibraryRequest(typed=typed)).total == count, typed
    assert there.board.look(BoardFilter(query="strasse")).total == 1
    (token,) = there.credentials.all()
    assert (token.health, token.meter.month, token.is_default) == (Health.REJECTED, 4, True)
    with there.database.writing() as session:
        verify_readable(session=session, box=SecretBox([KEY]))
    assert there.credentials.replace(token.id, access_token="planted-token-that-is-long-enough").health.works
    with there.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Team)).one() == (3 if slug else 2)


def test_a_second_time(filled: Desk, elsewhere: Desk, tmp_path: Path) -> None:
    """A team that is in use is left alone; under another name there are two. The hint says how."""
    file = exported(filled, tmp_path / "team.zip")
    importing(elsewhere).run(file)
    before = counted(elsewhere.database)

    with pytest.raises(InputRefused, match=r"There is a team team already.*--team team-2"):
        importing(elsewhere).run(file)
    assert counted(elsewhere.database) == before
    with pytest.raises(InputRefused, match="small letters"):
        importing(elsewhere).run(file, slug="No Name")

    importing(elsewhere).run(file, slug="team-2")
    assert counted(elsewhere.database)["task"] == before["task"] + 4


def test_beside_itself(filled: Desk, tmp_path: Path) -> None:
    """Into the very deployment it is from: nothing of the two is mixed up."""
    file = exported(filled, tmp_path / "team.zip")
    done = importing(filled).run(file, slug="copy")
    copy = imported_desk(filled, done.slug)
    assert exported(copy, tmp_path / "copy.zip").stat().st_size > 0
    was = Numbered(content_of(file)).files
    assert Numbered(content_of(tmp_path / "copy.zip")).files["tasks.jsonl"] == was["tasks.jsonl"]
    assert (
        Numbered(content_of(exported(filled, tmp_path / "again.zip"))).files["tags.jsonl"]
        == was["tags.jsonl"]
    )


def counted(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.reading() as session:
        return {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }


def test_nothing_is_asked_about_before_all_is_in(
    filled: Desk, elsewhere: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither polled nor outlived: its tasks are due, and its days are counted, from the last transaction on."""
    monkeypatch.setattr(team_import, "MOST_TASKS", 1)
    seen: list[tuple[int, int]] = []

    def look(_: int) -> None:
        with elsewhere.database.reading() as session:
            due = select(func.count()).select_from(Task).where(Task.next_poll_at != None)  # noqa: E711 - SQL
            kept = select(func.count()).select_from(Team).where(Team.keep_days != None)  # noqa: E711 - SQL
            seen.append((session.exec(due).one(), session.exec(kept).one()))

    importing(elsewhere, told=look).run(exported(filled, tmp_path / "team.zip"))
    assert seen == [(0, 0)] * 4
    look(0)
    assert seen[-1] == (1, 1)


def test_an_end_in_the_middle(
    filled: Desk, elsewhere: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C, a database that is gone for good: nothing is left of it."""
    monkeypatch.setattr(team_import, "MOST_TASKS", 1)
    file = exported(filled, tmp_path / "team.zip")
    before = counted(elsewhere.database)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing(elsewhere, told=stop).run(file)
    assert counted(elsewhere.database) == before

    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(audit, "note", refuse)
    with pytest.raises(StoreUnavailable):
        importing(elsewhere).run(file)
    assert counted(elsewhere.database) == before


def test_what_a_killed_import_has_left(filled: Desk, elsewhere: Desk, tmp_path: Path) -> None:
    """The next one removes it a day later; before that it may be under way."""
    file = exported(filled, tmp_path / "team.zip")
    with elsewhere.database.writing() as session:
        teams.add(session=session, slug="import-ab", name="X (import under way)", now=elsewhere.clock())
    importing(elsewhere).run(file, slug="one")
    assert "import-ab" in slugs(elsewhere.database)
    elsewhere.clock.advance(hours=48)
    importing(elsewhere).run(file, slug="two")
    assert slugs(elsewhere.database) == {"team", "neighbour", "one", "two"}


def slugs(database: Database) -> set[str]:
    """Names of teams in addresses."""
    with database.reading() as session:
        return {team.slug for team in teams.all_teams(session=session)}


def test_a_task_that_ends_while_the_team_is_exported(desk: Desk, elsewhere: Desk, tmp_path: Path) -> None:
    """It is listed as open, and its result is there already: it comes as it was when its files were read."""
    open_task = store(desk, state=State.PENDING, completed_at=None, task_id="open-1")
    desk.change(open_task, next_poll_at=desk.clock())
    export = TeamExport(desk.scope())
    listed = export._listed

    def then_it_ends(open_tasks: set[int]) -> Iterator[Task]:
        yield from listed(open_tasks)
        store(desk, "the result", task_id="result-1")
        with desk.database.writing() as session:
            session.execute(METADATA.tables["part"].update().values(task_ref=open_task))
        desk.change(open_task, next_poll_at=None, state=State.COMPLETED.value, completed_at=desk.clock())

    export._listed = then_it_ends  # type: ignore[method-assign]  # what happens meanwhile
    file = tmp_path / "team.zip"
    file.write_bytes(b"".join(export.write()))
    done = importing(elsewhere).run(file)
    assert (done.tasks, done.files, done.open_tasks) == (1, 1, 0)
    library = Library(elsewhere.scope())
    assert library.look(LibraryRequest(typed="result")).total == 1


Change = Callable[[dict[str, bytes]], object]


def _line(name: str, /, **changed: object) -> Change:
    """Change the first line of a file."""

    def change(content: dict[str, bytes]) -> None:
        first, *others = content[_found(content, name)].splitlines()
        row = json.dumps(json.loads(first) | changed).encode()
        content[_found(content, name)] = b"\n".join([row, *others])

    return change


def _found(content: Mapping[str, bytes], name: str) -> str:
    return next(one for one in content if one.startswith(name))


def _without(name: str) -> Change:
    return lambda content: content.pop(_found(content, name))


def _as(name: str, data: bytes) -> Change:
    return lambda content: content.update({_found(content, name): data})


def _twice(name: str) -> Change:
    return lambda content: content.update({name: content[name] * 2})


HOSTILE_FILES: dict[str, tuple[Change, str]] = {
    "format 1": (_without("export.json"), "earlier version"),
    "a later format": (_as("export.json", b'{"format": 99}'), "newer version"),
    "no format": (_as("export.json", b"[" * 100_000), "not the export of a team"),
    "two teams": (_twice("team.jsonl"), "not the export of one team"),
    "no team": (_without("team.jsonl"), "not the export of one team"),
    "no JSON": (_as("tasks.jsonl", b"{nothing}\n"), "line 1 of tasks.jsonl"),
    "a list": (_as("tasks.jsonl", b"[1]\n"), "line 1 of tasks.jsonl"),
    "deep": (_as("tasks.jsonl", b"[" * 1_000_000 + b"\n"), "line 1 of tasks.jsonl"),
    "no state": (_line("tasks.jsonl", state="won"), r"\(state\)"),
    "a number as text": (_line("tasks.jsonl", polls="7"), r"\(polls\)"),
    "a large number": (_line("tasks.jsonl", polls=2**40), r"\(polls\)"),
    "no moment": (_line("tasks.jsonl", completed_at="soon"), r"\(completed_at\)"),
    "a moment without zone": (_line("tasks.jsonl", completed_at="2026-01-01T00:00:00"), r"\(completed_at\)"),
    "a moment before all": (
        _line("tasks.jsonl", completed_at="0001-01-01T00:00:00+14:00"),
        r"\(completed_at\)",
    ),
    "a service inside": (_line("tasks.jsonl", api_url="file:///etc/passwd"), r"\(api_url\)"),
    "a long label": (_line("tasks.jsonl", label="x" * 50_000), r"\(label\)"),
    "tasks twice": (_twice("tasks.jsonl"), "twice"),
    "views twice": (_twice("views.jsonl"), "does not fit together"),
    "a role": (_line("keys.jsonl", role="god"), r"\(role\)"),
    "a detail": (_line("audit.jsonl", detail={"a": {"b": 1}}), "a line of audit.jsonl"),
    "a file that is missing": (_without("results/"), "is missing"),
    "a file from elsewhere": (_line("facts/", file="../../etc/passwd"), "not among the results"),
    "a file of another kind": (_line("facts/", file="tasks.jsonl"), "not among the results"),
    "a file of two": (_twice("facts/1.jsonl"), "named twice"),
    "no text": (_line("facts/", file=None), r"\(file\)"),
    "a name without anything to see": (_line("team.jsonl", name="\u200b"), "needs a name"),
    "a name in addresses": (_line("team.jsonl", slug="../x"), "small letters"),
}


def test_a_hostile_file(hostile: tuple[Desk, dict[str, bytes]], tmp_path: Path) -> None:
    """One sentence about it, and nothing is kept."""
    desk, content = hostile
    for what, (change, words) in HOSTILE_FILES.items():
        changed = dict(content)
        change(changed)
        path = tmp_path / f"{what}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in changed.items():
                archive.writestr(name, data)
        refused(desk, path, words)


def refused(desk: Desk, path: Path, words: str) -> None:
    """A file is refused with these words, and leaves nothing behind."""
    before = counted(desk.database)
    with pytest.raises(InputRefused, match=words) as found:
        importing(desk).run(path)
    assert str(found.value).endswith((".", "?"))
    assert counted(desk.database) == before


@pytest.fixture
def hostile(filled: Desk, tmp_path: Path) -> tuple[Desk, dict[str, bytes]]:
    """Where it is brought to, and the files of an honest export to begin with."""
    content = content_of(exported(filled, tmp_path / "honest.zip"))
    row = json.loads(content["team.jsonl"]) | {"slug": "brought"}
    return filled, {**content, "team.jsonl": json.dumps(row).encode() + b"\n"}


def test_no_zip(
    hostile: tuple[Desk, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, a folder, something else, cut off, damaged, encrypted, twice the same name, a bomb."""
    desk, content = hostile
    refused(desk, tmp_path / "missing.zip", "cannot be read")
    refused(desk, tmp_path, "cannot be read")
    whole = (tmp_path / "honest.zip").read_bytes()
    for name, data in {
        "text": b"Hello",
        "empty": b"",
        "cut": whole[:-30],
        "half": whole[: len(whole) // 2],
    }.items():
        (tmp_path / name).write_bytes(data)
        refused(desk, tmp_path / name, "no ZIP file, or a damaged one")
    odd = tmp_path / "odd.zip"
    honest = io.BytesIO()
    with zipfile.ZipFile(honest, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    odd.write_bytes(honest.getvalue().replace(HOSTILE, HOSTILE[:-1] + b"x"))
    refused(desk, odd, "no ZIP file, or a damaged one")  # its checksum
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("export.json", b"{}")
    refused(desk, odd, "packed in a way")
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("export.json", b'{"format": 2}')
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("export.json", b'{"format": 2}')
    refused(desk, odd, "same name")
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("photo.jpg", b"no export at all")
    refused(desk, odd, "is missing in it")
    monkeypatch.setattr("dashboard.services.team.export_file._USUAL", 10_000)
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.json", b'{"format": 2}')
        archive.writestr("tasks.jsonl", b"\n" * 20_000_000)
    refused(desk, odd, "far more than an export")
    monkeypatch.setattr("dashboard.services.team.export_file.MOST_LISTED", 2)
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("export.json", b'{"format": 2}')
        archive.writestr("team.jsonl", content["team.jsonl"] * 3)
    refused(desk, odd, "more than any team has")
    monkeypatch.setattr("dashboard.services.team.export_file.LARGEST", 100)
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("export.json", b'{"format": 2}')
        archive.writestr("team.jsonl", b"x" * 200)
    refused(desk, odd, "never ends")
    with zipfile.ZipFile(odd, "w") as archive:
        archive.writestr("results/1", b"x" * 200)
    refused(desk, odd, "larger than any result")


def test_the_media_type_of_a_stranger(hostile: tuple[Desk, dict[str, bytes]], tmp_path: Path) -> None:
    """Files are handed out as what we know, whatever the import calls them."""
    desk, content = hostile
    before = len(stored_as(desk, "application/octet-stream"))
    _line("facts/", media_type="text/evil", extension=".exe")(content)
    path = tmp_path / "team.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    done: Imported = importing(desk).run(path)
    assert done.files == 7
    assert stored_as(desk, "text/evil") == []
    assert stored_as(desk, "application/octet-stream") == [".bin"] * (2 * before + 1)


def stored_as(desk: Desk, media_type: str) -> list[str]:
    """The endings of all files of a media type."""
    part = METADATA.tables["part"]
    with desk.database.reading() as session:
        found = session.execute(select(part.c.extension).where(part.c.media_type == media_type))
        return [ending for (ending,) in found]
