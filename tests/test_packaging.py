"""What ``pip install`` gives people: everything is in the wheel, and it works without the checkout."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from dashboard import __version__
from tests.commands import free_port, running
from tests.shipped_options import OPTIONS

ROOT = Path(__file__).parent.parent
NO_INDEX = ("Could not find a version", "Failed to establish a new connection", "Temporary failure in name")

QUIET = {"OCR_DASHBOARD_POLLER": "off", "PYTHONPATH": ""}
"""Settings of a served installation; it must not find the checkout by way of ours."""

PROBE = """
# Serves the installed dashboard, and says from inside which configuration it runs with.
import json, os, signal, sys, threading, time, urllib.request

def look(port, names):
    deadline = time.monotonic() + 30
    while True:
        try:
            page = urllib.request.urlopen(f"http://localhost:{port}/task?id=1", timeout=5).read().decode()
            break
        except OSError:
            if time.monotonic() > deadline:
                os._exit(3)
            time.sleep(0.05)
    import dashboard
    from streamlit import config
    options = {name: config.get_option(name) for name in names}
    print("PROBE " + json.dumps({"file": dashboard.__file__, "page": page, "options": options}), flush=True)
    os.kill(os.getpid(), signal.SIGINT)

port, names = sys.argv[1], json.loads(sys.argv[2])
threading.Thread(target=look, args=(port, names), daemon=True).start()
sys.argv = ["ocr-dashboard", "serve", "--host", "localhost", "--port", port]
from dashboard.cli import main
main()
"""

PAGES = """
# Runs every page of the installed dashboard once.
from pathlib import Path
import dashboard
from streamlit.testing.v1 import AppTest

home = Path(dashboard.__file__).parent
app = AppTest.from_file(str(home / "app.py"), default_timeout=30).run()
for page in ("board", "add", "library", "tokens", "task"):
    app = app.switch_page(str(home / "screens" / f"{page}.py")).run()
    assert not app.exception, (page, app.exception)
    print("PAGE", page)
"""


def _run(*command: object, folder: Path, **environment: str) -> str:
    """What a command says; fails the test when it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(word) for word in command],
        cwd=folder,
        env=environment or None,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _pip(*arguments: object, folder: Path, python: Path | None = None) -> None:
    """Run pip; skips the test when it needs an index and there is none."""
    chosen = ["--python", str(python)] if python else []
    command = [sys.executable, "-m", "pip", *chosen, *map(str, arguments)]
    quick = ["--quiet", "--no-deps", "--disable-pip-version-check", "--retries", "0", "--timeout", "10"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *quick], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode and any(words in done.stderr for words in NO_INDEX):
        pytest.skip("building a wheel needs hatchling from a package index, and none can be reached")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--wheel-dir", folder, ROOT, folder=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment with the wheel and the dependencies, but not the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    names = {"base": str(folder), "platbase": str(folder)}
    scripts = Path(sysconfig.get_path("scripts", "venv", vars=names))
    _pip("install", wheel, folder=folder, python=scripts / Path(sys.executable).name)
    # Only now: pip would take the checkout's own installation for an older one and remove it. Links to
    # checkouts that lie in our folder are not followed from there.
    ours = sysconfig.get_path("purelib")
    Path(sysconfig.get_path("purelib", "venv", vars=names), "dependencies.pth").write_text(f"{ours}\n")
    return scripts


def test_everything_is_in_the_wheel(wheel: Path) -> None:
    """Every file of the package, the pages and the configuration; no tests, no leftovers."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        f"{prefix}{path.relative_to(folder).as_posix()}"
        for folder, prefix in ((ROOT / "dashboard", "dashboard/"), (ROOT / "pages", "dashboard/screens/"))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == wanted | {"dashboard/.streamlit/config.toml"}
    assert "dashboard/py.typed" in names
    for needed in ("store/migrations/versions/", "sandbox/samples/", "ui/assets/", "screens/"):
        assert any(name.startswith(f"dashboard/{needed}") for name in names), needed
    assert {Path(name).suffix for name in names} >= {".py", ".css", ".js", ".svg", ".jpg", ".png", ".txt"}


def test_the_command_is_installed(installed: Path, tmp_path: Path) -> None:
    """And knows its version."""
    assert _run(installed / "ocr-dashboard", "--version", folder=tmp_path) == f"{__version__}\n"


def test_every_page_runs_from_the_installation(installed: Path, tmp_path: Path) -> None:
    """They are found inside the package."""
    (tmp_path / "pages.py").write_text(PAGES)
    environment = {"OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"), "OCR_DASHBOARD_POLLER": "off"}
    said = _run(installed / "python", tmp_path / "pages.py", folder=tmp_path, **environment)
    opened = [line.removeprefix("PAGE ") for line in said.splitlines() if line.startswith("PAGE ")]
    assert opened == ["board", "add", "library", "tokens", "task"]


def test_it_serves_with_its_own_configuration(installed: Path, tmp_path: Path) -> None:
    """From any folder: colours and switches come with the package, host and port from the command line."""
    port = free_port()
    wanted = OPTIONS | {"server.address": "localhost", "server.port": port}
    (tmp_path / "probe.py").write_text(PROBE)
    with running(
        str(tmp_path / "probe.py"),
        str(port),
        json.dumps(list(wanted)),
        folder=tmp_path,
        environment=QUIET | {"OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data")},
        program=[str(installed / "python")],
    ) as server:
        found = json.loads(server.wait_for("PROBE ").removeprefix("PROBE "))
        assert server.process.wait(10) == 0
        said = server.said()
    assert found["options"] == wanted
    assert Path(found["file"]).is_relative_to(installed.parent)
    assert "<title>" in found["page"]
    assert f"OCR Dashboard is ready at http://localhost:{port}" in said
    assert "Traceback" not in said
