"""Everything one sandbox remembers: its tasks, its token desk and its switched-on faults."""

import contextlib
import hashlib
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.models import Operation
from dashboard.models.retention import RETENTION
from dashboard.sandbox import images, kept_tasks, samples
from dashboard.sandbox.faults import Switchboard
from dashboard.sandbox.issued_tokens import is_valid, token_desk
from dashboard.sandbox.reading import languages
from dashboard.sandbox.reading.pages import Reading
from dashboard.sandbox.reading.reader import Reader
from dashboard.sandbox.reading.shelf import Shelf
from dashboard.sandbox.task_life import OPEN, Phase, SandboxTask, Tempo
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint
from dashboard.wire.logins import TokenAnswer

_log = logging.getLogger(__name__)
_STOPPED = "The sandbox was ended before it had read this image. Send it once more."


def utc_now() -> datetime:
    """The time of day, aware UTC."""
    return datetime.now(UTC)


class SandboxState:
    """The memory of a sandbox; safe to use from several threads.

    Args:
        clock: tells the time, aware UTC; tests move it by hand.
        tempo: how fast tasks are done that do not bring their own tempo.
        retention: how long tasks are kept, counted from their submission.
        path: file that keeps the tasks over a restart; None keeps them in memory only.
        token_seconds: life of the tokens that ``/connect/token`` mints.
        reader: reads images that are no samples; without one, those are answered with what they are.

    Raises:
        OSError: the file exists and cannot be opened.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = utc_now,
        tempo: Tempo | None = None,
        retention: timedelta = RETENTION,
        path: Path | None = None,
        token_seconds: int = 3600,
        reader: Reader | None = None,
    ) -> None:
        self.clock = clock
        self.tempo = tempo or Tempo()
        self.retention = retention
        self.faults = Switchboard()
        self._path = path
        self._desk = token_desk(token_seconds)
        self._lock = threading.Lock()
        self._tasks = {task.task_id: task for task in (kept_tasks.load(path) if path else ())}
        self._reader = reader
        self._shelf = Shelf(path.with_name("sandbox-reading") if path else None) if reader or path else None
        self._go_on_reading()

    def submit(
        self,
        endpoint: Endpoint,
        order: Order,
        *,
        tempo: Tempo | None = None,
        submitted_at: datetime | None = None,
        notices: tuple[str, ...] = (),
        label: str = "",
    ) -> SandboxTask:
        """Take an order in; what is wrong with its image shows only in the answer, as in the service.

        Raises:
            OSError: the task could not be kept; it does not exist then.
        """
        task_id = str(uuid.uuid4())
        digest = hashlib.sha256(order.content).hexdigest()
        failure, is_read = "", False
        if endpoint.operation is Operation.TEXT_TO_SPEECH:
            task_id = f"TTS{task_id[3:]}"  # no GUID, as in the docs (fact sheet 3.2)
            text = order.content.decode()
        else:
            picture = images.identify(order.content)
            failure = images.refusal(endpoint.operation, picture)
            sample = samples.by_digest().get(digest)
            is_read = not (sample or failure) and self._reads(endpoint.operation, picture)
            if is_read:
                failure = languages.why_not(order.language)
            text = (
                images.statement(picture, order.content, digest, has_reader=bool(self._reader))
                if picture
                else ""
            )
            text = sample.text if sample else text
        task = SandboxTask(
            task_id=task_id,
            operation=endpoint.operation,
            trial=endpoint.trial,
            submitted_at=submitted_at or self.clock(),
            tempo=tempo or self.tempo,
            sha256=digest,
            text=text,
            result_types=order.result_types,
            regions=order.regions,
            failure=failure,
            notices=notices,
            label=label,
        )
        if is_read and not failure:
            return self._have_read(task, order.content)
        with self._lock:
            self._keep({**self._tasks, task_id: task})
        return task

    def reading_of(self, task: SandboxTask | None) -> Reading | None:
        """What the reader found on a task's image; None for samples, and where nothing was read."""
        if (
            task is None
            or self._shelf is None
            or task.phase(self.clock(), self.retention) is not Phase.COMPLETED
        ):
            return None
        return self._shelf.reading(task.sha256)

    def close(self) -> None:
        """End what reads; what is still to be read is read after the next start, where tasks are kept."""
        if self._reader is not None:
            self._reader.stop()
        if self._shelf is not None:
            self._shelf.close()

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """The task with this ID and where it stands, as this endpoint sees it; None asks for any endpoint.

        Another endpoint's task, a forgotten one and one that never was look all the same.
        """
        with self._lock:
            task = self._tasks.get(task_id)
        if task is None or (
            endpoint and (task.operation, task.trial) != (endpoint.operation, endpoint.trial)
        ):
            return None, Phase.NOT_EXIST
        phase = task.phase(self.clock(), self.retention)
        return (None if phase is Phase.NOT_EXIST else task), phase

    def cancel(self, task_id: str, endpoint: Endpoint) -> None:
        """Take a task out of the queue; a finished one stays as it is (fact sheet 2, release notes 23.5.0).

        Raises:
            OSError: the change could not be kept; the task is still there then.
        """
        _, phase = self.find(task_id, endpoint)
        if phase not in OPEN:
            return
        with self._lock:
            self._keep({key: task for key, task in self._tasks.items() if key != task_id})

    def seeded(self) -> list[SandboxTask]:
        """The labelled samples that still exist, oldest first."""
        now = self.clock()
        with self._lock:
            alive = [
                task for task in self._tasks.values() if task.phase(now, self.retention) != Phase.NOT_EXIST
            ]
        return sorted((task for task in alive if task.label), key=lambda task: task.submitted_at)

    def answer_login(self, form: dict[str, str]) -> TokenAnswer:
        """What ``/connect/token`` says to this form."""
        return self._desk.answer(form, self.clock())

    def accepts(self, token: str) -> bool:
        """Whether this access token opens the regular endpoints now."""
        return is_valid(token, self.clock())

    def _reads(self, operation: Operation, picture: images.Picture | None) -> bool:
        return self._reader is not None and images.can_be_read(operation, picture)

    def _have_read(self, task: SandboxTask, content: bytes) -> SandboxTask:
        """Keep the task and get its image into the row; an image that was read before is done."""
        if self._reader is None or self._shelf is None:
            raise RuntimeError("there is nobody who reads")
        # Whatever reading takes is the time of its recognition.
        task = replace(task, tempo=Tempo(task.tempo.pending_seconds, 0), being_read=True)
        with self._lock:
            reading = self._shelf.reading(task.sha256)
            if reading is not None:
                task = _read(task, reading)
                self._keep({**self._tasks, task.task_id: task})
                return task
            image = self._shelf.put(task.sha256, content)
            self._keep({**self._tasks, task.task_id: task})
            self._reader.read(task.sha256, image, self._was_read)
        return task

    def _was_read(self, digest: str, came: Reading | str) -> None:
        """Called from the reader's thread."""
        with self._lock:
            if self._shelf is None:
                return
            try:
                if isinstance(came, Reading):
                    self._shelf.store(digest, came)
            except OSError as error:
                _log.warning("what was read cannot be kept, its places are lost: %s", error)
            finally:
                with contextlib.suppress(OSError):
                    self._shelf.image(digest).unlink(missing_ok=True)
            changed = {
                key: _read(task, came)
                for key, task in self._tasks.items()
                if task.being_read and task.sha256 == digest
            }
            try:
                self._keep({**self._tasks, **changed})
            except OSError as error:
                _log.warning("that an image was read cannot be kept: %s", error)
                self._tasks = {**self._tasks, **changed}

    def _go_on_reading(self) -> None:
        """Take up what an earlier run of this sandbox has not read."""
        for key, task in self._tasks.items():
            if not task.being_read or self._shelf is None:
                continue
            image = self._shelf.image(task.sha256)
            if self._reader is not None and image.exists():
                self._reader.read(task.sha256, image, self._was_read)
            else:
                self._tasks[key] = _read(task, self._shelf.reading(task.sha256) or _STOPPED)

    def _keep(self, tasks: dict[str, SandboxTask]) -> None:
        now = self.clock()
        alive = {
            key: task for key, task in tasks.items() if task.phase(now, self.retention) != Phase.NOT_EXIST
        }
        if self._path is not None:
            kept_tasks.save(self._path, alive.values())
        gone = {task.sha256 for task in self._tasks.values()} - {task.sha256 for task in alive.values()}
        self._tasks = alive
        if gone and self._shelf is not None:
            self._shelf.forget(gone)


def _read(task: SandboxTask, came: Reading | str) -> SandboxTask:
    """A task whose image was read, or not."""
    if isinstance(came, str):
        return replace(task, failure=came, being_read=False)
    return replace(task, text=came.text, notices=(*task.notices, *came.notices), being_read=False)
