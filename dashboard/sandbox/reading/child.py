"""The reader's own process: a path a line comes in, what stands there goes out, a line of JSON each.

It holds what may burst (strangers' images, native code, half a gigabyte of models), so that the server does not. It
may take only so much memory, gives way to everybody else, and has no way to the network.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

MOST_MEMORY = 3 * 1024**3
"""Bytes of addresses; the models take 1.5 GB of them, of which half a gigabyte is really memory."""

_NICENESS = 10


def main() -> None:
    """Answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print has no place among answers
    _hold_back()
    try:
        from dashboard.sandbox.reading.engine import Engine  # half a gigabyte, and only here

        engine = Engine()
    except ImportError as error:
        answers.write(json.dumps({"missing": str(error)}) + "\n")
        answers.flush()
        return
    from dashboard.sandbox.reading.pages import Reading
    from dashboard.sandbox.reading.pictures import MOST_PAGES, Unreadable, count_of_pages, pages_of

    for line in sys.stdin:
        path = Path(json.loads(line))
        answer: dict[str, object]
        try:
            count = count_of_pages(path)
            pages = tuple(engine.page(picture) for picture in pages_of(path))
            notices = (
                (f"The reader on this machine read the first {MOST_PAGES} of {count} pages.",)
                if count > MOST_PAGES
                else ()
            )
            answer = {"reading": Reading(pages=pages, notices=notices).to_json()}
        except Unreadable as refused:
            answer = {"refused": str(refused)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _hold_back() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not everywhere there
        import resource  # Unix only

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_NICENESS)
    sys.addaudithook(_refuse_network)


def _refuse_network(event: str, _: object) -> None:
    """Python's own ways out; what would fetch a model fails at once and says so."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise OSError("the reader has no network")


if __name__ == "__main__":
    main()
