"""One accident of a browser is forgiven and said; nothing else is."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import unsteady
from tests.unsteady import MOST, reason_to_fail

ROOT = Path(__file__).parents[1]
BROWSER = [f"tests/browser/test_{name}.py::test_it" for name in "abcd"]

SUITE = """
import pathlib, pytest

@pytest.mark.browser
def test_unsteady():
    seen = pathlib.Path("seen")
    assert seen.exists() or seen.touch(), "only the first time"

@pytest.mark.browser
def test_broken():
    assert pathlib.Path("mended").exists()

def test_ours():
    assert pathlib.Path("ours").exists()
"""


def test_what_passes_again_is_unsteady() -> None:
    """Each file's failures are run once more, in one go."""
    again: list[Sequence[str]] = []

    def passes(tests: Sequence[str]) -> bool:
        again.append(tests)
        return True

    failed = ["b.py::test_2", "a.py::test_1", "b.py::test_1[x::y]"]
    assert reason_to_fail(failed, marked=failed, passes=passes) is None
    assert again == [["a.py::test_1"], ["b.py::test_1[x::y]", "b.py::test_2"]]


def test_what_fails_again_is_broken() -> None:
    """In any of the files."""
    failed = BROWSER[:2]
    reason = reason_to_fail(failed, marked=failed, passes=lambda tests: tests == [BROWSER[0]])
    assert reason == "it failed again: tests/browser/test_b.py"


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        pytest.param([], "does not say", id="nothing known"),
        pytest.param(BROWSER[: MOST + 1], "may be unsteady", id="too many"),
        pytest.param(
            [BROWSER[0], "tests/test_cli.py::test_it"], "not fail even once: tests/test_cli", id="another"
        ),
        pytest.param(["tests/browser/test_a.py"], "not fail even once", id="not even collected"),
    ],
)
def test_nothing_is_run_again(failed: list[str], reason: str) -> None:
    """When it would change nothing."""
    found = reason_to_fail(failed, marked=BROWSER, passes=lambda _: pytest.fail("it was run again"))
    assert found is not None
    assert reason in found


@pytest.mark.parametrize("code", [0, 2, 3, 4, 5])
def test_other_ends(code: int) -> None:
    """An interruption, an error of pytest or nothing to run is passed on."""
    assert unsteady.main(code) == code


@pytest.mark.parametrize(
    ("there", "which", "code", "said"),
    [
        pytest.param(["mended", "ours"], [], 0, "UNSTEADY: test_suite.py::test_unsteady", id="unsteady"),
        pytest.param(["ours"], [], 1, "FAILED: it failed again: test_suite.py", id="broken"),
        pytest.param(
            ["mended"], [], 1, "FAILED: these may not fail even once: test_suite.py::test_ours", id="ours"
        ),
        pytest.param(["mended"], ["any"], 1, "FAILED: it failed again: test_suite.py", id="any, again"),
    ],
)
def test_after_a_real_run(tmp_path: Path, there: list[str], which: list[str], code: int, said: str) -> None:
    """Of pytest, as ``.ci/run`` does it."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser: x\n    chaos: x\n")
    for name in there:
        (tmp_path / name).touch()

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - pytest
            [sys.executable, *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(ROOT)},
        )

    first = run("-m", "pytest", "--cache-clear")
    assert first.returncode == 1
    assert "only the first time" in first.stdout
    judged = run("-m", "tests.unsteady", str(first.returncode), *which)
    assert (judged.returncode, said in judged.stdout) == (code, True), judged.stdout + judged.stderr
