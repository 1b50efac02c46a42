"""Commands for scripts: at a server, in place, and what they load."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard import bootstrap, cli_run
from dashboard.bootstrap import Dashboard
from dashboard.cli_progress import progress, shown
from dashboard.models import RawPart, Role, State, Task
from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.services.tasks.piped_ids import entries_in
from dashboard.settings import Settings
from dashboard.store.board_filter import BoardFilter
from tests.browser.running import submit
from tests.commands import DASHBOARD, Run
from tests.served import served
from tests.storing import put_result
from tests.test_client import HEAVY, REGISTERED, stub
from tests.web.serving import NOBODY, part

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
OTHER = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"


@pytest.fixture(params=["at a server", "in place"])
def app(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Dashboard]:
    """The dashboard that commands work with; each test runs once over its API and once beside it."""
    remote = request.param == "at a server"
    monkeypatch.setenv("OCR_DASHBOARD_DATA_DIR", str(tmp_path / "data"))
    access = "team" if remote else "open"
    built = bootstrap.build(Settings(data_dir=tmp_path / "data", access=access, api_url=NOBODY, poller="off"))
    if remote:
        with served(built) as url:
            key = built.team.members.make_key(label="script", role=Role.EDITOR)
            monkeypatch.setenv("OCR_DASHBOARD_URL", url)
            monkeypatch.setenv("OCR_DASHBOARD_KEY", key)
            yield built
    else:
        yield built
    built.stop()


def finished(app: Dashboard, task_id: str, *parts: RawPart, state: State = State.COMPLETED) -> int:
    """Store a task that has ended."""
    now = datetime.now(UTC)
    with app.database.writing() as session:
        task = Task(
            team_id=app.team.team_id,
            api_url=NOBODY,
            task_id=task_id,
            operation="RecognizeImage",
            state=state.value,
            label="Größe",
            registered_at=now,
            expires_at=now,
            completed_at=now,
        )
        return put_result(session, task, parts)


class TestAdd:
    """``add``."""

    def test_what_becomes_of_each(self, run: Run, app: Dashboard) -> None:
        """New, known and refused ones; a refused one is said on standard error and by the exit code."""
        known = finished(app, "known-0001")
        code, said = run("add", ID, "known-0001", "no id!", "--label", "May", "--trial", "--json")
        answer = json.loads(said[said.index("{") : said.rindex("}") + 1])
        assert code == cli_run.PARTLY
        assert [(it["task_id"], it["label"], it["trial"]) for it in answer["registered"]] == [
            (ID, "May", True)
        ]
        assert [it["id"] for it in answer["known"]] == [known]
        assert [it["task_id"] for it in answer["rejected"]] == ["no id!"]
        assert "ocr-dashboard: no id!: not a task ID" in said

    def test_lines_for_people(self, run: Run, app: Dashboard) -> None:
        """Number, state, ID and label, as in the list."""
        code, said = run("add", ID, "--label", "May", "--operation", "RecognizePdf")
        (row,) = app.team.board.look(BoardFilter()).rows
        assert (code, row.operation) == (0, "RecognizePdf")
        line = next(it for it in said.splitlines() if "\t" in it)
        assert line.split("\t")[:3] == [str(row.id), "pending", ID]
        assert line.endswith("May")

    def test_what_is_piped_in(self, run: Run, app: Dashboard) -> None:
        """Is read as on the page."""
        code, said = run("add", "-", stdin=f"Task;Label\n{ID};Invoice March\n{OTHER};Letter\n")
        assert code == 0, said
        assert {row.task_id: row.label for row in app.team.board.look(BoardFilter()).rows} == {
            ID: "Invoice March",
            OTHER: "Letter",
        }

    def test_nothing_piped_in(self, run: Run) -> None:
        """Is said, and nothing is done."""
        code, said = run("add", "-", stdin="good morning\n")
        assert (code, said) == (1, "ocr-dashboard: No task ID was found in what was piped in.\n")

    def test_unknown_token(self, run: Run, app: Dashboard) -> None:
        """Is refused like an ID that is none."""
        code, said = run("add", ID, "--token", "nobody's")
        assert code == cli_run.PARTLY
        assert "there is no token with that label" in said
        assert app.team.board.look(BoardFilter()).total == 0

    def test_the_time_is_over(self, run: Run, app: Dashboard) -> None:
        """The exit code says so, and what was added is printed."""
        code, said = run("add", ID, "--wait", "--timeout", "0", poller="off")
        assert code == cli_run.NOT_OVER
        assert f"1 of 1: {ID} pending" in said
        assert app.team.board.look(BoardFilter()).total == 1


class TestList:
    """``list``."""

    def test_newest_first(self, run: Run, app: Dashboard) -> None:
        """As a table or as JSON, as many as asked for."""
        for number in range(3):
            finished(app, f"done-000{number}")
        code, said = run("list", "--limit", "2")
        assert (code, [line.split("\t")[2] for line in said.splitlines()]) == (0, ["done-0002", "done-0001"])
        code, said = run("list", "--limit", "0", "--json")
        assert [it["task_id"] for it in json.loads(said)] == ["done-0002", "done-0001", "done-0000"]
        assert json.loads(run("list", "--state", "failed", "--json")[1]) == []
        assert json.loads(run("list", "--search", "0001", "--json")[1])[0]["label"] == "Größe"
        assert json.loads(run("list", "--at-risk", "--json")[1]) == []

    def test_a_state_there_is_not(self, run: Run, app: Dashboard) -> None:
        """Is refused with those there are."""
        code, said = run("list", "--state", "lost")
        assert code == 1
        assert said.startswith("ocr-dashboard: unknown state; use some of pending, ")
        assert app.team.board.look(BoardFilter()).total == 0


class TestGet:
    """``get``."""

    def test_a_result(self, run: Run, app: Dashboard, tmp_path: Path) -> None:
        """Its text and nothing else, in a format, into a file."""
        ref = finished(app, "done-0001", part("Text", "Größe 5\n"))
        assert run("get", "done-0001") == (0, "Größe 5\n")
        assert json.loads(run("get", str(ref), "--format", "json")[1])["text"] == "Größe 5\n"
        assert run("get", str(ref), "--out", str(tmp_path / "out.txt"), "--wait") == (0, "")
        assert (tmp_path / "out.txt").read_text("utf-8") == "Größe 5\n"
        code, said = run("get", str(ref), "--out", str(tmp_path / "none" / "out.txt"))
        assert code == 1
        assert said.endswith("cannot be written: No such file or directory.\n")

    def test_no_result_yet(self, run: Run, app: Dashboard) -> None:
        """Exit code 3, also when the time is over."""
        run("add", ID)
        code, said = run("get", ID)
        assert (code, said.startswith("ocr-dashboard: ")) == (cli_run.NOT_OVER, True)
        code, said = run("get", ID, "--wait", "--timeout", "0", poller="off")
        assert (code, said) == (cli_run.NOT_OVER, "ocr-dashboard: Task 1 is still pending.\n")
        assert app.team.board.look(BoardFilter()).total == 1

    def test_none_at_all(self, run: Run, app: Dashboard) -> None:
        """Exit code 4."""
        ref = finished(app, "lost-0001", state=State.NOT_FOUND)
        assert run("get", "lost-0001") == (
            cli_run.PARTLY,
            f"ocr-dashboard: Task {ref} ended without a result: not found.\n",
        )

    @pytest.mark.parametrize("reference", ["99", "nobody-0001", "..", " "])
    def test_tasks_there_are_not(self, run: Run, app: Dashboard, reference: str) -> None:
        """Exit code 1 with a sentence."""
        code, said = run("get", reference)
        assert (code, said.startswith("ocr-dashboard: There is no such task here")) == (1, True)
        assert app.team.board.look(BoardFilter()).total == 0


def test_without_a_server_it_polls_by_itself(run: Run) -> None:
    """The whole job in place: added, polled, and printed."""
    with SandboxServer(state=SandboxState()) as service:
        task_id = submit(service)
        code, said = run("add", task_id, "--trial", "--wait", "--timeout", "60", api_url=service.url)
        assert code == 0, said
        assert "1 of 1: " in said
        code, text = run("get", task_id, api_url=service.url)
    assert code == 0
    assert "*" in text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ocr.example.org", "OCR_DASHBOARD_URL: write the address of a dashboard"),
        ("https://ann:planted@ocr.example.org", "OCR_DASHBOARD_URL: write the address of a dashboard"),
    ],
)
def test_addresses_that_are_none(run: Run, url: str, words: str) -> None:
    """Are refused by name, without what they hold."""
    code, said = run("list", url=url)
    assert (code, said.startswith(f"ocr-dashboard: {words}")) == (1, True)
    assert "planted" not in said


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (ID.encode(), [{"task_id": ID}]),
        (f"{ID}\r\n{OTHER}\r\n".encode("utf-16"), [{"task_id": ID}, {"task_id": OTHER}]),
        (b"scan-000017\n", [{"task_id": "scan-000017"}]),
        (b"the scan-000017 of May is not here\n", []),
        (
            f"curl 'https://ocr.example/v5.0/ocr/RecognizePdf?id={ID}'".encode(),
            [
                {
                    "task_id": f"https://ocr.example/v5.0/ocr/RecognizePdf?id={ID}",
                    "operation": "RecognizePdf",
                    "trial": False,
                }
            ],
        ),
        (b"\xff\xfe\x00", []),
        (b"", []),
    ],
)
def test_piped_text(data: bytes, entries: list[dict[str, object]]) -> None:
    """In any dress, encoding and number."""
    found = list(entries_in(data))
    assert found == entries


class TestProcesses:
    """As people start them."""

    def test_little_is_loaded(self) -> None:
        """With a server, nothing of the database, the pages and the web."""
        code = (
            "import sys, contextlib; sys.argv = ['ocr-dashboard', 'add', 'a-0001']; import dashboard.__main__ as m\n"
            "with contextlib.suppress(SystemExit): m.main()\n"
            "print(*sys.modules)"
        )
        with stub(REGISTERED, (404, {}, b'{"detail": "gone"}')) as server:
            environment = {"OCR_DASHBOARD_URL": server.url, "PATH": ""}
            command = [sys.executable, "-c", code]
            ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 - our own
        assert len(server.seen) == 2, ran.stderr
        loaded = set(ran.stdout.split())
        assert loaded & (HEAVY - {"pydantic", "typer"}) == set()

    def test_the_exit_code_and_the_streams(self, tmp_path: Path) -> None:
        """Results on standard output, everything else on standard error."""
        environment = {"OCR_DASHBOARD_DATA_DIR": str(tmp_path), "OCR_DASHBOARD_API_URL": NOBODY, "PATH": ""}

        def ran(*arguments: str) -> tuple[int, str, str]:
            done = subprocess.run(  # noqa: S603 - our own
                [*DASHBOARD, *arguments],
                capture_output=True,
                text=True,
                env=environment,
                cwd=tmp_path,
                check=False,
            )
            return done.returncode, done.stdout, done.stderr

        code, out, error = ran("add", ID, "no id!")
        assert (code, out.count("\n"), error.count("ocr-dashboard: no id!")) == (cli_run.PARTLY, 1, 1)
        assert ran("get", ID)[:2] == (cli_run.NOT_OVER, "")
        assert ran("list", "--nothing")[0] == 2
        assert ran("list")[:2] == (0, out)


def test_nothing_steers_a_terminal() -> None:
    """Labels and texts are strangers' words."""
    assert shown("a\x1b[2Jb\x9bc\td\n") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\td\n"


def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And what is named in it is taken literally."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress("Waiting", 2) as tell:
        tell("[red]scan[/red] \x1b[2J completed")
        tell("two")
    said = capsys.readouterr()
    assert said.out == ""
    assert "\x1b[2J" not in said.err
