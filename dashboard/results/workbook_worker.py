"""Reads a workbook; run in a process of its own, because a hostile one may fill whatever reads it.

Standard input: the workbook. Standard output: its sheets as JSON, or nothing when it cannot be read.
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
    from dashboard.results.workbooks import sheets_of  # after the limits

    sheets = [
        {"name": sheet.name, "rows": sheet.rows, "cut": sheet.cut}
        for sheet in sheets_of(sys.stdin.buffer.read())
    ]
    sys.stdout.buffer.write(json.dumps(sheets).encode("ascii"))


if __name__ == "__main__":
    main()
