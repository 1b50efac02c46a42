"""A support bundle: what helps to find a fault, in one file to send on; no secrets, no texts, no images."""

import json
import platform
import sys
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from dashboard.errors import StoreError
from dashboard.models import Attempt, State
from dashboard.redaction import redacted
from dashboard.services.credentials.credential_facts import facts
from dashboard.services.team_services import TeamServices
from dashboard.services.upkeep.checkup import Finding
from dashboard.services.upkeep.new_file import new_file
from dashboard.settings import Settings
from dashboard.store import attempts
from dashboard.store.board_filter import BoardFilter
from dashboard.store.database import Database

LATEST = 200
"""Attempts and envelopes that are taken along."""

_PACKAGES = (
    "ocr-dashboard",
    "streamlit",
    "requests",
    "sqlmodel",
    "sqlalchemy",
    "cryptography",
    "fastapi",
    "psycopg",
    "streamlit-autorefresh",
)


class Stored(Protocol):
    """What a bundle needs of the dashboard."""

    @property
    def database(self) -> Database:
        """Where attempts and envelopes are."""
        ...

    @property
    def team(self) -> TeamServices:
        """Whose they are."""
        ...


def collect(
    *, findings: Sequence[Finding], settings: Settings | None, stored: Stored | None
) -> dict[str, str]:
    """The files of a bundle by name, free of secrets.

    Args:
        findings: what ``doctor`` says.
        settings: None when they were refused; the findings say why.
        stored: None when the dashboard could not be opened; the findings say why.
    """
    files: dict[str, Any] = {
        "findings.json": [
            {"ok": finding.ok, "subject": finding.subject, "sentence": finding.sentence}
            for finding in findings
        ],
        "versions.json": _versions(),
    }
    if settings is not None:
        files["settings.json"] = _settings(settings)
    if stored is not None:
        try:
            files |= _stored(stored)
        except StoreError as error:
            files["not_read.json"] = {"reason": str(error)}
    return {
        name: json.dumps(_clean(content), indent=2, ensure_ascii=False) for name, content in files.items()
    }


def write(path: Path, files: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Put the files into a new ZIP file that only its owner can read.

    Args:
        path: where to; its folder has to be there.
        files: by name.
        overwrite: whether it takes the place of a file, or of a link to one, that has the name. What a link leads to,
            and other names of the file, stay as they are.

    Raises:
        InputRefused: when the file exists and must not be overwritten, is no file, or cannot be written.
    """
    with (
        new_file(path, overwrite=overwrite) as fresh,
        zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        for name, content in files.items():
            bundle.writestr(name, content)


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in _PACKAGES}
    return {"python": sys.version, "system": platform.platform(), **packages}


def _settings(settings: Settings) -> dict[str, Any]:
    """Every setting; of the secret ones only whether they are set."""
    secret = {"database_url": settings.database_url, "secret_keys": settings.secret_keys}
    plain = settings.model_dump(mode="json", exclude=set(secret))
    return plain | {name: "set" if value else "not set" for name, value in secret.items()}


def _stored(stored: Stored) -> dict[str, Any]:
    view = stored.team.board.look(BoardFilter(), per_page=1)
    mine = {"team_id": stored.team.team_id, "limit": LATEST}
    with stored.database.reading() as session:
        calls = attempts.latest_attempts(session=session, **mine)
        envelopes = attempts.latest_envelopes(session=session, **mine)
    by_state = {state.value: view.counts.by_state.get(state, 0) for state in State}
    return {
        "tasks.json": {
            "by_state": by_state,
            "parked": view.counts.parked,
            "at_risk": view.at_risk.tasks,
            "attention": view.counts.attention,
        },
        "tokens.json": [facts(view) for view in stored.team.credentials.all()],
        "attempts.json": [
            {name: getattr(attempt, name) for name in Attempt.model_fields} for attempt in calls
        ],
        "envelopes.json": [{"task_ref": task_ref, "envelope": text} for task_ref, text in envelopes],
    }


def _clean(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same without what looks like a secret, however deep it lies."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
