"""Commands without a server: the database is opened in place, and polled by the command itself while it waits.

Beside a running server or worker, each of them polls what the others do not.
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.client_values import Added, Batch, BatchFile, Part, Reference, Task, batch_of, task_of
from dashboard.errors import InputRefused, NotPermitted, StillOpen, StoreUnavailable
from dashboard.models import SANDBOX_URL
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.sandbox.issued_tokens import DEMO_ACCESS_TOKEN
from dashboard.services.results.export_formats import OneFormat
from dashboard.services.sending.submitting import Given
from dashboard.services.team.api_calls import FirstCall
from dashboard.settings import load_settings
from dashboard.store.board_filter import BoardFilter
from dashboard.web import registering, submission_api
from dashboard.web.exporting import states_named
from dashboard.web.payloads import Item, full_item, item

_PER_PAGE = 500

BROKEN_OFF = "Its sending was broken off, and it may have been sent. Look at the board; give it again to send it again."


class InPlace:
    """What commands do, done with the services of the first team.

    Args:
        dashboard: with nothing started; whoever waits starts the polling.
    """

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard

    @property
    def polls_itself(self) -> bool:
        """Unless the settings say that others poll."""
        return self._dashboard.settings.poller == "on"

    def register(self, entries: Iterable[Mapping[str, object]]) -> Added:
        """As the API does it."""
        done = registering.register(self._dashboard, [dict(entry) for entry in entries])
        return Added(
            tasks=tuple(map(_task, done.registered)),
            known={it.task_id: it.id for it in done.known},
            rejected={it.task_id: it.reason for it in done.rejected},
        )

    def list(self, *, state: str = "", query: str = "", at_risk: bool = False) -> Iterator[Task]:
        """Tasks, newest first."""
        wanted = BoardFilter(states=states_named(state), query=query.strip(), at_risk=at_risk, archived=None)
        page = 1
        while True:
            view = self._dashboard.team.board.look(wanted, page=page, per_page=_PER_PAGE)
            if view.page != page:
                return
            yield from (_task(item(row)) for row in view.rows)
            page += 1

    def get(self, task: Reference) -> Task:
        """A task as it is now."""
        return _task(full_item(self._dashboard.team.tasks.detail(_named(task), with_text=False)))

    def wait(self, task: Reference, *, seconds: float | None = None) -> Task:
        """A task once it has ended, which this process has polled itself where nobody else does."""
        found = self.get(task)
        if not found.is_open:
            return found
        self._poll()
        ends_at = None if seconds is None else time.monotonic() + seconds
        over = threading.Event()
        with self._dashboard.teams.endings.awaiting(found.id, over.set):
            over.wait(None if ends_at is None else max(0.0, ends_at - time.monotonic()))
        found = self.get(task)
        if found.is_open:
            raise TimeoutError(f"Task {found.id} is still {found.state}.")
        return found

    def submit(
        self,
        paths: Iterable[Path | str],
        *,
        name: str = "",
        settings: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Batch:
        """Have files sent, by this process where no other does; under a key once, as the API does it."""
        calls = self._dashboard.team.api_calls
        if key is not None and (first := calls.begin(key)) is not None:
            return self._submitted_before(first)
        try:
            how = SubmissionSettings.read(settings or {})
            done = self._dashboard.team.submitting.send(given_of(paths), settings=how, name=name)
        except (InputRefused, NotPermitted, StoreUnavailable):
            if key is not None:
                calls.give_back(key)
            raise
        if key is not None:
            answer = json.dumps([done.batch_id, dict(done.refused)]).encode()
            calls.keep(key, fingerprint="", status=200, answer=answer)
        self._poll()
        return replace(self.batch(done.batch_id), not_taken=dict(done.refused))

    def _submitted_before(self, first: FirstCall) -> Batch:
        if first.answer is None:
            raise StillOpen(BROKEN_OFF)
        batch_id, refused = json.loads(first.answer)
        return replace(self.batch(batch_id), not_taken=refused)

    def batch(self, batch_id: int) -> Batch:
        """How far a batch is; whoever asks waits for it."""
        self._poll()
        view = self._dashboard.team.batches.view(batch_id)
        return batch_of(submission_api.batch_of(view).model_dump(mode="json"))

    def files(self, batch_id: int) -> Iterator[BatchFile]:
        """The files of a batch, in their order."""
        items = self._dashboard.team.batches.items(batch_id)
        for it in submission_api.files_of(self._dashboard, items):
            given = it.model_dump(mode="json")
            yield BatchFile(**{**given, "task": task_of(given["task"]) if given["task"] else None})

    def parts(self, task: Reference) -> Sequence[Part]:
        """The parts of a result."""
        found = self._dashboard.team.tasks.detail(_named(task), with_text=False).shown
        return [Part(position=it.position, media_type=it.media_type, size=it.size) for it in found]

    def part(self, task: Reference, position: int) -> bytes:
        """The bytes of one part."""
        return self._dashboard.team.result_export.part(_named(task), position).data

    def export(self, task: Reference, *, form: str = "txt") -> bytes:
        """A result in a format."""
        kind = next((it for it in OneFormat if it.value == form), None)
        if kind is None:
            raise InputRefused(f"unknown format; use one of {', '.join(OneFormat)}")
        return self._dashboard.team.result_export.one(_named(task), kind).data

    def _poll(self) -> None:
        if self.polls_itself:
            self._dashboard.start_polling()  # again does nothing


@contextmanager
def in_place() -> Iterator[InPlace]:
    """The database that the settings name; what was begun is given back at the end."""
    settings = load_settings()
    logs.configure(level="warning", as_json=settings.log_json)  # commands say themselves what they did
    dashboard = bootstrap.build(settings, worker=True)
    try:
        yield InPlace(dashboard)
    finally:
        dashboard.stop()


@contextmanager
def in_sandbox() -> Iterator[InPlace]:
    """The stand-in of the service with a database of its own: no token, no internet, and nothing stays."""
    with TemporaryDirectory(prefix="ocr-dashboard-") as folder:
        ours = {"data_dir": Path(folder), "database_url": None, "access": "open", "poller": "on"}
        settings = load_settings().model_copy(update=ours)
        logs.configure(level="error", as_json=settings.log_json)
        dashboard = bootstrap.build(settings, sandbox=True)
        try:
            dashboard.sandbox.start()
            dashboard.team.credentials.add(
                label="Sandbox token", access_token=DEMO_ACCESS_TOKEN, api_url=SANDBOX_URL
            )
            yield InPlace(dashboard)
        finally:
            dashboard.stop()


def given_of(paths: Iterable[Path | str]) -> Iterator[Given]:
    """Files as they are given, each open while it is looked at."""
    for path in map(Path, paths):
        try:
            with path.open("rb") as file:
                yield Given(name=path.name, size=path.stat().st_size, data=file)
        except OSError as error:
            raise InputRefused(f"{path} cannot be read: {error.strerror}.") from None


def _task(given: Item) -> Task:
    return task_of(given.model_dump(mode="json"))


def _named(task: Reference) -> int | str:
    return task.id if isinstance(task, Task) else task
