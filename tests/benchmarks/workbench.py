"""What the mask workbench costs for long texts: ``python tests/benchmarks/workbench.py``.

The real trial result repeated to one and to five million characters: cost should grow five times, not more.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from dashboard.results.gaps import find_gaps, masked_share, strip
from dashboard.results.masks import find_asterisks, find_masks

SAMPLES = Path(__file__).resolve().parents[1] / "results" / "samples"


def _repeated(name: str, characters: int) -> str:
    text = (SAMPLES / name).read_bytes().decode() + "\n"
    return text * (characters // len(text))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Print one line per length."""
    for characters in (1_000_000, 5_000_000):
        text = _repeated("latin.trial.txt", characters)
        masks = find_masks(text)
        judged, listed, barred, shared = (
            _seconds(lambda: find_asterisks(text)),  # noqa: B023 - called at once
            _seconds(lambda: find_gaps(text, masks)),  # noqa: B023 - called at once
            _seconds(lambda: strip(text, masks, cells=200)),  # noqa: B023 - called at once
            _seconds(lambda: masked_share(text, masks)),  # noqa: B023 - called at once
        )
        print(
            f"{len(text):,} characters, {len(masks):,} masks: judged {judged:.2f} s, listed {listed:.2f} s, "
            f"strip {barred:.2f} s, share {shared:.2f} s"
        )


if __name__ == "__main__":
    main()
