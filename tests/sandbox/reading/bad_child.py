"""Stands for the reader's process and does what each file says."""

import json
import os
import sys
import threading
from pathlib import Path


def main() -> None:
    """Answer until nobody asks any more."""
    for line in sys.stdin:
        match Path(json.loads(line)).read_text(encoding="utf-8"):
            case "hang":
                threading.Event().wait()
            case "crash":
                os.abort()
            case "garbage":
                print("Traceback", flush=True)  # noqa: T201 - its answers go to its standard output
            case "environment":
                print(json.dumps({"refused": " ".join(sorted(os.environ))}), flush=True)  # noqa: T201 - as above
            case text:
                words = [{"text": word, "box": [0, 0, 10, 10], "confidence": 0.5} for word in text.split()]
                page = {"width": 10, "height": 10, "rows": [[{"words": words}]], "picture": ""}
                answer = {"reading": {"pages": [page], "notices": []}}
                print(json.dumps(answer), flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
