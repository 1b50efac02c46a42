"""Judges a run of the tests in which some failed: what a browser or a killed process did once and not again is said.

``python -m tests.unsteady CODE`` follows a pytest that ended with this code, in the same folder. A few tests marked
``browser`` or ``chaos`` may have failed: those of each file are run again, alone and in a fresh process. They are
reported as unsteady when they pass then. Any other failure is one, and so is a failure that comes back.

``python -m tests.unsteady CODE any`` follows a second run, with another Python: what a version breaks it breaks again,
so any test may fail there that passes alone.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from pathlib import Path

MOST = 3
"""More are a pattern and no accident."""

MARKED = "browser or chaos"
_FAILED = Path(".pytest_cache", "v", "cache", "lastfailed")
_TESTS_FAILED = 1
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider")


def reason_to_fail(
    failed: Collection[str], *, marked: Collection[str], passes: Callable[[Sequence[str]], bool]
) -> str | None:
    """Why these failures are to be taken as such; None when they were only unsteady.

    Args:
        failed: the tests, by pytest's names for them.
        marked: those among them that may be unsteady.
        passes: runs tests of one file again.
    """
    if not failed:
        return "pytest does not say which tests failed"
    if others := sorted(set(failed) - set(marked)):
        return f"these may not fail even once: {', '.join(others)}"
    if len(failed) > MOST:
        return f"{len(failed)} tests failed; {MOST} may be unsteady"
    for file, tests in groupby(sorted(failed), key=_file_of):
        if not passes(list(tests)):
            return f"it failed again: {file}"
    return None


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _failed() -> list[str]:
    """What failed in the last run, which must have begun without a memory of earlier ones."""
    return list(json.loads(_FAILED.read_text(encoding="utf-8"))) if _FAILED.exists() else []


def _marked(tests: Sequence[str]) -> set[str]:
    """Those that bear one of the marks; asked of pytest, which knows every way of marking."""
    listed = subprocess.run(  # noqa: S603 - pytest
        [*_PYTEST, "--collect-only", "-m", MARKED, *tests], capture_output=True, text=True, check=False
    )
    return set(tests) & set(listed.stdout.splitlines())


def _passes(tests: Sequence[str]) -> bool:
    return subprocess.run([*_PYTEST, *tests], check=False).returncode == 0  # noqa: S603 - pytest


def main(code: int, which: str = "marked") -> int:
    """Judge the marked ones, or any; returns what to exit with."""
    if code != _TESTS_FAILED:
        return code
    failed = _failed()
    marked = failed if which == "any" else _marked(failed) if failed else ()
    reason = reason_to_fail(failed, marked=marked, passes=_passes)
    if reason is not None:
        print(f"FAILED: {reason}", flush=True)
        return code
    for test in failed:
        print(f"UNSTEADY: {test} failed above and passed when it was run again alone", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
