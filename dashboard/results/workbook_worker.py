"""Reads a workbook; run in a process of its own, because a hostile one may fill whatever reads it.

Standard input: the workbook. Standard output: its sheets as JSON, or nothing when it cannot be read. With a number
as argument, so many rows of its first sheet as values.
"""

import json
import sys
from pathlib import Path

MOST_BYTES = 400_000_000
"""Of address space; a workbook that is just small enough to be opened takes half of it."""

MOST_SECONDS = 10


def main() -> None:
    """Read the workbook."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # started by path
    from dashboard.results.worker_limits import limit

    limit(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    from dashboard.results.workbooks import sheets_of, values_of  # after the limits

    if len(sys.argv) > 1:
        rows = values_of(sys.stdin.buffer.read(), int(sys.argv[1]))
        sys.stdout.buffer.write(json.dumps(rows).encode("ascii"))
        return
    sheets = [
        {"name": sheet.name, "rows": sheet.rows, "cut": sheet.cut}
        for sheet in sheets_of(sys.stdin.buffer.read())
    ]
    sys.stdout.buffer.write(json.dumps(sheets).encode("ascii"))


if __name__ == "__main__":
    main()
