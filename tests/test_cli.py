"""The command line: what it says, what it refuses, how it ends."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import text
from typer.testing import CliRunner

from dashboard import __version__, bootstrap, cli
from dashboard.sandbox import SandboxServer
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import Settings
from tests.browser.running import submit
from tests.commands import Run, Running, free_port, is_free, running

SECRET = "planted-secret-0123456789"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["serve", "worker", "sandbox", "doctor", "support", "token", "team", "secrets", "--version"]),
        ([], ["reindex", "backup", "verify", "restore"]),
        (["serve"], ["--host", "--port", "--sandbox", "--log-level", "--log-json"]),
        (["worker"], ["--log-level", "--log-json"]),
        (["sandbox"], ["--port", "--token-seconds", "--log-level"]),
        (["doctor"], ["Check settings, database, secrets and the service"]),
        (["support"], ["FILE.zip", "--force", "without secrets"]),
        (["token"], ["add", "list", "test", "remove"]),
        (["token", "add"], ["--label", "--client-id", "--api-url", "standard input"]),
        (["token", "list"], ["--json"]),
        (["token", "test"], ["ID", "--yes"]),
        (["token", "remove"], ["ID", "--heir", "--yes"]),
        (["team"], ["list", "owner-link"]),
        (["team", "owner-link"], ["[TEAM]", "24 hours"]),
        (["secrets"], ["status", "rotate", "forget-unreadable"]),
        (["secrets", "forget-unreadable"], ["--yes", "lost"]),
        (["backup"], ["FILE", "--force", "key file is not in it"]),
        (["verify"], ["FILE", "Exit code 1"]),
        (["restore"], ["FILE", "--force", "kept"]),
        (["secrets", "rotate"], ["--new-key", "--forget-old", "--yes", "restart"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_help(command: list[str], words: list[str]) -> None:
    """Every command tells its options."""
    result = CliRunner().invoke(cli.cli, [*command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0
    for word in words:
        assert word in result.output


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_says_what_commands_say_of_themselves(name: str) -> None:
    """The list is printed without loading them."""
    assert (cli.COMMANDS[name].load(name).help or "").partition("\n\n")[0] == cli.COMMANDS[name].said


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["dance"]])
def test_next_to_nothing_is_loaded_to_say_what_there_is(arguments: list[str]) -> None:
    """No database, no pages, no settings: a second of work otherwise."""
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-X", "importtime", "-m", "dashboard", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "NO_COLOR": "1"},
    ).stderr
    loaded = {
        line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")
    }
    ours = {name for name in loaded if name.startswith("dashboard.")}
    assert ours <= {
        "dashboard.cli",
        "dashboard.cli_run",
        "dashboard.loading",
        "dashboard.errors",
        "dashboard.full_disk",
        "dashboard.counts",
    }
    assert not loaded & {"sqlalchemy", "streamlit", "requests"}


def test_version() -> None:
    """The installed one."""
    result = CliRunner().invoke(cli.cli, ["--version"])
    assert (result.exit_code, result.output) == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["serve", "--speed", "9"],
        ["serve", "--log-level", "loud"],
        ["sandbox", "--log-level", "loud"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--port", "-1"],
        ["sandbox", "--port", "http"],
        ["sandbox", "--token-seconds", "0"],
        ["token", "add", "planted-token-as-an-argument"],
        ["token", "add", "--access-token", "planted"],
        ["token", "test", "one"],
    ],
    ids=" ".join,
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    """Exit code 2 and the usage, as everywhere."""
    code, said = run(*arguments)
    assert code == 2
    assert "Usage: ocr-dashboard" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "eighty"),
        ("port", "0"),
        ("host", "0.0.0.0"),  # noqa: S104 - refused
        ("api_url", f"https://user:{SECRET}@ocr.example"),
        ("poller", "perhaps"),
        ("secret_keys", SECRET),
        ("database_url", f"mysql://user:{SECRET}@db.example/x"),
        ("database_url", SECRET),
    ],
)
def test_wrong_settings(run: Run, command: str, name: str, value: str) -> None:
    """Exit code 1 and one sentence that names the setting, and not what it was set to."""
    code, said = run(command, **{name: value})
    assert code == 1
    assert said.startswith("ocr-dashboard: ")
    assert f"OCR_DASHBOARD_{name.upper()}" in said
    assert SECRET not in said
    assert said.count("\n") == 1


def test_wrong_options(run: Run) -> None:
    """An option is refused like the setting it stands for."""
    code, said = run("serve", "--port", "99999")
    assert code == 1
    assert said.startswith("ocr-dashboard: OCR_DASHBOARD_PORT: ")


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_data_folder_that_cannot_be_written(run: Run, tmp_path: Path, command: str) -> None:
    """The sentence names the folder and the setting."""
    (tmp_path / "file").write_text("in the way")
    code, said = run(command, data_dir=str(tmp_path / "file" / "data"))
    assert code == 1
    assert str(tmp_path / "file" / "data") in said
    assert "OCR_DASHBOARD_DATA_DIR" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_wrong_key(run: Run, tmp_path: Path, command: str) -> None:
    """Tokens that cannot be read stop the start: the dashboard could poll nothing and would seem to work."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data"))
    built.team.credentials.add(label="", access_token=SECRET)
    built.stop()
    code, said = run(command, secret_keys=Fernet.generate_key().decode())
    assert code == 1
    assert "OCR_DASHBOARD_SECRET_KEYS" in said
    assert SECRET not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_of_a_newer_version(run: Run, tmp_path: Path, command: str) -> None:
    """Is left alone; the sentence says what wrote it."""
    built = bootstrap.build(Settings(data_dir=tmp_path / "data"))
    with built.database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    built.stop()
    code, said = run(command)
    assert code == 1
    assert "revision 9999" in said
    assert "newer version" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["serve", "sandbox"])
def test_a_busy_port(run: Run, command: str) -> None:
    """One sentence, before anything is opened."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = run(command, "--port", port)
    assert code == 1
    assert said.startswith(f"ocr-dashboard: cannot listen on 127.0.0.1 port {port}: Address already in use. ")
    assert "--port" in said


def test_a_healthy_doctor(run: Run) -> None:
    """One line for each thing looked at, and exit code 0."""
    with SandboxServer() as service:
        code, said = run("doctor", api_url=service.url)
    assert code == 0, said
    assert re.findall(r"^(ok |BAD)  ([a-z ]+):", said, re.MULTILINE) == [
        ("ok ", "settings"),
        ("ok ", "database"),
        ("ok ", "secrets"),
        ("ok ", "backups"),
        ("ok ", "service"),
    ]


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({"port": "eighty"}, "settings"),
        ({"database_url": f"mysql://user:{SECRET}@db.example/x"}, "database"),
        ({"secret_keys": SECRET}, "database and secrets"),
        ({}, "service"),
    ],
    ids=["settings", "database", "secrets", "service"],
)
def test_a_worried_doctor(run: Run, settings: dict[str, str], subject: str) -> None:
    """Exit code 1, and a sentence about what is wrong."""
    code, said = run("doctor", **settings)
    assert code == 1
    assert re.findall(r"^BAD  ([a-z ]+):", said, re.MULTILINE)[0] == subject
    assert SECRET not in said
    assert "Traceback" not in said


def test_a_doctor_who_sees_an_open_key_file(run: Run, tmp_path: Path) -> None:
    """Whoever can read the keys can read the tokens; the sentence says what to do."""
    with SandboxServer() as service:
        run("doctor", api_url=service.url)
        (tmp_path / "data" / "secret.key").chmod(0o644)
        code, said = run("doctor", api_url=service.url)
    assert code == 1
    path = tmp_path / "data" / "secret.key"
    assert f"BAD  key file: others can read it (permissions 0644): chmod 600 {path}\n" in said


def test_a_doctor_who_makes_a_key_file(run: Run) -> None:
    """Says so once, in one line."""
    first, second = run("doctor")[1], run("doctor")[1]
    assert first.count("secret_key.created") == 1
    assert "secret_key.created" not in second


def _assert_ended_well(command: Running, ending: signal.Signals) -> None:
    code = command.end(ending)
    assert code in (0, -ending), command.said()
    assert "Traceback" not in command.said()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_alone(tmp_path: Path, ending: signal.Signals) -> None:
    """Says where it listens and what it takes, answers there, and ends on a signal."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running("sandbox", "--port", str(port), "--token-seconds", "60", folder=tmp_path) as sandbox:
        assert f"{url} " in sandbox.wait_for("Sandbox of the OCR service at")
        assert requests.get(url, timeout=5).status_code == 200
        client_id, secret = sandbox.wait_for("A client ID and secret it takes").split()[-2:]
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        assert requests.post(f"{url}/connect/token", data=form, timeout=5).json()["expires_in"] == 60
        _assert_ended_well(sandbox, ending)
    assert is_free(port)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_worker(tmp_path: Path, ending: signal.Signals) -> None:
    """Polls what a server has registered, and ends on a signal."""
    with SandboxServer() as service:
        environment = {"OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"), "OCR_DASHBOARD_API_URL": service.url}
        built = bootstrap.build(Settings(data_dir=tmp_path / "data", api_url=service.url))
        done = built.team.intake.register([NewTask(task_id=submit(service), trial=True)]).registered
        with running("worker", "--log-level", "INFO", folder=tmp_path, environment=environment) as worker:
            worker.wait_for("Polling. Press Ctrl+C to stop.")
            worker.wait_for("event=task.polled")
            _assert_ended_well(worker, ending)
        (task_ref,) = done.values()
        assert built.team.result_export.one(task_ref).data
        built.stop()
