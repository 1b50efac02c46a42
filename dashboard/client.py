"""A dashboard from a script of yours: ``from dashboard.client import Client``.

::

    client = Client("https://ocr.example.org", "odk_...")   # or OCR_DASHBOARD_URL and OCR_DASHBOARD_KEY
    (task,) = client.add(["0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"], label="Invoice March").tasks
    print(client.text(client.wait(task)))

Nothing but requests is needed for it, and none of the server's own parts is loaded. What goes wrong is raised as an
error of :mod:`dashboard.errors` whose message is a sentence; what failed on the way is tried again first.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from dashboard.client_calls import Calls
from dashboard.client_form import FilesForm
from dashboard.client_values import (
    Added,
    Batch,
    BatchFile,
    Part,
    Reference,
    Task,
    batch_of,
    known_of,
    task_of,
)
from dashboard.errors import InputRefused, NotFound
from dashboard.private_files import replacing

__all__ = ["Added", "Batch", "BatchFile", "Client", "Part", "Reference", "Task"]

DEFAULT_URL = "http://127.0.0.1:8501"

MOST_IDS = 5_000
"""Of one call; more are added in several."""

WAIT_SECONDS = 30
"""How long one call waits for the end of a task."""


class Client:
    """One dashboard, in the name of an API key; for one thread.

    Args:
        url: where it is; ``OCR_DASHBOARD_URL`` when not given, else this machine.
        key: an API key of a team; ``OCR_DASHBOARD_KEY`` when not given. A dashboard without access control needs none.
        sleep: waits between two tries.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.url = (url or os.environ.get("OCR_DASHBOARD_URL") or DEFAULT_URL).strip().rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise InputRefused("The address of the dashboard begins with http:// or https://.")
        key = (key or os.environ.get("OCR_DASHBOARD_KEY") or "").strip()
        self._calls = Calls(self.url, key, sleep=sleep)

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __enter__(self) -> Self:
        """Use it in a ``with`` block, or close it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of its connections."""
        self._calls.close()

    def add(
        self,
        task_ids: Iterable[str],
        *,
        label: str = "",
        operation: str = "RecognizeImage",
        trial: bool = False,
        credential: int | str | None = None,
        submitted_at: datetime | None = None,
    ) -> Added:
        """Have the results of these tasks fetched; IDs or whole request URLs, as many as you like.

        Args:
            task_ids: what the service answered to a submission.
            label: what people call them.
            operation: the endpoint that took the image.
            trial: whether in evaluation mode.
            credential: the number or the label of a token; the default token when not given.
            submitted_at: when they were submitted, aware.
        """
        common: dict[str, object] = {"label": label, "operation": operation, "trial": trial}
        if credential is not None:
            common["credential"] = credential
        if submitted_at is not None:
            common["submitted_at"] = submitted_at.isoformat()
        return self.register({"task_id": task_id, **common} for task_id in task_ids)

    def register(self, entries: Iterable[Mapping[str, object]]) -> Added:
        """The same where each task has a label, an operation, ... of its own; entries as the API takes them."""
        tasks: list[Task] = []
        known: dict[str, int] = {}
        rejected: dict[str, str] = {}
        left = iter(entries)
        while some := list(islice(left, MOST_IDS)):
            answer = self._calls.json("POST", "/tasks", json={"tasks": some})
            tasks += map(task_of, answer["registered"])
            known |= {it["task_id"]: it["id"] for it in answer["known"]}
            rejected |= {it["task_id"]: it["reason"] for it in answer["rejected"]}
        return Added(tasks=tuple(tasks), known=known, rejected=rejected)

    def submit(
        self, paths: Iterable[Path | str], *, name: str = "", settings: Mapping[str, object] | None = None
    ) -> Batch:
        """Have files sent to the service, together: images, PDF, DjVu, TIFF, or a ZIP of them, up to 200.

        Args:
            paths: of the files; they are read while they are sent.
            name: of the batch; by default told from the files.
            settings: how, such as ``{"trial": True, "language": "German", "result_type": "Text"}``; what is not said is
                the service's default.
        """
        form = FilesForm([Path(path) for path in paths], {"settings": dict(settings or {}), "name": name})
        answer = self._calls.json(
            "POST", "/submissions", once=True, data=form, headers={"Content-Type": form.content_type}
        )
        refused = {it["name"]: it["reason"] for it in answer["refused"]}
        return replace(batch_of(answer["batch"]), not_taken=refused)

    def batch(self, batch_id: int) -> Batch:
        """How far a batch is."""
        return batch_of(self._calls.json("GET", f"/batches/{int(batch_id)}", params={"per_page": 0}))

    def files(self, batch_id: int) -> Iterator[BatchFile]:
        """The files of a batch, in their order."""
        page = 1
        while True:
            items = self._calls.json("GET", f"/batches/{int(batch_id)}", params={"page": page})["items"]
            for it in items:
                yield BatchFile(
                    **{**known_of(BatchFile, it), "task": task_of(it["task"]) if it["task"] else None}
                )
            if not items:
                return
            page += 1

    def list(self, *, state: str = "", query: str = "", at_risk: bool = False) -> Iterator[Task]:
        """Tasks, newest first; read page by page while you go through them.

        Args:
            state: names of states, comma-separated.
            query: a piece of the label or the ID.
            at_risk: only open ones with less than two hours left.
        """
        seen: set[int] = set()
        page = 1
        while True:
            asked = {"state": state, "q": query, "at_risk": at_risk, "page": page, "per_page": 500}
            items = self._calls.json("GET", "/tasks", params=asked)["items"]
            for item in items:
                if item["id"] not in seen:  # new ones may have pushed it onto the next page
                    seen.add(item["id"])
                    yield task_of(item)
            if not items:
                return
            page += 1

    def get(self, task: Reference) -> Task:
        """A task as it is now."""
        return task_of(self._calls.json("GET", _path(task)))

    def wait(self, task: Reference, *, seconds: float | None = None) -> Task:
        """A task once it has ended; raises TimeoutError when it has not within so many seconds."""
        ends_at = None if seconds is None else time.monotonic() + seconds
        while True:
            left = WAIT_SECONDS if ends_at is None else max(0.0, ends_at - time.monotonic())
            found = task_of(
                self._calls.json("GET", _path(task), params={"wait": round(min(left, WAIT_SECONDS), 2)})
            )
            if not found.is_open:
                return found
            if ends_at is not None and time.monotonic() >= ends_at:
                raise TimeoutError(f"Task {found.id} is still {found.state}.")

    def text(self, task: Reference) -> str:
        """The text of a result; raises StillOpen while there is none."""
        return self._calls.content(f"{_path(task)}/text").decode("utf-8", "replace")

    def export(self, task: Reference, *, form: str = "txt") -> bytes:
        """A result as ``txt``, ``md`` or ``json``; raises StillOpen while there is none."""
        return self._calls.content(f"{_path(task)}/export", format=form)

    def parts(self, task: Reference) -> Sequence[Part]:
        """The parts of a result: its text, a PDF, tables, whatever was asked for."""
        items = self._calls.json("GET", _path(task))["parts"]
        return tuple(Part(**known_of(Part, it)) for it in items)

    def part(self, task: Reference, position: int) -> bytes:
        """The bytes of one part, exactly as the service sent them."""
        return self._calls.content(f"{_path(task)}/parts/{int(position)}")

    def download(self, tasks: Sequence[Reference], to: Path, *, form: str = "zip") -> Path:
        """Write results into one file: ``zip``, ``txt``, ``csv`` or ``jsonl``; whole, or not at all."""
        if not tasks:
            raise InputRefused("Name the tasks whose results are wanted.")
        ids = ",".join(str(self._number(task)) for task in tasks)
        with replacing(to) as file:
            for piece in self._calls.pieces("/export", ids=ids, format=form):
                file.write(piece)
        return to

    def _number(self, task: Reference) -> int:
        if isinstance(task, Task):
            return task.id
        return task if isinstance(task, int) else self.get(task).id


def _path(task: Reference) -> str:
    named = str(task.id if isinstance(task, Task) else task).strip()
    if named in ("", ".", "..") or "/" in named:  # would be another address
        raise NotFound("There is no such task here.")
    return f"/tasks/{quote(named, safe='')}"
