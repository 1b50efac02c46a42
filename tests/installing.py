"""Builds the wheel of this checkout, and installs it as people do."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
QUIET = {"OCR_DASHBOARD_POLLER": "off", "PYTHONPATH": ""}
"""Settings of a served installation; it must not find the checkout by way of ours."""

_NO_INDEX = ("Could not find a version", "Failed to establish a new connection", "Temporary failure in name")


def build_wheel(folder: Path) -> Path:
    """The wheel, made in this folder."""
    _pip("wheel", "--wheel-dir", folder, ROOT, folder=folder)
    (found,) = folder.glob("*.whl")
    return found


def install(wheel: Path, folder: Path) -> Path:
    """The ``bin`` folder of an environment with the wheel and the dependencies, but not the checkout."""
    venv.create(folder, with_pip=False)
    names = {"base": str(folder), "platbase": str(folder)}
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=names))
    _pip("install", wheel, folder=folder, python=scripts / Path(sys.executable).name)
    # Only now: pip would take the checkout's own installation for an older one and remove it. Links to
    # checkouts that lie in our folder are not followed from there.
    ours = sysconfig.get_path("purelib")
    Path(sysconfig.get_path("purelib", "venv", vars=names), "dependencies.pth").write_text(f"{ours}\n")
    return scripts


def _pip(*arguments: object, folder: Path, python: Path | None = None) -> None:
    """Run pip; skips the test when it needs an index and there is none."""
    chosen = ["--python", str(python)] if python else []
    command = [sys.executable, "-m", "pip", *chosen, *map(str, arguments)]
    quick = ["--quiet", "--no-deps", "--disable-pip-version-check", "--retries", "0", "--timeout", "10"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *quick], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode and any(words in done.stderr for words in _NO_INDEX):
        pytest.skip("building a wheel needs hatchling from a package index, and none can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
