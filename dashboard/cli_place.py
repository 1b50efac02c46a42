"""Where a command works: at a dashboard that runs, over its API, or in the database, opened in place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from dashboard.client import Client
from dashboard.client_values import Added, Batch, BatchFile, Part, Reference, Task
from dashboard.script_settings import load_script_settings


class Place(Protocol):
    """What commands need of either; each method as in :class:`dashboard.client.Client`."""

    def register(self, entries: Iterable[Mapping[str, object]]) -> Added:
        """Have the results of tasks fetched."""

    def list(self, *, state: str = "", query: str = "", at_risk: bool = False) -> Iterator[Task]:
        """Tasks, newest first."""

    def get(self, task: Reference) -> Task:
        """A task as it is now."""

    def wait(self, task: Reference, *, seconds: float | None = None) -> Task:
        """A task once it has ended."""

    def submit(
        self, paths: Iterable[Path | str], *, name: str = "", settings: Mapping[str, object] | None = None
    ) -> Batch:
        """Have files sent."""

    def batch(self, batch_id: int) -> Batch:
        """How far a batch is."""

    def files(self, batch_id: int) -> Iterator[BatchFile]:
        """The files of a batch."""

    def parts(self, task: Reference) -> Sequence[Part]:
        """The parts of a result."""

    def part(self, task: Reference, position: int) -> bytes:
        """The bytes of one part."""

    def export(self, task: Reference, *, form: str = "txt") -> bytes:
        """A result in a format."""


@contextmanager
def place(*, sandbox: bool = False) -> Iterator[Place]:
    """The dashboard that the settings name, else the database; closed at the end.

    Args:
        sandbox: work with the stand-in of the service instead, of which nothing is kept.
    """
    named = load_script_settings()
    if named.url and not sandbox:
        with Client(named.url, named.key.get_secret_value() if named.key else None) as client:
            yield client
        return
    from dashboard.cli_in_place import in_place, in_sandbox  # takes a second, and is not needed with a server

    with in_sandbox() if sandbox else in_place() as here:
        yield here
