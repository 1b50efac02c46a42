"""Where a command works: at a dashboard that runs, over its API, or in the database, opened in place."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from dashboard.client import Client
from dashboard.client_values import Added, Reference, Task
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

    def export(self, task: Reference, *, form: str = "txt") -> bytes:
        """A result in a format."""


@contextmanager
def place() -> Iterator[Place]:
    """The dashboard that the settings name, else the database; closed at the end."""
    named = load_script_settings()
    if named.url:
        with Client(named.url, named.key.get_secret_value() if named.key else None) as client:
            yield client
        return
    from dashboard.cli_in_place import in_place  # takes a second, and is not needed with a server

    with in_place() as here:
        yield here
