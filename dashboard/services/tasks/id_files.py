"""Files of task IDs: their rows as the lines that pasted text becomes, and what is left over as a file again. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from dashboard.models.task_ids import Shape
from dashboard.redaction import holds_secret, redacted
from dashboard.results.row_files import RowFile, read_rows
from dashboard.results.spreadsheets import csv_beginning, csv_line
from dashboard.services.labels import MAX_LABEL
from dashboard.services.tasks.id_columns import Columns, Meaning, guess, operation_of, trial_of
from dashboard.services.tasks.pasted_tasks import Line, read_given, read_lines
from dashboard.services.tasks.written_times import day_order, read_time

REASON = "reason"


@dataclass(frozen=True, slots=True)
class IdFile:
    """A file that was read.

    Attributes:
        name: what it is called, by whoever has it.
        content: its rows.
        columns: what they seem to mean.
    """

    name: str
    content: RowFile
    columns: Columns

    @property
    def head(self) -> tuple[str, ...]:
        """The names of its columns; numbers where it has none."""
        first = self.content.rows[0] if self.content.rows else ()
        if self.columns.has_head:
            return tuple(cell or f"column {n}" for n, cell in enumerate(first, start=1))
        return tuple(f"column {n}" for n in range(1, len(first) + 1))


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What its rows say.

    Attributes:
        lines: one for each row with anything in it.
        without_time: rows whose submission time was not understood, each with the reason.
    """

    lines: tuple[Line, ...]
    without_time: tuple[tuple[int, str], ...] = ()


def open_file(name: str, data: bytes) -> IdFile:
    """Read a file; raises Unreadable with a sentence for people."""
    content = read_rows(name, data)
    return IdFile(name, content, guess(content.rows, named=content.names))


def lines_of(file: IdFile, places: Mapping[Meaning, int], zone: tzinfo) -> ReadFile:
    """What a file says, with its columns as somebody has chosen them.

    Args:
        file: the file.
        places: the column of each meaning.
        zone: where its times were written, for those that name no zone.
    """
    if file.content.text is not None:
        return ReadFile(tuple(read_lines(file.content.text)))
    body = list(_body(file))
    column = places.get(Meaning.SUBMITTED)
    order = day_order(row[column] for _, row in body) if column is not None else None
    lines: list[Line] = []
    without_time: list[tuple[int, str]] = []
    for number, row in body:
        line = _line(number, row, places)
        if column is not None and (cell := row[column].strip()) and line.shape is not Shape.MALFORMED:
            moment = read_time(cell, zone, order)
            if isinstance(moment, str):
                without_time.append((number, moment))
            else:
                line = replace(line, submitted_at=moment)
        lines.append(line)
    return ReadFile(tuple(lines), tuple(without_time))


def rest_file(file: IdFile, reasons: Mapping[int, str]) -> bytes:
    """The rows with these numbers as CSV, with why they are left in a column of their own; without secrets."""
    if file.content.text is not None:
        texts = file.content.text.splitlines()
        pieces = [csv_beginning(["line", REASON])]
        pieces += [
            csv_line([redacted(texts[number - 1]), reason])
            for number, reason in sorted(reasons.items())
            if 0 < number <= len(texts)
        ]
        return b"".join(pieces)
    rows = dict(_body(file))
    pieces = [csv_beginning([*file.head, REASON])]
    pieces += [
        csv_line([*map(redacted, rows[number]), reason])
        for number, reason in sorted(reasons.items())
        if number in rows
    ]
    return b"".join(pieces)


def template() -> bytes:
    """A file to be filled in, with a row that shows how and that is no task by itself."""
    shown = ("0f3c5a7e-1b2d-4c3e-…", "Invoice March", "RecognizeImage", "no", "2026-05-31 14:05")
    return csv_beginning([one.value for one in Meaning]) + csv_line(shown)


def _body(file: IdFile) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows below the head that hold anything, with their numbers as spreadsheets count; entries of JSON from 1."""
    first = 0 if file.content.names else 1
    for number, row in enumerate(file.content.rows, start=first):
        if number == first and file.columns.has_head:
            continue
        if any(map(str.strip, row)):
            yield number, row


def _line(number: int, row: Sequence[str], places: Mapping[Meaning, int]) -> Line:
    cells = {meaning: row[column].strip() for meaning, column in places.items()}
    shown = redacted(" | ".join(filter(None, map(str.strip, row))))[:300]
    secret = any(map(holds_secret, row))
    line = read_given(cells.get(Meaning.TASK_ID, ""))
    label = cells.get(Meaning.LABEL, "")
    line = replace(
        line,
        number=number,
        text=shown,
        label="" if holds_secret(label) else label[:MAX_LABEL],
        holds_secret=secret,
    )
    for reason in _troubles(cells):
        return replace(line, shape=Shape.MALFORMED, reason=reason)
    operation = operation_of(cells.get(Meaning.OPERATION, ""))
    trial = trial_of(cells[Meaning.TRIAL]) if cells.get(Meaning.TRIAL) else None
    if operation is not None and line.operation is None:
        line = replace(line, operation=operation[0], trial=operation[1])
    return line if line.trial is not None or trial is None else replace(line, trial=trial)


def _troubles(cells: Mapping[Meaning, str]) -> Iterable[str]:
    """What stands in a cell and means nothing: better left out than registered as something else."""
    named = cells.get(Meaning.OPERATION, "")
    if named and operation_of(named) is None:
        yield f"“{redacted(named)[:40]}” is no operation of the service"
    trial = cells.get(Meaning.TRIAL, "")
    if trial and trial_of(trial) is None:
        yield f"“{redacted(trial)[:40]}” says neither yes nor no about evaluation mode"
