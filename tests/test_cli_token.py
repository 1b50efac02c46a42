"""``ocr-dashboard token``: secrets come in by prompt or pipe, and nothing says them again."""

import codecs
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.cli_token import table, typed_text
from dashboard.errors import InputRefused
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.services.credentials.pasted_secrets import clean_token
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import load_settings
from tests.chaos.waiting import wait_until
from tests.commands import Run

SECRET = "planted-secret-0123456789"


@pytest.fixture
def service() -> Iterator[SandboxServer]:
    """A service that takes logins and tokens."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def told(run: Run, service: SandboxServer) -> Run:
    """Runs commands against that service; no output may contain the secret."""
    run("token", "list")  # makes the key file, which is said once

    def command(*arguments: str, **given: str | bytes) -> tuple[int, str]:
        code, said = run(*arguments, **{"api_url": service.url, **given})
        assert SECRET not in said
        assert DEMO_ACCESS_TOKEN not in said
        assert "Traceback" not in said
        return code, said

    return command


@pytest.fixture
def dashboard(told: Run) -> Iterator[Dashboard]:
    """What the commands work on, opened beside them."""
    assert told("token", "list")[0] == 0
    built = bootstrap.build(load_settings(), worker=True)
    yield built
    built.stop()


def test_adding_a_token(told: Run, dashboard: Dashboard) -> None:
    """From a pipe, in whatever dress; the second time it is recognised."""
    code, said = told("token", "add", "--label", "Archive", stdin=f"Bearer {SECRET}\n")
    assert (code, said) == (0, "Token 1, “Archive”, is registered.\n")
    code, said = told("token", "add", "--label", "Other", stdin=SECRET)
    assert (code, said) == (0, "This one is registered already: token 1, “Archive”.\n")
    assert [view.hint for view in dashboard.team.credentials.all()] == [SECRET[-4:]]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-16-be with its mark"],
)
@pytest.mark.parametrize(
    "text", [SECRET, f"{SECRET}\r\n", f"Bearer {SECRET}\n", f'{{"access_token":"{SECRET}"}}']
)
def test_what_a_pipe_holds(encoding: str, text: str) -> None:
    """PowerShell and Notepad write UTF-16, with and without a mark."""
    mark = codecs.BOM_UTF16_BE if encoding.endswith("mark") else b""
    piped = mark + text.encode(encoding.partition(" ")[0])
    assert clean_token(typed_text(piped)) == SECRET


def test_a_pipe_that_holds_no_text() -> None:
    """Is refused without repeating it."""
    for piped in (b"planted\xff\xfe\xff", b"\xff\xfep", b"\x89PNG\r\n\x1a\n\x00\x00"):
        with pytest.raises(InputRefused, match="no text in UTF-8 or UTF-16") as refused:
            typed_text(piped)
        assert "planted" not in str(refused.value)


def test_adding_from_a_utf_16_file(told: Run, dashboard: Dashboard) -> None:
    """Through the command itself, and a file that is no text is one sentence."""
    code, said = told("token", "add", "--label", "Archive", stdin=f"Bearer {SECRET}\r\n".encode("utf-16"))
    assert (code, said) == (0, "Token 1, “Archive”, is registered.\n")
    assert [view.hint for view in dashboard.team.credentials.all()] == [SECRET[-4:]]
    code, said = told("token", "add", stdin=b"\xff\xfe\xff")
    assert (code, said.count("\n")) == (1, 1)
    assert "no text in UTF-8 or UTF-16" in said


def test_adding_a_client(told: Run, dashboard: Dashboard) -> None:
    """Says at once whether the login works, which costs nothing."""
    code, said = told("token", "add", "--label", "Robot", "--client-id", "app", stdin=f"{SECRET}\n")
    assert code == 0
    assert said.splitlines()[0] == "Token 1, “Robot”, is registered."
    assert "It works: a new access token was minted." in said
    (view,) = dashboard.team.credentials.all()
    assert (view.client_id, view.health) == ("app", "working")


def test_adding_a_client_that_does_not_work_yet(told: Run, dashboard: Dashboard) -> None:
    """It is registered all the same: new pairs can take a day."""
    code, said = told("token", "add", "--client-id", "app", stdin="wrong")
    assert code == 0
    assert "is registered." in said
    assert "The login does not work: " in said
    assert dashboard.team.credentials.get(1).health == "rejected"


def test_adding_a_client_while_the_service_is_away(told: Run) -> None:
    """Said in a sentence; the pair is kept."""
    code, said = told("token", "add", "--client-id", "app", stdin=SECRET, api_url="http://127.0.0.1:9")
    assert code == 0
    assert "The login does not work: " in said


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ([], ""),
        ([], f"{SECRET} {SECRET}"),
        ([], SECRET * 2_000),
        (["--client-id", "app"], ""),
        (["--client-id", ""], SECRET),
        (["--client-id", "app"], f"{SECRET} {SECRET}"),
        (["--api-url", f"https://user:{SECRET}@ocr.example"], SECRET),
    ],
    ids=["nothing", "two", "long", "no secret", "no ID", "two secrets", "in the URL"],
)
def test_what_cannot_be_used(told: Run, dashboard: Dashboard, arguments: list[str], stdin: str) -> None:
    """Exit code 1 and one sentence."""
    code, said = told("token", "add", *arguments, stdin=stdin)
    assert code == 1
    assert re.fullmatch(r"ocr-dashboard: [^\n]+\n", said)
    assert dashboard.team.credentials.all() == []


@pytest.mark.skipif(os.name != "posix", reason="terminals are of another kind")
def test_a_terminal_does_not_show_what_is_typed(tmp_path: Path) -> None:
    """The secret is asked for, with the echo off."""
    import termios  # only there

    ours, theirs = os.openpty()
    environment = {**os.environ, "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data")}
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "token", "add", "--label", "Typed"],
        cwd=Path(__file__).parents[1],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    try:
        wait_until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "the echo is off")
        os.write(ours, f"{SECRET}\n".encode())
        while b"is registered." not in said:
            said += os.read(ours, 1000)
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(ours)
    assert b"Access token" in said
    assert SECRET.encode() not in said


def test_an_empty_list(told: Run) -> None:
    """Says how to begin; as JSON it is an empty list."""
    assert told("token", "list") == (
        0,
        "No token is registered. “ocr-dashboard token add” registers one.\n",
    )
    assert told("token", "list", "--json") == (0, "[]\n")


def test_the_list(told: Run, dashboard: Dashboard) -> None:
    """One line for each, newest first, in columns; JSON says everything but secrets."""
    told("token", "add", "--label", "Archive", stdin=SECRET)
    told("token", "add", "--label", "Robot", "--client-id", "app", stdin=SECRET)
    dashboard.team.intake.register([NewTask(task_id="open-0001", credential_id=1)])
    code, said = told("token", "list")
    head, robot, archive = said.splitlines()
    assert code == 0
    words = ["ID", "LABEL", "KIND", "SERVICE", "HEALTH", "ENDS OR RENEWS", "TODAY", "MONTH", "OPEN TASKS"]
    assert re.split(r" {2,}", head) == words
    assert re.fullmatch(
        r" 2  Robot    client  http://\S+  working       \d{4}-\d\d-\d\d \d\d:\d\d +0 +0 +0", robot
    )
    assert re.fullmatch(r" 1  Archive  pasted  http://\S+  not used yet  - +0 +0 +1", archive)

    two, one = json.loads(told("token", "list", "--json")[1])
    assert (two["id"], two["kind"], two["client_id"]) == (2, "client_credentials", "app")
    assert two["calls"] == {"today": 0, "month": 0, "by_kind": {"login": 1}}
    assert (one["label"], one["health"], one["open_tasks"]) == ("Archive", "not used yet", 1)


def test_columns_are_aligned() -> None:
    """Numbers end, words begin below each other; a long word does not push the others away."""
    lines = table(["ID", "LABEL", "HEALTH"], [["1", "a" * 60, "ok"], ["12", "b", "expired"]])
    assert lines == [
        "ID  LABEL" + " " * 35 + "  HEALTH",
        " 1  " + "a" * 39 + "…  ok",
        "12  b" + " " * 39 + "  expired",
    ]


def test_testing_a_client(told: Run) -> None:
    """Costs nothing, so nothing is asked; exit code 1 when it does not work."""
    told("token", "add", "--client-id", "app", stdin=SECRET)
    code, said = told("token", "test", "1")
    assert code == 0
    assert said.startswith("A new access token is minted, which costs nothing.\nIt works")
    told("token", "add", "--client-id", "app", stdin="wrong")
    code, said = told("token", "test", "2")
    assert code == 1
    assert "invalid_client" in said


def test_testing_a_pasted_token(told: Run, dashboard: Dashboard) -> None:
    """Says the cost first and waits for a yes; without one no call is made."""
    told("token", "add", stdin=DEMO_ACCESS_TOKEN)
    for stdin in ("n\n", ""):
        code, said = told("token", "test", "1", stdin=stdin)
        assert code == 1
        assert "one call to the service, which counts and may be billed" in said
        assert dashboard.team.credentials.get(1).meter.today == 0
    for arguments, stdin in ((["1"], "y\n"), (["1", "--yes"], "")):
        code, said = told("token", "test", *arguments, stdin=stdin)
        assert code == 0
        assert "It works. This was one call" in said
    assert dashboard.team.credentials.get(1).meter.today == 2


def test_a_pasted_token_that_does_not_work(told: Run) -> None:
    """Exit code 1, and the service's reason."""
    told("token", "add", stdin=SECRET)
    code, said = told("token", "test", "1", "--yes")
    assert code == 1
    assert "401" in said


@pytest.mark.parametrize("command", [["test", "9"], ["remove", "9", "--yes"]], ids=" ".join)
def test_a_token_there_is_not(told: Run, command: list[str]) -> None:
    """Exit code 1 and a sentence."""
    assert told("token", *command) == (1, "ocr-dashboard: There is no such token in this team.\n")


def test_removing(told: Run, dashboard: Dashboard) -> None:
    """Only after a yes, which is asked with what depends on it."""
    told("token", "add", "--label", "Old", stdin=SECRET)
    (ref,) = dashboard.team.intake.register(
        [NewTask(task_id="open-0001", credential_id=1)]
    ).registered.values()
    told("token", "add", "--label", "Heir", stdin=f"{SECRET}-2")
    code, said = told("token", "remove", "1", "--heir", "2", stdin="n\n")
    assert code == 1
    assert "“Old”: 1 open task, which token 2 takes over." in said
    assert len(dashboard.team.credentials.all()) == 2
    assert told("token", "remove", "1", "--heir", "2", "--yes") == (0, "Removed.\n")
    assert dashboard.team.tasks.detail(ref).credential_label == "Heir"
    code, said = told("token", "remove", "2", stdin="y\n")
    assert code == 0
    assert "will wait for another token" in said
    assert dashboard.team.credentials.all() == []
