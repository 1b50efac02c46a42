"""``ocr-dashboard secrets``: what it says about keys, and changing them without losing a token."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from dashboard import bootstrap
from dashboard.errors import TokenUnreadable
from dashboard.models import CallCredential, ParkReason
from dashboard.services.credentials import secret_keys
from dashboard.services.tasks.intake import NewTask
from dashboard.settings import Settings, load_settings
from dashboard.store import credentials, key_file
from dashboard.store.backup_facts import fingerprints
from tests.chaos.waiting import wait_until
from tests.commands import Run

SECRET = "planted-secret-0123456789"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the key file is."""
    return tmp_path / "data" / key_file.KEY_FILE


def plant(tokens: int = 2, **given: object) -> None:
    """Store tokens, with the environment's keys."""
    built = bootstrap.build(load_settings(**given), worker=True)
    for number in range(tokens):
        built.team.credentials.add(label=f"{number}", access_token=f"{SECRET}-{number}")
    built.stop()


def opened(settings: Settings) -> list[str]:
    """What is stored, decrypted as a poll does it."""
    built = bootstrap.build(settings, worker=True)
    try:
        keeper, rows = built.teams.tokens, built.team.credentials.all()
        with built.database.reading() as session:
            found = [
                credentials.get(session=session, team_id=built.team.team_id, credential_id=row.id)
                for row in rows
            ]
        return sorted(keeper.current(row.call_credential(), now=built.clock()) for row in found if row)
    finally:
        built.stop()


ALL = [f"{SECRET}-0", f"{SECRET}-1"]


def test_beside_a_running_server(run: Run, path: Path) -> None:
    """It reads the keys anew when it meets one that it does not know, and encrypts with none that was dropped."""
    plant()
    server = bootstrap.build(load_settings())
    try:
        keeper, (one, two) = server.teams.tokens, _stored(server)
        for arguments in (("--new-key", "--yes"), ("--new-key", "--forget-old", "--yes")):
            assert run("secrets", "rotate", *arguments)[0] == 0
            assert sorted(keeper.current(it, now=server.clock()) for it in _stored(server)) == ALL
        with capture_logs() as logged:
            assert keeper.current(_stored(server)[0], now=server.clock()) in ALL
            server.team.credentials.add(label="new", access_token=f"{SECRET}-2")
            known, _ = server.team.credentials.add(label="again", access_token=f"{SECRET}-0")
            assert known.id == min(one.credential_id, two.credential_id)
        assert "secret_key.read_anew" not in [line["event"] for line in logged]
    finally:
        server.stop()
    assert opened(load_settings()) == [*ALL, f"{SECRET}-2"]
    assert len(path.read_text().split()) == 1


def test_a_key_that_was_dropped_encrypts_nothing(run: Run) -> None:
    """What a server stores that has not met a new key yet can be read by the next one."""
    plant(tokens=0)
    server = bootstrap.build(load_settings())
    assert run("secrets", "rotate", "--new-key", "--forget-old", "--yes")[0] == 0
    server.team.credentials.add(label="new", access_token=f"{SECRET}-0")
    server.stop()
    assert opened(load_settings()) == ALL[:1]


def _stored(app: bootstrap.Dashboard) -> list[CallCredential]:
    with app.database.reading() as session:
        found = [
            credentials.get(session=session, team_id=app.team.team_id, credential_id=it.id)
            for it in app.team.credentials.all()
        ]
    return [it.call_credential() for it in found if it is not None]


def test_a_server_without_the_key(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With configured keys it has to be restarted: that is said once in its log, and beside the tasks that wait."""
    monkeypatch.setenv("OCR_DASHBOARD_SECRET_KEYS", OLD)
    plant(tokens=1)
    server = bootstrap.build(load_settings())
    (task_ref,) = server.team.intake.register([NewTask(task_id="waiting")]).registered.values()
    assert run("secrets", "rotate", secret_keys=f"{NEW},{OLD}")[0] == 0
    with capture_logs() as logged:
        server.poller.start()
        wait_until(
            lambda: server.team.tasks.detail(task_ref).parked is ParkReason.KEY_MISSING, "it is parked"
        )
        for token in _stored(server) * 2:
            with pytest.raises(TokenUnreadable, match="If they were changed while it ran, restart it"):
                server.teams.tokens.current(token, now=server.clock())
    server.stop()
    assert [line["event"] for line in logged].count("token.unreadable") == 1
    assert not path.exists()


@pytest.mark.usefixtures("run")
def test_a_damaged_key_file_beside_a_running_server(path: Path) -> None:
    """The keys it has go on being used."""
    plant()
    server = bootstrap.build(load_settings())
    path.write_text("damaged")
    server.team.credentials.add(label="new", access_token=f"{SECRET}-2")
    assert len(_stored(server)) == 3
    server.stop()


def test_status_of_a_key_file(run: Run, path: Path) -> None:
    """Where the keys are, what that is worth, and how much they open."""
    plant()
    code, said = run("secrets", "status")
    assert code == 0
    assert f"Keys: 1, from the file {path} (permissions 0600)." in said
    assert f"by these fingerprints: {fingerprints([path.read_text()])[0]}." in said
    assert "beside the database" in said
    assert "Stored secrets: 2, of which 2 use the first key." in said
    assert "rotate" not in said
    assert SECRET not in said
    assert path.read_text().strip() not in said


def test_status_of_configured_keys(run: Run, tmp_path: Path) -> None:
    """The setting is named; secrets with an older key are worth a rotation."""
    plant(data_dir=tmp_path / "data", secret_keys=OLD)
    code, said = run("secrets", "status", secret_keys=f"{NEW},{OLD}")
    assert code == 0
    assert "Keys: 2, from OCR_DASHBOARD_SECRET_KEYS." in said
    assert "Stored secrets: 2, of which 0 use the first key." in said
    assert "Run “ocr-dashboard secrets rotate”" in said
    assert "beside the database" not in said
    assert OLD not in said
    assert NEW not in said


def test_status_with_a_wrong_key(run: Run, tmp_path: Path) -> None:
    """It still answers, says what is wrong, and ends with exit code 1."""
    plant(data_dir=tmp_path / "data", secret_keys=OLD)
    code, said = run("secrets", "status", secret_keys=NEW)
    assert code == 1
    assert (
        "BAD: 2 cannot be read. Put the key they were stored with back into OCR_DASHBOARD_SECRET_KEYS" in said
    )


def test_status_of_an_open_key_file(run: Run, path: Path) -> None:
    """Others can read it: exit code 1 and what to do."""
    plant()
    path.chmod(0o640)
    code, said = run("secrets", "status")
    assert code == 1
    assert f"BAD: others can read the key file. Do this: chmod 600 {path}" in said


def test_rotating_configured_keys(run: Run, tmp_path: Path) -> None:
    """New key in front, rotate, old key gone: everything is readable; twice is harmless."""
    plant(data_dir=tmp_path / "data", secret_keys=OLD)
    assert run("secrets", "rotate", secret_keys=f"{NEW},{OLD}") == (
        0,
        "Encrypted anew: 2 of 2 stored secrets. All use the first key.\n",
    )
    assert run("secrets", "rotate")[1].startswith("Encrypted anew: 0 of 2 ")
    assert opened(load_settings(secret_keys=NEW)) == ALL
    for flag in ("--new-key", "--forget-old"):
        code, said = run("secrets", "rotate", flag, "--yes")
        assert code == 1
        assert "OCR_DASHBOARD_SECRET_KEYS: change them there" in said


def test_rotating_with_a_wrong_key(run: Run, tmp_path: Path) -> None:
    """Exit code 1, one sentence, nothing changed."""
    plant(data_dir=tmp_path / "data", secret_keys=OLD)
    code, said = run("secrets", "rotate", secret_keys=NEW)
    assert code == 1
    assert "OCR_DASHBOARD_SECRET_KEYS" in said
    assert opened(load_settings(secret_keys=OLD)) == ALL


def test_a_new_key_in_the_key_file(run: Run, path: Path) -> None:
    """Put in front, everything encrypted with it, then the old one dropped; each step leaves all readable."""
    plant()
    (old,) = path.read_text().split()
    code, said = run("secrets", "rotate", "--new-key", "--yes")
    assert code == 0
    assert f"A new key is in front of 1 old in {path}." in said
    assert "Encrypted anew: 2 of 2 stored secrets." in said
    new, kept = path.read_text().split()
    assert kept == old
    assert key_file.permissions(path) == "0600"
    assert opened(load_settings()) == ALL

    code, said = run("secrets", "rotate", "--forget-old", stdin="y\n")
    assert code == 0
    assert "cannot read what is encrypted" in said
    assert "Old keys dropped: 1." in said
    assert path.read_text().split() == [new]
    assert opened(load_settings()) == ALL
    assert "Old keys dropped: 0." in run("secrets", "rotate", "--forget-old", "--yes")[1]


def test_a_no_leaves_servers_their_tokens(run: Run, path: Path) -> None:
    """The key is ready for the restart, and what runs can still read everything."""
    plant()
    (old,) = path.read_text().split()
    code, said = run("secrets", "rotate", "--new-key", stdin="n\n")
    assert code == 1
    assert "Nothing was encrypted anew. Restart them" in said
    assert len(path.read_text().split()) == 2
    assert opened(load_settings(secret_keys=old)) == ALL
    assert run("secrets", "rotate")[1].startswith("Encrypted anew: 2 of 2")


@pytest.mark.parametrize("step", ["put_new_key_in_front", "encrypt_anew", "forget_old_keys"])
def test_a_crash_before_any_step_loses_nothing(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever was done before it, all tokens can be read, and the same command then finishes the work."""
    plant()
    command = ("secrets", "rotate", "--new-key", "--forget-old", "--yes")
    with monkeypatch.context() as broken:
        broken.setattr(secret_keys, step, _die)
        with pytest.raises(ZeroDivisionError):
            run(*command)
    assert opened(load_settings()) == ALL
    assert run(*command)[0] == 0
    assert len(path.read_text().split()) == 1
    assert opened(load_settings()) == ALL


def test_a_crash_while_old_keys_are_dropped(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is ready for the first key alone before the file is touched."""
    plant()
    run("secrets", "rotate", "--new-key", "--yes")
    with monkeypatch.context() as broken:
        broken.setattr(key_file, "replace", _die)
        with pytest.raises(ZeroDivisionError):
            run("secrets", "rotate", "--forget-old", "--yes")
    new, _ = path.read_text().split()
    assert opened(load_settings()) == ALL
    assert opened(load_settings(secret_keys=new)) == ALL


def _die(*_: object) -> None:
    raise ZeroDivisionError
