"""What ``pip install`` gives people: everything is in the wheel, and it works without the checkout."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

from dashboard import __version__
from tests.commands import free_port, running
from tests.installing import QUIET, ROOT
from tests.shipped_options import OPTIONS

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


def test_what_is_imported_is_declared() -> None:
    """Nothing is there only because something else needs it today; an extra is imported where it is used."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = declared["optional-dependencies"]
    ours = _names(declared["dependencies"])
    on_wish = _names(extras["sso"]) | _names(extras["heic"]) | _names(extras["local"])
    assert _imported("dashboard", "pages") <= ours | on_wish
    assert _imported("tests") <= ours | on_wish | _names(extras["test"])
    on_demand = {file.name for file in (ROOT / "dashboard").rglob("*.py") if _third_party(file) - ours}
    assert on_demand == {"sso_routes.py", "sso_identity.py", "opening_worker.py", "engine.py"}


def test_every_dependency_says_why_it_is_one() -> None:
    """In a comment behind it."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    listed = lines[start + 1 : lines.index("]", start)]
    assert [line for line in listed if line.strip().startswith('"') and "#" not in line] == []


def _names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", one) for one in requirements)
    return {re.sub(r"[-_.]+", "-", one[0]).lower() for one in found if one}


def _imported(*folders: str) -> set[str]:
    return set().union(*(_third_party(file) for name in folders for file in (ROOT / name).rglob("*.py")))


def _third_party(file: Path) -> set[str]:
    """The distributions that a file imports from."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
    foreign = modules - set(sys.stdlib_module_names) - {"dashboard", "pages", "tests"}
    return _names([name for module in foreign for name in _OWNERS.get(module, [module])])


_OWNERS = packages_distributions()


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
    for needed in ("store/migrations/versions/", "sandbox/samples/", "ui/assets/", "folding.js", "screens/"):
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
