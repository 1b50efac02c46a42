"""Says how much of each room the tests come by, after a run with ``--cov``: ``python -m tests.covered``."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage

LITTLE = 90.0
"""Per cent; rooms with less are named."""


@dataclass(slots=True)
class Room:
    """Lines that could be run, and those that no test has run."""

    lines: int = 0
    missed: int = 0

    @property
    def share(self) -> float:
        """Of its lines that were run, in per cent."""
        return 100.0 * (self.lines - self.missed) / self.lines if self.lines else 100.0


def room_of(path: str) -> str:
    """``dashboard/store`` of ``dashboard/store/tasks.py``."""
    return "/".join(path.split("/")[:-1][:2])


def by_room(files: Iterable[tuple[str, int, int]]) -> dict[str, Room]:
    """The rooms, least covered first.

    Args:
        files: path from the root, number of lines, and of those that were missed.
    """
    rooms: dict[str, Room] = defaultdict(Room)
    for path, lines, missed in files:
        room = rooms[room_of(path)]
        room.lines += lines
        room.missed += missed
    return dict(sorted(rooms.items(), key=lambda item: item[1].share))


def report(rooms: dict[str, Room]) -> list[str]:
    """What to print."""
    whole = Room(sum(it.lines for it in rooms.values()), sum(it.missed for it in rooms.values()))
    few = [f"{name} ({room.share:.0f} %)" for name, room in rooms.items() if room.share < LITTLE]
    return [
        *(f"{room.share:5.1f} % of {room.lines:5} lines  {name}" for name, room in rooms.items()),
        f"{whole.share:5.1f} % of {whole.lines:5} lines  in all",
        f"Less than {LITTLE:.0f} % of these is run in the process of a test: {', '.join(few) or 'none'}",
    ]


def main() -> None:
    """Read what the last run has left, and print."""
    measured = Coverage()
    measured.load()
    files = []
    for path in measured.get_data().measured_files():
        _, lines, _, missed, _ = measured.analysis2(path)
        files.append((Path(path).relative_to(Path.cwd()).as_posix(), len(lines), len(missed)))
    print("\n".join(report(by_room(files))))


if __name__ == "__main__":
    main()
