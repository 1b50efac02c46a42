"""Which token of a service new tasks take when they name none."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class _Token(Protocol):
    @property
    def id(self) -> int | None: ...

    @property
    def is_default(self) -> bool: ...


AnyToken = TypeVar("AnyToken", bound=_Token)


def taken_by_default(tokens: Iterable[AnyToken]) -> AnyToken | None:
    """The default of a service's tokens, or the newest where none is; None when there are none."""
    return max(tokens, key=lambda one: (one.is_default, one.id or 0), default=None)
