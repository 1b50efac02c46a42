"""What ``ocr-dashboard doctor`` finds."""

import socket
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from dashboard import bootstrap
from dashboard.errors import SettingsRefused
from dashboard.models import LibraryEntry, Part, Task
from dashboard.sandbox import SandboxServer
from dashboard.services.library.indexing import READING
from dashboard.services.upkeep import checkup
from dashboard.services.upkeep.checkup import Finding, examine
from dashboard.settings import Settings, load_settings
from tests.postgres import PostgresServer

TOKEN = "planted.token-0123456789"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A service that answers."""
    with SandboxServer() as server:
        yield server.url


def findings(**given: object) -> dict[str, Finding]:
    """What the doctor finds with these settings, by subject."""
    return {finding.subject: finding for finding in examine(lambda: load_settings(**given))}


def test_all_is_well(tmp_path: Path, service: str) -> None:
    """Settings, database, secrets and service, each with a sentence."""
    found = findings(data_dir=tmp_path / "new", api_url=service)

    assert list(found) == ["settings", "database", "secrets", "backups", "service"]
    assert all(finding.ok and finding.sentence for finding in found.values())


def test_postgresql_is_named(tmp_path: Path, service: str, postgres: PostgresServer) -> None:
    """And its password is not."""
    url = postgres.create("doctor")
    found = findings(data_dir=tmp_path / "new", database_url=url, api_url=service)

    assert found["database"].sentence == "PostgreSQL, up to date"
    assert found["secrets"].ok
    assert url not in str(found)


SSO = {
    "access": "team",
    "sso_issuer": "https://id.example.org",
    "sso_client_id": "x",
    "sso_client_secret": "y",
}


def test_rules_for_teams_that_do_not_exist(tmp_path: Path, service: str) -> None:
    """Each is said with the command that makes it; those that exist are not mentioned."""
    given = {"data_dir": tmp_path / "new", "api_url": service, **SSO}
    rules = "*@example.org=team:viewer,group:a=scans:editor,group:b=finance:owner"
    said = [it for it in examine(lambda: load_settings(**given, sso_members=rules)) if not it.ok]

    assert [it.subject for it in said] == ["single sign-on", "single sign-on"]
    assert "names the team finance, which does not exist" in said[0].sentence
    assert "ocr-dashboard team make scans" in said[1].sentence
    assert (
        findings(**given, sso_members="*=team:viewer").keys()
        == findings(**given, sso_members="*=team:owner").keys()
    )
    assert not findings(**given, sso_members="*=team")["single sign-on"].ok


def test_clocks_that_are_apart(
    tmp_path: Path, service: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine's is two days ahead of the database's and of the service's: each is said."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Ahead":
            return cls.fromtimestamp(datetime.now(tz).timestamp() + 2 * 86_400, tz)

    monkeypatch.setattr(checkup, "datetime", Ahead)
    monkeypatch.setattr("dashboard.cloud.client.datetime", Ahead)
    url = postgres.create("doctor_clock")
    found = findings(data_dir=tmp_path / "new", database_url=url, api_url=service)
    assert found["clock"].sentence.startswith("This machine's clock is 48 hours ahead of the database's.")
    assert found["service"].ok
    assert found["service's clock"].sentence.startswith(
        "The clock here is 2 days ahead of that of http://127"
    )
    assert not found["clock"].ok
    assert not found["service's clock"].ok


def test_texts_that_are_not_searchable(tmp_path: Path, service: str) -> None:
    """They are counted, and no reason to be alarmed."""
    dashboard = bootstrap.build(load_settings(data_dir=tmp_path, api_url=service))
    with dashboard.database.writing() as session:
        given: dict[str, Any] = {
            "team_id": dashboard.team.team_id,
            "api_url": service,
            "operation": "RecognizeImage",
        }
        task = Task(**given, task_id="a", registered_at=dashboard.clock(), expires_at=dashboard.clock())
        session.add(task)
        session.flush()
        kind: dict[str, Any] = {
            "media_type": "text/plain",
            "extension": "txt",
            "data": b"a",
            "size": 1,
            "sha256": "0",
        }
        session.add(Part(task_ref=task.id or 0, position=0, text="a", **kind))
    dashboard.stop()
    found = findings(data_dir=tmp_path, api_url=service)["library"]
    assert found.ok
    assert found.sentence == "1 text is not searchable yet. A running server indexes them by itself."


def test_texts_that_an_older_version_has_indexed(tmp_path: Path, service: str) -> None:
    """The same."""
    dashboard = bootstrap.build(load_settings(data_dir=tmp_path, api_url=service))
    with dashboard.database.writing() as session:
        mine: dict[str, Any] = {"team_id": dashboard.team.team_id, "api_url": service}
        times: dict[str, Any] = {"registered_at": dashboard.clock(), "expires_at": dashboard.clock()}
        task = Task(**mine, **times, operation="RecognizeImage", task_id="a")
        session.add(task)
        session.flush()
        kind: dict[str, Any] = {"media_type": "text/plain", "extension": "txt", "data": b"a", "size": 1}
        session.add(Part(task_ref=task.id or 0, position=0, text="a", sha256="0", **kind))
        entry: dict[str, Any] = {"task_ref": task.id, "team_id": dashboard.team.team_id}
        session.add(LibraryEntry(**entry, reading=READING - 1, indexed_at=dashboard.clock()))
    dashboard.stop()
    found = findings(data_dir=tmp_path, api_url=service)["library"]
    assert found.ok
    assert found.sentence == "1 older text to be indexed anew. A running server does it by itself."


def test_wrong_settings_end_it() -> None:
    """Nothing else would make sense."""

    def refuse() -> Settings:
        raise SettingsRefused("OCR_DASHBOARD_PORT: too large")

    (finding,) = examine(refuse)
    assert not finding.ok
    assert finding.sentence == "OCR_DASHBOARD_PORT: too large"


def test_a_database_that_cannot_be_reached(tmp_path: Path, service: str) -> None:
    """The service is looked at all the same; no password is shown."""
    url = "postgresql://user:planted@127.0.0.1:1/name"
    found = findings(data_dir=tmp_path, database_url=url, api_url=service)

    assert not found["database and secrets"].ok
    assert found["service"].ok
    assert "planted" not in str(found)


def test_tokens_that_cannot_be_read(tmp_path: Path, service: str) -> None:
    """The sentence names the setting to correct."""
    dashboard = bootstrap.build(load_settings(data_dir=tmp_path, api_url=service))
    dashboard.team.credentials.add(label="", access_token=TOKEN)
    dashboard.stop()
    found = findings(data_dir=tmp_path, secret_keys=Fernet.generate_key().decode(), api_url=service)

    assert found["database"].ok
    assert not found["database and secrets"].ok
    assert "SECRET_KEYS" in found["database and secrets"].sentence


def test_a_malformed_key(tmp_path: Path, service: str) -> None:
    """It is not repeated."""
    found = findings(data_dir=tmp_path, secret_keys="planted", api_url=service)

    assert not found["database and secrets"].ok
    assert "planted" not in str(found)


def test_a_service_that_does_not_answer(tmp_path: Path) -> None:
    """The dashboard works without it, and the sentence says so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    found = findings(data_dir=tmp_path, api_url=url)

    assert not found["service"].ok
    assert url in found["service"].sentence
    assert "--sandbox" in found["service"].sentence
