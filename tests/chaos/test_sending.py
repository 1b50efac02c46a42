"""A server that is killed while it sends: each image was submitted once, or is said to be perhaps sent."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Literal
from uuid import uuid4

import pytest
from sqlmodel import col, select

from dashboard import bootstrap
from dashboard.models import Submission, Task
from dashboard.models.dispatches import Pieces
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.settings import load_settings
from dashboard.store.database import Database
from tests.chaos.processes import Crew
from tests.chaos.waiting import wait_until

pytestmark = pytest.mark.chaos

FILES = 100


@pytest.fixture
def crew(tmp_path: Path, database_url: str) -> Iterator[Crew]:
    """The processes of a test; none survives it."""
    hired = Crew(tmp_path, database_url)
    yield hired
    hired.close()


@contextmanager
def counting_service(seconds: float, *, keeps: bool = True) -> Iterator[tuple[str, Counter[bytes]]]:
    """Takes images after a while, and counts how often it has taken each (unless told not to); results never come."""
    taken: Counter[bytes] = Counter()

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        lock: ClassVar[threading.Lock] = threading.Lock()

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # whoever sent it was killed half way: nothing was taken
            with self.lock:  # taken as soon as it has arrived, whoever still waits for the answer
                taken[body if keeps else b""] += 1
            time.sleep(seconds)
            self.answer("text/plain", str(uuid4()).encode())

        def do_GET(self) -> None:
            self.answer("application/json", b'{"taskStatus": "Pending", "responseStatusCode": "Ok"}')

        def answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def submit(folder: Path, database_url: str, url: str) -> None:
    """Store a batch, from a process that does not send."""
    app = bootstrap.build(load_settings(data_dir=folder / "data", database_url=database_url, api_url=url))
    try:
        ids = []
        for number in range(FILES):
            path = folder / "dropped.png"
            path.write_bytes(b"\x89PNG\r\n\x1a\n" + number.to_bytes(4, "big"))
            name = f"scan-{number}.png"
            ids.append(
                app.team.kept_sources.keep(name=name, data=Pieces.of_file(path), media_type="image/png").id
            )
        app.team.batches.submit(ids, settings=SubmissionSettings(trial=True))
    finally:
        app.stop()


def states(database: Database) -> Counter[str]:
    """How many submissions stand where."""
    with database.reading() as session:
        return Counter(session.exec(select(Submission.state)).all())


def after_three_ends(
    database: Database,
    database_url: str,
    crew: Crew,
    folder: Path,
    how: Literal["kill", "terminate"],
    without: Literal["nothing", "doubt"] = "nothing",
) -> Counter[bytes]:
    """End the server three times in the middle, and let the fourth one finish; how often each image was taken."""
    with counting_service(0.2) as (url, taken):
        crew.ask(url, {})
        submit(folder, database_url, url)
        for enough in (15, 40, 65):
            victim = crew.start("serve", without=without)
            wait_until(lambda: states(database)["sent"] >= enough, "some are sent")  # noqa: B023 - called at once
            if how == "kill":
                victim.kill()
            else:
                victim.process.terminate()
                victim.process.wait(20)
        crew.start("serve", without=without)
        wait_until(
            lambda: not states(database)["waiting"] and not states(database)["sending"],
            "all have ended",
            seconds=90,
        )
        return taken


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_never_twice_without_asking(
    database: Database, database_url: str, crew: Crew, tmp_path: Path, how: Literal["kill", "terminate"]
) -> None:
    """What the service took and nobody heard of is perhaps sent, and nothing else."""
    taken = after_three_ends(database, database_url, crew, tmp_path, how)
    found = states(database)
    assert found["sent"] + found["perhaps_sent"] == FILES
    assert max(taken.values()) == 1
    assert found["perhaps_sent"] <= 3 * 4  # what was under way
    assert len(taken) - found["sent"] <= found["perhaps_sent"]
    with database.reading() as session:
        sent = session.exec(select(Submission.task_ref).where(Submission.state == "sent")).all()
        assert len(set(sent)) == found["sent"] == len(session.exec(select(Task.id)).all())
        assert None not in sent
        details = session.exec(select(Submission.detail).where(col(Submission.state) == "perhaps_sent")).all()
    assert all("may have arrived" in detail for detail in details)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_doubt_some_would_be_sent_twice(
    database: Database, database_url: str, crew: Crew, tmp_path: Path
) -> None:
    """The control: who sends again what was under way pays twice."""
    taken = after_three_ends(database, database_url, crew, tmp_path, "kill", "doubt")
    assert max(taken.values()) > 1
