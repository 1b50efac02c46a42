"""Everything one sandbox remembers: its tasks, its token desk and its switched-on faults."""

import hashlib
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.models import Operation
from dashboard.models.retention import RETENTION
from dashboard.sandbox import images, kept_tasks, samples
from dashboard.sandbox.contract import Endpoint, Order
from dashboard.sandbox.faults import Switchboard
from dashboard.sandbox.issued_tokens import TokenAnswer, TokenDesk, is_valid
from dashboard.sandbox.task_life import OPEN, Phase, SandboxTask, Tempo


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
    ) -> None:
        self.clock = clock
        self.tempo = tempo or Tempo()
        self.retention = retention
        self.faults = Switchboard()
        self._path = path
        self._desk = TokenDesk(token_seconds)
        self._lock = threading.Lock()
        self._tasks = {task.task_id: task for task in (kept_tasks.load(path) if path else ())}

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
        failure = ""
        if endpoint.operation is Operation.TEXT_TO_SPEECH:
            task_id = f"TTS{task_id[3:]}"  # no GUID, as in the docs (fact sheet 3.2)
            text = order.content.decode()
        else:
            picture = images.identify(order.content)
            failure = images.refusal(endpoint.operation, picture)
            sample = samples.by_digest().get(digest)
            text = images.statement(picture, order.content, digest) if picture else ""
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
        with self._lock:
            self._keep({**self._tasks, task_id: task})
        return task

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
        with self._lock:
            return self._desk.answer(form, self.clock())

    def accepts(self, token: str) -> bool:
        """Whether this access token opens the regular endpoints now."""
        return is_valid(token, self.clock())

    def _keep(self, tasks: dict[str, SandboxTask]) -> None:
        now = self.clock()
        alive = {
            key: task for key, task in tasks.items() if task.phase(now, self.retention) != Phase.NOT_EXIST
        }
        if self._path is not None:
            kept_tasks.save(self._path, alive.values())
        self._tasks = alive
