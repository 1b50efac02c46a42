"""A team's export as a file somebody hands in: what it is believed to be is looked at before it is used.

Names inside it are looked up and never become paths. Nothing is unpacked: files are read one by one, lines one by one,
and neither can be larger than what a result can be.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pydantic import BaseModel, ValidationError

from dashboard.errors import InputRefused
from dashboard.services.team.team_export import FORMAT

LARGEST = 512_000_000
"""Bytes of one file in it, and of one line: more than any answer of the service may have."""

MOST_LISTED = 200_000
"""Lines that are held in memory at once: of tokens, links, counted calls, open tasks."""

_USUAL = 1_000_000_000
_MOST_TIMES = 200
"""So many times as large as the ZIP may be what is in it, beyond what is usual; texts get to a tenth."""

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What reading a broken ZIP ends in."""


class ExportFile:
    """One export, open for reading.

    Raises:
        InputRefused: whenever it turns out to be something else.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._given: set[str] = set()
        try:
            self._file = path.open("rb")
            size = path.stat().st_size
        except OSError as error:
            raise InputRefused(f"{path} cannot be read ({error.strerror}).") from None
        try:
            with self._readable():
                self._archive = zipfile.ZipFile(self._file)
            self._members = self._checked(size)
            self._check_format()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        self._file.close()

    def lines(self, name: str, of: type[BaseModel]) -> Iterator[dict[str, Any]]:
        """What each line of a file says, checked; nothing for a file that is not there."""
        for number, line in enumerate(self.raw_lines(name), 1):
            yield self.values(line, of, where=f"line {number:,} of {name}")

    def listed(self, name: str, of: type[BaseModel]) -> list[dict[str, Any]]:
        """The same all at once, for what a team has few of."""
        found = list(islice(self.lines(name, of), MOST_LISTED + 1))
        if len(found) > MOST_LISTED:
            raise self.refusal(f"{name} says more than any team has")
        return found

    def values(self, line: bytes, of: type[BaseModel], *, where: str) -> dict[str, Any]:
        """What one line says, checked."""
        try:
            return of.model_validate_json(line).model_dump()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            what = ".".join(map(str, first["loc"]))
            raise self.refusal(
                f"{where} says something else than an export does{f' ({what})' if what else ''}"
            ) from None

    def raw_lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file as they are."""
        if name not in self._members:
            return
        with self._readable(), self._archive.open(self._members[name]) as file:
            while line := _line(file):
                if len(line) > LARGEST:
                    raise self.refusal(f"a line of {name} never ends")
                if line.strip():
                    yield line

    def data(self, name: str) -> bytes:
        """The bytes of a file, which belongs to one thing only: a small ZIP could fill the memory otherwise."""
        if name not in self._members:
            raise self.refusal(f"{name!r} is missing in it")
        if name in self._given:
            raise self.refusal(f"{name!r} is named twice in it")
        self._given.add(name)
        with self._readable():
            return self._archive.read(self._members[name])

    def refusal(self, reason: str) -> InputRefused:
        """The sentence for what is wrong with it."""
        return InputRefused(
            f"{self._name} cannot be imported: {reason}. Nothing was kept of it. Export the team again."
        )

    def _checked(self, size: int) -> dict[str, zipfile.ZipInfo]:
        listed = self._archive.infolist()
        members = {one.filename: one for one in listed}
        if len(members) != len(listed):
            raise self.refusal("it holds several files of the same name")
        if any(one.flag_bits & 1 or one.compress_type not in _METHODS for one in listed):
            raise self.refusal("it is encrypted or packed in a way that exports are not")
        if any(one.file_size > LARGEST and not one.filename.endswith(".jsonl") for one in listed):
            raise self.refusal("a file in it is larger than any result")
        if sum(one.file_size for one in listed) > max(_USUAL, _MOST_TIMES * size):
            raise self.refusal("it would be unpacked to far more than an export ever is")
        return members

    def _check_format(self) -> None:
        if "export.json" not in self._members and "tasks.jsonl" in self._members:
            raise InputRefused(
                f"{self._name} was exported by an earlier version, which left out what an import needs. Update that "
                "dashboard, and export the team again."
            )
        try:
            head = json.loads(self.data("export.json"))
            made_as = head["format"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self.refusal("it is not the export of a team") from None
        if not isinstance(made_as, int) or made_as > FORMAT:
            raise InputRefused(
                f"{self._name} was exported by a newer version of the dashboard. Update this one, and import it then."
            )

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGED:
            raise self.refusal("it is no ZIP file, or a damaged one") from None


def _line(file: IO[bytes]) -> bytes:
    return file.readline(LARGEST + 1)
