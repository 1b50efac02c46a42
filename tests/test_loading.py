"""What is loaded when: each in a process of its own, since this one has loaded everything."""

import json
import subprocess
import sys

import pytest

from dashboard.loading import without

AT_REST = """
import json, sys
{before}
print(json.dumps(sorted(name for name, module in sys.modules.items() if module is not None)))
"""
SERVER = """
from dashboard import bootstrap
from dashboard.settings import Settings
bootstrap.configure(Settings(data_dir={folder!r}))
import dashboard.server
"""


def said_by(code: str) -> list[str]:
    """The lines that a program in a process of its own prints."""
    command = [sys.executable, "-c", code]
    ran = subprocess.run(  # noqa: S603 - programs of this file
        command, capture_output=True, text=True, check=True, timeout=60
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("program", "not_loaded"),
    [
        ("import dashboard.logs", {"rich", "pygments"}),
        (
            "import dashboard.bootstrap",
            {"uvicorn", "starlette", "streamlit", "fastapi", "alembic", "rich", "pandas"},
        ),
        (SERVER, {"fastapi", "pandas", "numpy", "rich", "PIL", "psycopg", "alembic"}),
    ],
    ids=["logs", "worker", "server"],
)
def test_nothing_is_loaded_before_it_is_used(program: str, not_loaded: set[str], tmp_path: object) -> None:
    """A worker serves nothing, and a server at rest answers no script and draws no page."""
    code = AT_REST.format(before=program.format(folder=str(tmp_path)) if program is SERVER else program)
    loaded = set(json.loads(said_by(code)[-1]))
    assert "structlog" in loaded
    assert loaded & not_loaded == set()


def test_a_package_is_hidden_only_while_something_is_imported() -> None:
    """Whoever wants it afterwards gets it; what is loaded already stays as it is."""
    code = """
from dashboard.loading import without
with without("wave"):
    try:
        import wave
    except ImportError:
        print("hidden")
import wave
with without("wave"):
    import wave
print(wave.open.__name__)
"""
    assert said_by(code) == ["hidden", "open"]


def test_hiding_ends_when_the_import_fails() -> None:
    """Nothing stays hidden behind an error."""
    with pytest.raises(RuntimeError), without("surely_nowhere"):
        raise RuntimeError
    assert "surely_nowhere" not in sys.modules
