"""A ZIP that is made while it is sent: nothing is held but the piece under way, and nothing is done unasked."""

import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

_PIECE = 1 << 20
_WORTH_SENDING = 1 << 16

_TIMESTAMP = 0x5455
"""The extra field for seconds since 1970; the date of a ZIP itself has no zone."""
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_LATEST = datetime(2037, 12, 31, tzinfo=UTC)
"""What both can say."""


class ZipStream:
    """Takes files and gives out the bytes of the archive piece by piece."""

    def __init__(self, now: datetime) -> None:
        """Files of which nothing else is known are from now."""
        self._now = now
        self._outlet = _Outlet()
        self.archive = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]  # only written to

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.archive.close()

    def add(self, name: str, data: bytes, made_at: datetime | None = None) -> Iterator[bytes]:
        """Put in a file with the moment it is from; gives out what has been written."""
        with self.archive.open(_member(name, made_at or self._now), "w", force_zip64=True) as file:
            for start in range(0, len(data), _PIECE):
                file.write(data[start : start + _PIECE])
                yield from self._taken()
        yield from self._taken()

    def add_pieces(self, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Put in a file that is made meanwhile."""
        with self.archive.open(_member(name, self._now), "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)
                yield from self._taken()
        yield from self._taken()

    def take(self) -> bytes:
        """What has been written since the last time."""
        return self._outlet.take()

    def _taken(self) -> Iterator[bytes]:
        """The same, as soon as it is worth sending; files may be tiny and many."""
        if self._outlet.size >= _WORTH_SENDING:
            yield self.take()


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    """A file with its date: in UTC, and as an instant for programs that know the zone they are in."""
    at = min(max(moment.astimezone(UTC), _EARLIEST), _LATEST)
    member = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.extra = struct.pack("<HHBi", _TIMESTAMP, 5, 1, int(at.timestamp()))
    return member


class _Outlet:
    """Where the ZIP is written to; what has been written is taken away piece by piece."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        piece, self._written, self.size = b"".join(self._written), [], 0
        return piece
