"""Everything a team owns, in one ZIP: results as files, the rest as JSON Lines; secrets and hashes never.

:mod:`dashboard.services.team.team_import` reads it: whatever is added here belongs there too.
"""

import json
from collections.abc import Generator, Iterator
from datetime import datetime
from importlib.metadata import version
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from dashboard.logs import get_logger
from dashboard.models import Action, Base, Part, Role, Task
from dashboard.results.files import file_name
from dashboard.services.results.part_bytes import with_bytes
from dashboard.services.results.result_reading import part_name
from dashboard.services.results.zip_stream import ZipStream
from dashboard.services.team.namesakes import namesakes_of
from dashboard.services.team.visitors import name_of
from dashboard.services.team_scope import TeamScope
from dashboard.store import attempts as attempt_rows
from dashboard.store import audit, call_counts, saved_views, teams
from dashboard.store import batches as batch_rows
from dashboard.store import corrections as correction_rows
from dashboard.store import credentials as credential_rows
from dashboard.store import library_search as library_rows
from dashboard.store import memberships as access_rows
from dashboard.store import parts as part_rows
from dashboard.store import shares as share_rows
from dashboard.store import sources as source_rows
from dashboard.store import tasks as task_rows

log = get_logger(__name__)

FORMAT = 2
"""Written into ``export.json``; grows when an import has to know more. Exports without that file are of format 1."""

_AT_ONCE = 100
"""Tasks read in one transaction; memory holds one result at a time."""

_SECRETS = frozenset({"secret", "minted", "minting", "fingerprint", "secret_hash", "claim"})
_OURS = frozenset({"data", "label_folded", "thumbnail"})
"""Files of their own, and what only the search needs."""

_LOG_PAGE = 1_000


class TeamExport:
    """Writes one team's export."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def write(self) -> Generator[bytes]:
        """The ZIP in pieces, which are made while they are taken; who stops before the last one closes it.

        Raises:
            NotPermitted: for everybody but owners.
        """
        with self._team.writing(Role.OWNER) as session:
            self._team.note(session, Action.TEAM_EXPORTED)
        return self._pieces()

    def _pieces(self) -> Generator[bytes]:
        now = self._team.clock()
        head = {"format": FORMAT, "version": version("ocr-dashboard"), "made_at": now.isoformat()}
        with ZipStream(now) as made:
            yield from made.add("export.json", _line(head))
            open_tasks: set[int] = set()
            listed = self._listed(open_tasks)
            yield from made.add_pieces("tasks.jsonl", _in_larger(_line(_plain(task)) for task in listed))
            later: list[bytes] = []
            for task in self._tasks():
                for name, data, made_at in self._files(task, open_tasks, later):
                    yield from made.add(name, data, made_at)
            yield from made.add("tasks_later.jsonl", b"".join(later))
            for name, data in self._rest():
                yield from made.add(name, data)
            yield from made.add_pieces("audit.jsonl", self._audit())
            yield from made.add("README.txt", _README.encode())
        yield made.take()
        log.info("team.exported", team=self._team.team_id)

    def _tasks(self) -> Iterator[Task]:
        last = 0
        while True:
            with self._team.reading() as session:
                some = task_rows.after(
                    session=session, team_id=self._team.team_id, task_ref=last, limit=_AT_ONCE
                )
            if not some:
                return
            yield from some
            last = some[-1].id or 0

    def _listed(self, open_tasks: set[int]) -> Iterator[Task]:
        """All tasks; those that are open meanwhile, and may end before their files are read, are noted."""
        for task in self._tasks():
            if task.next_poll_at is not None:
                open_tasks.add(task.id or 0)
            yield task

    def _files(
        self, task: Task, open_tasks: set[int], later: list[bytes]
    ) -> Iterator[tuple[str, bytes, datetime | None]]:
        task_ref = task.id or 0
        mine: dict[str, Any] = {"team_id": self._team.team_id, "task_ref": task_ref}
        with self._team.reading() as session:
            listed = part_rows.list_of(session=session, with_text=False, **mine)
            attempts = attempt_rows.list_of(session=session, limit=None, **mine)
            calls = [_plain(attempt) for attempt in attempts]
            corrections = correction_rows.history(session=session, **mine)
            judged = [_plain(row) for row in correction_rows.judgements(session=session, **mine)]
            source = source_rows.of_task(session=session, **mine)
            image = source_rows.data_of(session=session, source_id=source.id or 0) if source else b""
            now = task_rows.get(session=session, **mine) if task_ref in open_tasks else None
            if now is not None:
                later.append(_line(_plain(now)))
        parts: list[bytes] = []
        for part in with_bytes(self._team, task_ref, listed, with_text=True):
            name = f"results/{task_ref} {part_name(task, part)}"
            parts.append(_line(_facts(part, name)))
            yield name, part.data, task.completed_at
        if parts:
            yield f"facts/{task_ref}.jsonl", b"".join(parts), task.completed_at
        if source is not None:
            name = file_name(source.name, "", extension=f".{PurePosixPath(source.media_type).name}")
            name = f"sources/{task_ref} {name}"
            yield name, image, source.added_at
            yield f"sources/{task_ref}.jsonl", _line({**_plain(source), "file": name}), source.added_at
        if corrections:
            lines = b"".join(_line(_plain(row)) for row in corrections)
            yield f"corrections/{task_ref}.jsonl", lines, corrections[0].created_at  # the newest
        if judged:
            yield f"masks/{task_ref}.jsonl", b"".join(map(_line, judged)), None
        if calls:
            yield f"attempts/{task_ref}.jsonl", b"".join(map(_line, calls)), None

    def _rest(self) -> list[tuple[str, bytes]]:
        """What else the team owns, read at once: a slow reader must not hold up the database."""
        with self._team.reading() as session:
            mine: dict[str, Any] = {"session": session, "team_id": self._team.team_id}
            rest = {
                "team.jsonl": [teams.get(**mine)],
                "tokens.jsonl": credential_rows.all_of_team(**mine),
                "links.jsonl": access_rows.links_of(**mine),
                "keys.jsonl": access_rows.keys_of(**mine),
                "usage.jsonl": call_counts.of_team(**mine),
                "tags.jsonl": library_rows.all_tags(**mine),
                "views.jsonl": saved_views.of(**mine),
                "batches.jsonl": batch_rows.all_of_team(**mine),
                "submissions.jsonl": batch_rows.all_submissions(**mine),
                "presets.jsonl": batch_rows.presets(**mine),
            }
            known = namesakes_of(**mine)
            members = [
                {
                    **_plain(membership),
                    "person_id": sign_in.person_id,
                    "account": sign_in.subject,
                    "name": sign_in.name,
                    "called": known.called(name_of(sign_in), sign_in.person_id),
                    "last_seen_at": sign_in.last_seen_at.isoformat(),
                }
                for sign_in, membership in access_rows.members_of(**mine)
            ]
            shares = [
                {**_plain(share), "tasks": share_rows.task_refs(session=session, share_id=share.id or 0)}
                for share, _ in share_rows.of_team(**mine)
            ]
            files = {name: b"".join(_line(_plain(row)) for row in rows) for name, rows in rest.items()}
        named = {"members.jsonl": members, "shares.jsonl": shares}
        return [*files.items(), *((name, b"".join(map(_line, rows))) for name, rows in named.items())]

    def _audit(self) -> Iterator[bytes]:
        before: int | None = None
        while True:
            with self._team.reading() as session:
                page = audit.page(
                    session=session, team_id=self._team.team_id, before_id=before, limit=_LOG_PAGE
                )
            if not page:
                return
            yield b"".join(_line(_plain(entry)) for entry in page)
            before = page[-1].id


_README = """Everything one team owns in OCR Dashboard.

tasks.jsonl     one task a line; "id" is the number in the other files
tasks_later.jsonl  those that were open, as they were when their files were read
results/        the files of each result, as the service sent them
facts/          what is known of each file: "position", "encoding", "remarks", and its "text", unless "text_is_data"
                says that it is the file's own, in UTF-8
attempts/       every call made for each task
tokens.jsonl    tokens without their secrets; call_counts.jsonl counts the calls made with them by day and kind
corrections/    texts that people have corrected
masks/          asterisks about which people knew better: "start" is where they stand in the readable text
sources/        images that tasks were made of, and what is known of them; images that wait to be sent are not here
batches.jsonl   what was sent together, and submissions.jsonl each file of it; presets.jsonl settings under a name
links.jsonl, keys.jsonl, members.jsonl, team.jsonl, shares.jsonl, tags.jsonl, views.jsonl
audit.jsonl     who did what when, newest first: "actor" is the name of that time; "account", "link_id" with "link",
                "key_id", "sign_in_id" and "person_id" (the first sign-in of the same person) nobody can choose
export.json     "format" of this file: ocr-dashboard team import brings it into another dashboard
"""


def _facts(part: Part, name: str) -> dict[str, Any]:
    """A part without its bytes; its text only where those do not say it."""
    text_is_data = part.text is not None and part.text.encode("utf-8", "replace") == part.data
    values = _plain(part) | {"file": name, "text_is_data": text_is_data}
    return values | {"text": None} if text_is_data else values


def _in_larger(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines, many at once."""
    while some := b"".join(islice(lines, _AT_ONCE)):
        yield some


def _plain(row: Base) -> dict[str, Any]:
    """A row as JSON values, without anything that is secret or the hash of a secret."""
    fields = type(row).model_fields
    values = {name: getattr(row, name) for name in fields if name not in _SECRETS | _OURS}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
