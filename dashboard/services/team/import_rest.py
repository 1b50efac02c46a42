"""What else an import brings: tokens, links and keys without their secrets, views, tags, shares, the audit log."""

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel
from sqlmodel import Session

from dashboard.models import (
    ApiKey,
    AuditEntry,
    Credential,
    CredentialKind,
    JoinLink,
    ParkReason,
    Pause,
    SavedView,
    Share,
    ShareTask,
    TaskTag,
    Usage,
    identity_of,
)
from dashboard.services.team import export_lines
from dashboard.services.team.export_file import ExportFile
from dashboard.services.team.import_tasks import Numbers, Row, plain
from dashboard.services.team.link_secrets import hash_of, new_secret
from dashboard.store import team_rows
from dashboard.store.credentials import UNMINTED
from dashboard.store.pauses import paused
from dashboard.store.secrecy import SecretBox

SECRET_MISSING = "It came with an import, which holds no secrets: put its own in again."  # noqa: S105 - a sentence

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rest:
    """What is there of a team beside its tasks, each the oldest first."""

    tokens: Sequence[Row]
    links: Sequence[Row]
    keys: Sequence[Row]
    usage: Sequence[Row]
    views: Sequence[Row]
    shares: Sequence[Row]

    @classmethod
    def read(cls, file: ExportFile) -> "Rest":
        """Read it from an export; raises InputRefused."""
        return cls(
            tokens=_numbered(file, "tokens.jsonl", export_lines.TOKEN),
            links=_numbered(file, "links.jsonl", export_lines.LINK),
            keys=_numbered(file, "keys.jsonl", export_lines.KEY),
            usage=[plain(row) for row in file.listed("usage.jsonl", export_lines.USAGE)],
            views=[plain(row) for row in file.listed("views.jsonl", export_lines.VIEW)],
            shares=_numbered(file, "shares.jsonl", export_lines.SHARE),
        )

    def put(self, session: Session, numbers: Numbers, box: SecretBox) -> None:
        """Store all but the shares, which name tasks. What only works with a secret is ended, or waits for one."""
        mine = {"team_id": numbers.team_id}
        tokens = [_without(row) | mine | _token(row, numbers, box) for row in self.tokens]
        numbers.tokens = _put(session, Credential, self.tokens, tokens)
        for table, rows, known in ((JoinLink, self.links, "links"), (ApiKey, self.keys, "keys")):
            ended = [_without(row) | mine | _ended(row, numbers) for row in rows]
            setattr(numbers, known, _put(session, table, rows, ended))
        usage = [
            row | {"credential_id": numbers.tokens[row["credential_id"]]}
            for row in self.usage
            if row["credential_id"] in numbers.tokens
        ]
        team_rows.put(session=session, table=Usage, rows=usage)
        views = [row | mine | {"query": _renumbered(row["query"], numbers)} for row in self.views]
        team_rows.put(session=session, table=SavedView, rows=views)

    def put_shares(self, session: Session, numbers: Numbers) -> None:
        """Store the share links, when all tasks are in."""
        rows = [
            _without(row, "tasks") | {"team_id": numbers.team_id} | _ended(row, numbers)
            for row in self.shares
        ]
        new = _put(session, Share, self.shares, rows)
        shown = [
            {"share_id": new[row["id"]], "task_ref": numbers.tasks[task_ref], "position": position}
            for row in self.shares
            for position, task_ref in enumerate(row["tasks"])
            if task_ref in numbers.tasks
        ]
        team_rows.put(session=session, table=ShareTask, rows=shown)


def tags(file: ExportFile, numbers: Numbers) -> Iterator[list[Row]]:
    """The tags of tasks that are in, some at a time."""
    known = (
        row | {"task_ref": numbers.tasks[row["task_ref"]], "team_id": numbers.team_id}
        for row in file.lines("tags.jsonl", export_lines.TAG)
        if row["task_ref"] in numbers.tasks
    )
    while some := list(islice(known, _AT_ONCE)):
        yield some


def put_tags(session: Session, rows: Sequence[Row]) -> None:
    """Store tags."""
    team_rows.put(session=session, table=TaskTag, rows=rows)


class AuditLines:
    """The lines of an audit log, which an export holds newest first; kept in a file beside, to be read from its end."""

    def __init__(self, file: ExportFile, beside: IO[bytes]) -> None:
        self._file = file
        self._beside = beside
        self._starts: list[int] = []
        self._people: set[int] = set()
        for line in file.raw_lines("audit.jsonl"):
            said = self._said(line)
            self._people |= {said[name] for name in ("sign_in_id", "person_id") if said[name] is not None}
            self._starts.append(beside.tell())
            beside.write(line.rstrip(b"\n") + b"\n")

    def meet_people(self, session: Session, numbers: Numbers) -> None:
        """Give everybody a number that is nobody else's here; there is no more of them than that and their names."""
        known = sorted(self._people)
        new = team_rows.free_sign_ins(session=session, count=len(known), now=numbers.now)
        numbers.people = dict(zip(known, new, strict=True))

    def oldest_first(self, numbers: Numbers) -> Iterator[list[Row]]:
        """The entries as they are stored, some at a time."""
        while self._starts:
            some = self._starts[-_AT_ONCE:]
            del self._starts[-_AT_ONCE:]
            yield [self._row(start, numbers) for start in reversed(some)]

    def _row(self, start: int, numbers: Numbers) -> Row:
        self._beside.seek(start)
        said = self._said(self._beside.readline())
        return _without(said) | {
            "team_id": numbers.team_id,
            "sign_in_id": numbers.people.get(said["sign_in_id"]),
            "person_id": numbers.people.get(said["person_id"]),
            "link_id": numbers.links.get(said["link_id"]),
            "key_id": numbers.keys.get(said["key_id"]),
        }

    def _said(self, line: bytes) -> Row:
        return self._file.values(line, export_lines.AUDIT, where="a line of audit.jsonl")


@contextmanager
def audit_lines(file: ExportFile) -> Iterator[AuditLines]:
    """The audit log of an export, for as long as this lasts."""
    with tempfile.TemporaryFile() as beside:
        yield AuditLines(file, beside)


def put_audit(session: Session, rows: Sequence[Row]) -> None:
    """Store lines of the log."""
    team_rows.put(session=session, table=AuditEntry, rows=rows)


def _numbered(file: ExportFile, name: str, of: type[BaseModel]) -> list[Row]:
    """The lines of a file by their numbers; a later row has a larger one."""
    found = {row["id"]: plain(row) for row in file.listed(name, of)}
    return [found[number] for number in sorted(found)]


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in ("id", *names)}


def _put(session: Session, table: Any, before: Sequence[Row], rows: Sequence[Row]) -> dict[int, int]:  # noqa: ANN401 - a table
    new = team_rows.put_numbered(session=session, table=table, rows=rows)
    return {row["id"]: number for row, number in zip(before, new, strict=True)}


def _ended(row: Row, numbers: Numbers) -> Row:
    """A link or key that nobody has: with the hash of a secret that is thrown away, and revoked."""
    return {"secret_hash": hash_of(new_secret("")), "revoked_at": row["revoked_at"] or numbers.now}


def _token(row: Row, numbers: Numbers, box: SecretBox) -> Row:
    """What stands in for the secret of a token, and keeps everybody from asking with it."""
    kind = CredentialKind.CLIENT_CREDENTIALS if row["client_id"] else CredentialKind.ACCESS_TOKEN
    pause = Pause(reason=ParkReason.TOKEN_REJECTED, until=None, detail=SECRET_MISSING)
    nothing = f"no-secret-{secrets.token_hex(16)}"
    return {
        **UNMINTED,
        "kind": kind.value,
        "secret": box.encrypt(nothing),
        "fingerprint": box.fingerprint(identity_of(nothing, row["client_id"])),
        **paused(pause, since=numbers.now),
    }


def _renumbered(query: str, numbers: Numbers) -> str:
    """The address of a view that names one of our tokens; batches are not known again."""
    params = [one for one in parse_qsl(query, keep_blank_values=True) if one[0] != "batch"]
    new = {str(before): str(now) for before, now in numbers.tokens.items()}
    return urlencode([(name, new.get(value, "") if name == "token" else value) for name, value in params])
