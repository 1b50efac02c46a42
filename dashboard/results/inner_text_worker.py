"""Reads the text inside a PDF or a workbook; run in a process of its own, because a hostile one may crash or fill it.

Standard input: the file. Argument: ``pdf`` or ``workbook``. Standard output: its text, and whether there is more,
as JSON.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

MOST_BYTES = 400_000_000
"""Of address space."""

MOST_SECONDS = 10
ENOUGH_SECONDS = 6
"""After which what was read so far is given."""

MOST_CHARACTERS = 5_000_000
"""As many as the search looks at."""

_BROKEN_WORD = "\ufffe"
"""What PDFium writes for a hyphen at a line end, together with the line end."""


def _pages(data: bytes) -> Iterator[str]:
    import pypdfium2  # after the limits

    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        yield text.get_text_range().replace(_BROKEN_WORD, "-\n").replace("\r\n", "\n").strip() + "\n\n"
        text.close()
        page.close()


def _rows(data: bytes) -> Iterator[str]:
    from dashboard.results.cell_formats import as_shown  # after the limits
    from dashboard.results.sheets import refuse_bombs
    from dashboard.results.workbooks import opened

    refuse_bombs(data)
    for sheet in opened(data).worksheets:
        for row in sheet.iter_rows(values_only=True):
            yield "\t".join(as_shown(value, "") or "" for value in row if value is not None).strip() + "\n"


_READERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {"pdf": _pages, "workbook": _rows}


def main() -> None:
    """Read it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # started by path
    from dashboard.results.worker_limits import limit

    limit(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    with contextlib.suppress(AttributeError):  # not on Windows
        os.nice(10)  # nobody waits for it
    pieces: list[str] = []
    left, cut = MOST_CHARACTERS, False
    for piece in _READERS[sys.argv[1]](sys.stdin.buffer.read()):
        if left <= 0 or time.process_time() > ENOUGH_SECONDS:
            cut = True
            break
        if piece.strip():
            pieces.append(piece[:left])
            left -= len(piece)
    text = "".join(pieces).strip()
    sys.stdout.buffer.write(json.dumps({"text": text, "cut": cut or left < 0}).encode("ascii"))
    sys.stdout.flush()
    os._exit(0)  # a hostile document may crash while it is taken down


if __name__ == "__main__":
    main()
