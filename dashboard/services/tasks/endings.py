"""Hearing that a task has ended, whichever process polled it: one look at the database for all who wait here."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dashboard.background import Background
from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.retrying import Refusals
from dashboard.store import endings as rows
from dashboard.store.database import Database

log = get_logger(__name__)

LOOK_SECONDS = 0.25
"""How often it is looked while somebody waits; one statement by primary keys."""


class Endings(Background):
    """Looks for the ends of tasks while somebody waits for one; its thread begins with the first who does.

    Whoever waits holds neither a thread nor a connection, and is told what to look at only: who may read the
    task is asked again when it is read.
    """

    def __init__(self, database: Database) -> None:
        super().__init__("endings")
        self._database = database
        self._awaited: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self._change = threading.Condition()
        self._refusals = Refusals(self._stopping.wait)

    @contextmanager
    def awaiting(self, task_ref: int, call: Callable[[], None]) -> Iterator[None]:
        """Within the block, ``call`` is called once the task has ended or is gone, or the process is to end.

        It is called on another thread, must return at once, and may be called when nothing has happened.
        """
        with self._change:
            self._awaited[task_ref].append(call)
            self._change.notify()
        self.start()
        if self._stopping.is_set():
            call()
        try:
            yield
        finally:
            with self._change:
                self._awaited[task_ref].remove(call)
                if not self._awaited[task_ref]:
                    del self._awaited[task_ref]

    def begin_to_stop(self) -> None:
        """Let go of everybody who waits; returns at once."""
        super().begin_to_stop()
        with self._change:
            self._change.notify()
            waiting = [call for calls in self._awaited.values() for call in calls]
        for call in waiting:
            call()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._change:
                self._change.wait_for(lambda: self._awaited or self._stopping.is_set())
                looked_for = list(self._awaited)
            self._look(looked_for)
            self._stopping.wait(LOOK_SECONDS)

    def _look(self, task_refs: list[int]) -> None:
        try:
            with self._database.reading() as session:
                over = rows.over(session=session, task_refs=task_refs)
        except StoreError as error:
            if self._refusals.refused(str(error)):
                log.warning("endings.cannot_look", reason=str(error))
            return
        self._refusals.works()
        with self._change:
            told = [call for task_ref in over for call in self._awaited.get(task_ref, ())]
        for call in told:
            call()
