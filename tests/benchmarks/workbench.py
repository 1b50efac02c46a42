"""What the mask workbench costs for long texts: ``python tests/benchmarks/workbench.py``.

The real trial result repeated to one and to five million characters: cost should grow five times, not more.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from dashboard.results.comparison import compare
from dashboard.results.comparison_values import Reading
from dashboard.results.edits import diff
from dashboard.results.gaps import find_gaps, strip
from dashboard.results.masks import find_asterisks, find_masks, report_of

SAMPLES = Path(__file__).resolve().parents[1] / "results" / "samples"


def _repeated(name: str, characters: int) -> str:
    """The sample again and again; a number on each page, as real documents have them."""
    page = (SAMPLES / name).read_bytes().decode()
    return "\n".join(page.replace("ipsum", f"ipsum{number}") for number in range(characters // len(page)))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Print one line per length."""
    for characters in (1_000_000, 5_000_000):
        trial, regular = (_repeated(f"latin.{kind}.txt", characters) for kind in ("trial", "regular"))
        masks = find_masks(trial)
        readings = Reading(text=trial, trial=True), Reading(text="more " + regular, trial=False)
        corrected = regular.replace("Singulis conceptam", "Singulos").replace("quo. Singulis", "quo Singulos")
        steps: dict[str, Callable[[], object]] = {
            "judge": partial(find_asterisks, trial),
            "list": partial(find_gaps, trial, masks),
            "strip": partial(strip, trial, masks, cells=200),
            "share": partial(report_of, trial, masks),
            "compare": partial(compare, *readings),
            "diff": partial(diff, regular, corrected),
        }
        figures = ", ".join(f"{name} {_seconds(work):.2f} s" for name, work in steps.items())
        print(f"{len(trial):,} characters, {len(masks):,} masks: {figures}")


if __name__ == "__main__":
    main()
