"""What a year's results cost an upgrade and a move: ``python tests/benchmarks/moving.py [RESULTS] [FROM]``.

A database made by the oldest edition of every migration is opened with today's program, exported, and imported into
the other kind of database, while somebody else writes there every 20 ms.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr

from dashboard import bootstrap, logs
from dashboard.bootstrap import Dashboard
from dashboard.services.library.library_address import LibraryRequest
from dashboard.settings import Settings
from dashboard.store import memberships, teams
from dashboard.store.database import Database, sqlite_url
from dashboard.store.secrecy import SecretBox

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by path, not as a module

from tests.postgres import running_server
from tests.store import editions
from tests.store.editions import ACCESS, FIRST, FOLDING, ROOM, Past

KEY = Fernet.generate_key().decode()
OLDEST = Past("0007", (FIRST, ACCESS, ROOM, FOLDING))


def main(results: int, kinds: Sequence[str]) -> None:
    """Do it from each of these kinds of database."""
    logs.configure(level="error")
    with running_server() as server, tempfile.TemporaryDirectory() as name:
        for kind in kinds:
            folder = Path(name) / kind
            old, new = folder / "old", folder / "new"
            is_sqlite = kind == "sqlite"
            old_url = sqlite_url(old) if is_sqlite else server.create("old")
            new_url = server.create("new") if is_sqlite else sqlite_url(new)
            _move(results, kind, (old, old_url), (new, new_url))


def _move(results: int, kind: str, old: tuple[Path, str], new: tuple[Path, str]) -> None:
    made = Database(old[1])
    steps = old[0].parent / "steps"
    steps.mkdir(parents=True)
    editions.make(made, OLDEST, steps, SecretBox([KEY]), results=results)
    made.close()

    began = time.monotonic()
    source = _opened(*old)
    print(f"{kind}: {results:,} results upgraded and opened in {time.monotonic() - began:.1f} s")
    found = source.team.library.look(LibraryRequest(typed="ubersetzung cafe"))
    assert found.total == min(results, 1_000) or found.more
    assert source.team.library.look(LibraryRequest(typed=f"nummer{results}")).total == 1

    file, began = old[0].parent / "team.zip", time.monotonic()
    with file.open("wb") as written:
        written.writelines(source.team.team_export.write())
    size = file.stat().st_size / 1e6
    print(f"{kind}: exported in {time.monotonic() - began:.1f} s, {size:.0f} MB")
    source.stop()

    target = _opened(*new)
    with _somebody_else(target) as waits:
        began = time.monotonic()
        desks = target.teams
        done = desks.team_import(indexing=target.indexing, told=lambda _: None).run(file)
        took = time.monotonic() - began
    assert done.tasks == results
    assert target.team.library.look(LibraryRequest(typed=f"nummer{results}")).total == 1
    print(f"{kind}: imported elsewhere in {took:.1f} s")
    waits.sort()
    print(
        f"{kind}: meanwhile {len(waits):,} writes of somebody else; median {waits[len(waits) // 2] * 1e3:.0f} ms, "
        f"99 % {waits[len(waits) * 99 // 100] * 1e3:.0f} ms, longest {waits[-1] * 1e3:.0f} ms"
    )
    target.stop()


def _opened(folder: Path, url: str) -> Dashboard:
    settings = Settings(
        data_dir=folder, database_url=SecretStr(url), secret_keys=SecretStr(KEY), poller="off"
    )
    return bootstrap.build(settings)


@contextmanager
def _somebody_else(target: Dashboard) -> Iterator[list[float]]:
    """Writes all the time, and tells how long each write took."""
    waits: list[float] = []
    ended = threading.Event()
    with target.database.writing() as session:
        other = teams.add(session=session, slug="somebody", name="Somebody", now=target.clock()).id or 0

    def write() -> None:
        while not ended.wait(0.02):
            began = time.monotonic()
            with target.database.writing() as session:
                memberships.forget_expired(
                    session=session, now=target.clock(), accounts_seen_before=target.clock(), limit=100
                )
                teams.touch(session=session, team_ids=[other])
            waits.append(time.monotonic() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, sys.argv[2:] or ("sqlite", "postgresql"))
