"""Engines for thousands of short-lived databases: what costs each of them time, and proves nothing, is left out.

A statement is compiled once for all databases of a kind, and SQLite does not wait until the disk has what it wrote:
a killed process loses nothing by that, only a machine without power does.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Compiled, Engine, create_engine, event
from sqlalchemy.util import LRUCache
from sqlmodel import SQLModel

from dashboard.store import engines

MOST_STATEMENTS = 2_000


class _CompiledOnce(LRUCache[Hashable, Compiled]):
    """What SQLAlchemy keeps of statements, by the kind of dialect instead of by the dialect of one engine."""

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, value: Compiled) -> None:  # noqa: ANN401 - SQLAlchemy's key
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (type(dialect), *rest)


@contextmanager
def quick_engines() -> Iterator[None]:
    """The engines of :mod:`dashboard.store.engines` in this process are such from here on."""
    compiled = _CompiledOnce(MOST_STATEMENTS)

    def create(*arguments: Any, **given: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's arguments
        engine = create_engine(*arguments, execution_options={"compiled_cache": compiled}, **given)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _wait_for_no_disk)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", create)
        for mapper in SQLModel._sa_registry.mappers:
            patch.setattr(mapper, "_compiled_cache", compiled)  # of what a session flushes
        yield


def _wait_for_no_disk(connection: Any, _record: object) -> None:  # noqa: ANN401 - of the driver
    connection.execute("PRAGMA synchronous=OFF")
