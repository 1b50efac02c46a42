"""What an import brings of batches, and settings under a name; what had not been sent is not sent from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from dashboard.errors import InputRefused
from dashboard.models import Batch, Preset, Submission, SubmissionState
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.team import export_lines
from dashboard.services.team.export_file import ExportFile
from dashboard.services.team.import_tasks import Numbers, Row, plain
from dashboard.store import team_rows

NOT_SENT = (
    "It had not been sent when the team was exported. Its image did not come along: add it again to send it."
)


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of an export with their submissions, the oldest first, and the named settings."""

    batches: Sequence[Row]
    submissions: Sequence[Row]
    presets: Sequence[Row]

    @classmethod
    def read(cls, file: ExportFile) -> "Batches":
        """Read them; exports of before have none. Raises InputRefused."""
        found = {row["id"]: plain(row) for row in file.listed("batches.jsonl", export_lines.BATCH)}
        return cls(
            batches=[found[number] for number in sorted(found)],
            submissions=[plain(row) for row in file.listed("submissions.jsonl", export_lines.SUBMISSION)],
            presets=[plain(row) for row in file.listed("presets.jsonl", export_lines.PRESET)],
        )

    def put(self, session: Session, numbers: Numbers) -> None:
        """Store them, when all tasks are in."""
        mine = {"team_id": numbers.team_id}
        rows = [{name: value for name, value in row.items() if name != "id"} | mine for row in self.batches]
        new = team_rows.put_numbered(session=session, table=Batch, rows=rows)
        known = {row["id"]: number for row, number in zip(self.batches, new, strict=True)}
        sent = [
            _submission(row, numbers) | mine | {"batch_id": known[row["batch_id"]]}
            for row in self.submissions
            if row["batch_id"] in known
        ]
        team_rows.put(session=session, table=Submission, rows=sent)
        kept = {row["name"]: row | mine | {"settings": _settings(row["settings"])} for row in self.presets}
        team_rows.put(session=session, table=Preset, rows=list(kept.values()))


def _submission(row: Row, numbers: Numbers) -> Row:
    was_open = SubmissionState(row["state"]).is_open
    ended = {"state": SubmissionState.CANCELLED.value, "detail": NOT_SENT} if was_open else {}
    return {
        **{name: value for name, value in row.items() if name != "id"},
        "credential_id": numbers.tokens.get(row["credential_id"]),
        "task_ref": numbers.tasks.get(row["task_ref"]),
        "settings": _settings({**row["settings"], "operation": row["operation"]}, only_recognition=True),
        "next_at": None,
        **ended,
    }


def _settings(said: Mapping[str, Any], *, only_recognition: bool = False) -> dict[str, object]:
    """As this version stores them; the defaults where they cannot be understood."""
    try:
        read = SubmissionSettings.read(said)
    except InputRefused:
        read = SubmissionSettings()
    return read.recognition.stored() if only_recognition else read.stored()
