"""The sandbox inside this server: starting it, finding it, and filling an empty board with samples."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dashboard import full_disk, sandbox
from dashboard.errors import NoAnswer, StoreUnavailable
from dashboard.logs import get_logger
from dashboard.models import SANDBOX_URL, Origin
from dashboard.services.credentials.credentials import Credentials
from dashboard.services.sending.kept_sources import KeptSources
from dashboard.services.tasks.intake import Intake, NewTask
from dashboard.services.upkeep import sample_pictures
from dashboard.store import tasks as task_rows
from dashboard.store.database import Database

log = get_logger(__name__)


class Sandbox:
    """One stand-in service per server, on an address only this machine can reach.

    Tasks and tokens name it :data:`dashboard.models.SANDBOX_URL`, because its port changes with every start.
    """

    def __init__(
        self, *, data_dir: Path, database: Database, clock: Callable[[], datetime], wanted: bool = False
    ) -> None:
        self._path = data_dir / "sandbox.json"
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._server: sandbox.SandboxServer | None = None
        self._state: sandbox.SandboxState | None = None
        self.wanted = wanted
        """Whether this server was started for the sandbox, so that new tasks go there by default."""

    @property
    def url(self) -> str | None:
        """Where it listens now, or None while it is not running."""
        return self._server.url if self._server else None

    def resolve(self, api_url: str) -> str:
        """The address to call for a stored service URL; raises NoAnswer while the sandbox is off."""
        if api_url != SANDBOX_URL:
            return api_url
        if self.url is None:
            raise NoAnswer("The sandbox is not running. Start it from the board, or with --sandbox.")
        return self.url

    def start(self) -> str:
        """Start it if it is not running; returns its address.

        Raises:
            StoreUnavailable: when the file with its tasks cannot be used.
        """
        with self._lock:
            if self._server is None:
                try:
                    self._state = sandbox.SandboxState(
                        clock=self._clock, path=self._path, reader=sandbox.reader_here()
                    )
                except OSError as error:
                    raise full_disk.refusal(f"The sandbox cannot use its file {self._path}", error) from error
                server = sandbox.SandboxServer(state=self._state)
                server.start()
                self._server = server
                log.info("sandbox.started", url=server.url)
            return self._server.url

    def resume(self) -> None:
        """Start it when it was asked for, or when open tasks of an earlier run still live in it.

        In the second case trouble with it is only logged: the dashboard has other work.
        """
        with self._database.reading() as session:
            needed = task_rows.has_open(session=session, api_url=SANDBOX_URL)
        if not (self.wanted or needed):
            return
        try:
            self.start()
        except StoreUnavailable as error:
            if self.wanted:
                raise
            log.warning("sandbox.not_started", reason=str(error))

    def seed(self, *, intake: Intake, credentials: Credentials, sources: KeptSources | None = None) -> int:
        """Start it, and register the samples and the demo token; returns how many tasks are new.

        Args:
            intake: takes the samples.
            credentials: take the token.
            sources: keep the pictures of the samples; without them there are none.

        Raises:
            NotPermitted: for everybody but owners, because a token is registered; nothing is started then.
            StoreUnavailable: when the file with its tasks cannot be used.
        """
        credentials.check_may_add()
        self.start()
        if self._state is None:
            raise NoAnswer("The sandbox could not be started.")
        credentials.add(label="Sandbox token", access_token=sandbox.DEMO_ACCESS_TOKEN, api_url=SANDBOX_URL)
        try:
            seeded = sandbox.seed(self._state)
        except OSError as error:
            raise full_disk.refusal(f"The sandbox cannot write its file {self._path}", error) from error
        entries = [
            NewTask(
                task_id=sample.task_id,
                operation=sample.operation,
                trial=sample.trial,
                label=sample.label,
                submitted_at=sample.submitted_at,
                api_url=SANDBOX_URL,
                origin=Origin.SAMPLE,
            )
            for sample in seeded
        ]
        registered = intake.register(entries).registered
        if sources is not None:
            labels = {sample.task_id: sample.label for sample in seeded}
            found = {
                ref: sandbox.picture_of(labels[task_id])
                for task_id, ref in registered.items()
                if task_id in labels
            }
            sample_pictures.keep(sources, {ref: it for ref, it in found.items() if it is not None})
        return len(registered)

    def stop(self, *, timeout_seconds: float = 3.0) -> None:
        """Stop it; its tasks are kept for the next start."""
        with self._lock:
            if self._server is not None:
                self._server.stop(timeout_seconds=timeout_seconds)
                self._server = None
            if self._state is not None:
                self._state.close()
                self._state = None
