"""One task's flight recorder as a ZIP, to be attached where the vendor answers; free of texts, names and secrets."""

import io
import json
import platform
import zipfile
from datetime import UTC, datetime, tzinfo
from importlib.metadata import version
from typing import Any

from sqlmodel import Session

from dashboard.models import Attempt, Task
from dashboard.redaction import redacted
from dashboard.results.files import Download, file_name
from dashboard.results.spreadsheets import csv_beginning, csv_line
from dashboard.services.results.result_reading import iso
from dashboard.services.tasks.flight_picture import Life, draw
from dashboard.store import attempts as attempt_rows
from dashboard.store import parts as part_rows

MOST_ATTEMPTS = 5_000

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""One date for every file: the same task makes the same bundle."""

_README = """What happened to one task of Aspose.OCR Cloud, as OCR Dashboard recorded it.

task.json      what was asked for, how it stands, and when what happened (UTC)
attempts.csv   every call: when, what the service answered, how long it took
timeline.svg   the same as a picture
envelope.json  the last answer of the service without the recognised data
versions.txt   what was running

Taken out: the recognised text and files, the label, names of people, access tokens and client secrets.
The task ID is in it, because the service's operators need it. Look through the files before you post them,
for example at https://forum.aspose.cloud/c/ocr/ .
"""


def read_bundle(*, session: Session, task: Task, now: datetime) -> Download[bytes]:
    """The bundle of a task that was read in this session, at an aware time."""
    mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task.id or 0}
    attempts = list(attempt_rows.list_of(**mine, limit=MOST_ATTEMPTS))
    about = _about(task) | {
        "parts": [
            {
                "type": part.type,
                "media_type": part.media_type,
                "bytes": part.size,
                "sha256": part.sha256,
                "words": part.words,
                "masked_words": part.masked_words,
                "remarks": part.remarks,
            }
            for part in part_rows.list_of(**mine, with_text=False)
        ]
    }
    files = {
        "README.txt": _README,
        "task.json": json.dumps(about, indent=2, ensure_ascii=False),
        "attempts.csv": _csv(attempts),
        "timeline.svg": picture(task, attempts, now=now),
        "envelope.json": task.envelope or "{}",
        "versions.txt": _versions(),
    }
    hidden = [word for word in (task.label.strip(),) if word]
    return Download(
        name=file_name("", task.task_id, extension=".support.zip"),
        media_type="application/zip",
        data=_zipped({name: _clean(text, hidden) for name, text in files.items()}),
    )


def picture(task: Task, attempts: list[Attempt], *, now: datetime, zone: tzinfo = UTC) -> str:
    """The timeline of a stored task as SVG, with times in a zone."""
    life = Life(
        added=task.registered_at,
        submitted=task.submitted_at,
        ended=task.completed_at,
        expires=task.expires_at,
        now=now,
    )
    return draw(life, attempts, zone=zone)


def _about(task: Task) -> dict[str, object]:
    return {
        "task_id": task.task_id,
        "service": task.api_url,
        "operation": task.operation,
        "trial": task.trial,
        "origin": task.origin,
        "state": task.state,
        "parked": task.parked,
        "task_status": task.task_status,
        "response_status_code": task.response_status_code,
        "notices": task.notices,
        "remarks": task.remarks,
        "submitted": iso(task.submitted_at),
        "added": iso(task.registered_at),
        "first_seen_at_the_service": iso(task.seen_at),
        "last_asked": iso(task.last_polled_at),
        "ended": iso(task.completed_at),
        "expires": iso(task.expires_at),
        "expiry_exact": task.expiry_exact,
        "polls": task.polls,
        "errors_in_a_row": task.errors,
    }


def _csv(attempts: list[Attempt]) -> str:
    head = ("started (UTC)", "call", "HTTP", "task status", "response status", "result", "ms", "detail")
    lines = [csv_beginning(head)]
    lines += [
        csv_line(
            [
                iso(one.started_at),
                one.kind,
                one.http_status,
                one.task_status,
                one.response_status_code,
                one.result,
                one.duration_ms,
                one.detail,
            ]
        )
        for one in attempts
    ]
    return b"".join(lines).decode("utf-8", "replace")


def _versions() -> str:
    return (
        f"ocr-dashboard {version('ocr-dashboard')}\nPython {platform.python_version()}\n"
        f"{platform.system()} {platform.machine()}\nrequests {version('requests')}\n"
    )


def _clean(text: str, hidden: list[str]) -> str:
    for word in hidden:  # the service may quote a file name that somebody has made the label
        text = text.replace(word, "[label]")
    return redacted(text)


def _zipped(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(
                zipfile.ZipInfo(name, _EPOCH), text.encode("utf-8", "replace"), zipfile.ZIP_DEFLATED
            )
    return file.getvalue()
