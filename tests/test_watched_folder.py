"""A watched folder: what is sent, when, how often, and where it ends."""

import json
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard import bootstrap, cli_run
from dashboard.cli_in_place import BROKEN_OFF, InPlace
from dashboard.cli_watch import alone_in, usable
from dashboard.client import Client
from dashboard.client_values import Added, Batch, BatchFile, Part, Reference, Task
from dashboard.errors import InputRefused, NotFound, ServerAway, StillOpen
from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Tempo
from dashboard.settings import Settings
from dashboard.watched_folder import DONE, EMPTY_SECONDS, FAILED, STATE, WatchedFolder
from tests.chaos.waiting import wait_until
from tests.commands import DASHBOARD, running
from tests.served import served

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OPEN = Batch(
    id=0,
    name="",
    total=1,
    waiting=1,
    perhaps=0,
    refused=0,
    cancelled=0,
    reading=0,
    kept=0,
    ended=0,
    is_paused=False,
    about_seconds=None,
)


@dataclass
class Here:
    """A dashboard that does what it is told to."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    """Names and keys."""
    done: set[int] = field(default_factory=set)
    error: Exception | None = None
    state: str = "completed"

    polls_itself = True

    def submit(
        self,
        paths: Iterable[Path | str],
        *,
        name: str = "",  # noqa: ARG002 - as the others
        settings: Mapping[str, object] | None = None,  # noqa: ARG002 - as the others
        key: str | None = None,
    ) -> Batch:
        """As told."""
        if self.error is not None:
            raise self.error
        (path,) = paths
        known = [number for number, (_, before) in enumerate(self.sent, 1) if before == key]
        if not known:
            self.sent.append((Path(path).name, key or ""))
        return self.batch(known[0] if known else len(self.sent))

    def batch(self, batch_id: int) -> Batch:
        """As told."""
        if self.error is not None:
            raise self.error
        if batch_id in self.done:
            return replace(OPEN, id=batch_id, waiting=0, kept=1)
        return replace(OPEN, id=batch_id)

    def files(self, batch_id: int) -> Iterator[BatchFile]:
        """As told."""
        task = Task(
            id=batch_id,
            task_id="a",
            operation="RecognizeImage",
            trial=True,
            state=self.state,
            label="",
            submitted_at=None,
            expires_at=NOW,
            expiry_exact=True,
            completed_at=NOW,
            polls=1,
            parked=None,
        )
        label = self.sent[batch_id - 1][0] if batch_id <= len(self.sent) else "x"
        yield BatchFile(position=0, label=label, state="sent", detail="", task=task)

    def export(self, task: Reference, *, form: str = "txt") -> bytes:
        """As told."""
        return f"{form} of {task.id if isinstance(task, Task) else task}".encode()

    def parts(self, task: Reference) -> tuple[Part, ...]:
        """As told."""
        return (Part(position=0, media_type="text/plain", size=1),) if task else ()

    def part(self, task: Reference, position: int) -> bytes:
        """As told."""
        raise AssertionError((task, position))

    def register(self, entries: Iterable[Mapping[str, object]]) -> Added:
        """As told."""
        raise AssertionError(entries)

    def list(self, *, state: str = "", query: str = "", at_risk: bool = False) -> Iterator[Task]:
        """As told."""
        raise AssertionError((state, query, at_risk))

    def get(self, task: Reference) -> Task:
        """As told."""
        raise AssertionError(task)

    def wait(self, task: Reference, *, seconds: float | None = None) -> Task:
        """As told."""
        raise AssertionError((task, seconds))


@dataclass
class Watch:
    """A folder, who watches it, and a clock moved by hand."""

    folder: Path
    here: Here = field(default_factory=Here)
    now: float = 0.0
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watched = self.anew()

    def anew(self) -> WatchedFolder:
        """As after a restart."""
        self.watched = WatchedFolder(
            self.folder,
            self.here,
            settings={},
            settle_seconds=3.0,
            form="txt",
            say=self.said.append,
            clock=lambda: self.now,
        )
        return self.watched

    def look(self, after: float = 0.0) -> None:
        """Let time pass, and look."""
        self.now += after
        self.watched.look()

    def names(self, below: str = "") -> list[str]:
        """What is in the folder, or below it."""
        return sorted(it.name for it in (self.folder / below).iterdir() if it.is_file() and it.name != STATE)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """An empty folder."""
    (tmp_path / "in").mkdir()
    return Watch(tmp_path / "in")


def put(watch: Watch, name: str, data: bytes = b"image") -> Path:
    """A file comes in."""
    path = watch.folder / name
    path.write_bytes(data)
    return path


class TestWhen:
    """What is whole and meant."""

    def test_a_file_that_has_settled(self, watch: Watch) -> None:
        """Three seconds after its last change."""
        path = put(watch, "a.png")
        watch.look()
        watch.look(2.9)
        assert watch.here.sent == []
        path.write_bytes(b"image, and more")
        watch.look(0.2)
        watch.look(2.9)
        assert watch.here.sent == []
        watch.look(0.2)
        assert [name for name, _ in watch.here.sent] == ["a.png"]
        watch.look(10)
        assert len(watch.here.sent) == 1

    def test_an_empty_one(self, watch: Watch) -> None:
        """May still be one that is being written."""
        put(watch, "a.png", b"")
        watch.look()
        watch.look(EMPTY_SECONDS - 1)
        assert watch.here.sent == []
        watch.look(2)
        assert len(watch.here.sent) == 1

    @pytest.mark.parametrize(
        "name", [".hidden.png", "~lock.png", "a.png~", "a.png.part", "a.CRDOWNLOAD", STATE]
    )
    def test_what_is_not_meant(self, watch: Watch, name: str) -> None:
        """Hidden and unfinished files."""
        put(watch, name, b"{}")
        watch.anew()
        watch.look()
        watch.look(EMPTY_SECONDS)
        assert watch.here.sent == []
        assert watch.watched.is_idle

    def test_links_and_folders(self, watch: Watch, tmp_path: Path) -> None:
        """Are not followed."""
        (tmp_path / "secret").write_text("x")
        (watch.folder / "link.png").symlink_to(tmp_path / "secret")
        (watch.folder / "folder.png").mkdir()
        watch.look()
        watch.look(EMPTY_SECONDS)
        assert watch.here.sent == []


class TestWhere:
    """Where files end."""

    def test_done(self, watch: Watch) -> None:
        """With the text beside it."""
        put(watch, "a.png")
        watch.look()
        watch.look(3)
        assert watch.names() == ["a.png"]
        watch.here.done.add(1)
        watch.look(1)
        assert (watch.names(), watch.names(DONE)) == ([], ["a.png", "a.png.txt"])
        assert (watch.folder / DONE / "a.png.txt").read_text() == "txt of 1"
        assert watch.watched.is_idle
        assert watch.said == ["a.png: sent", "a.png: done"]

    def test_the_same_name_again(self, watch: Watch) -> None:
        """Replaces nothing."""
        for number in (1, 2):
            put(watch, "a.png", b"%d" % number)
            watch.here.done.add(number)
            watch.look()
            watch.look(3)
        assert watch.names(DONE) == ["a (2).png", "a (2).png.txt", "a.png", "a.png.txt"]
        assert (watch.folder / DONE / "a.png").read_bytes() == b"1"

    @pytest.mark.parametrize(
        "error", [InputRefused("No image."), NotFound("Not here."), StillOpen("Perhaps sent.")]
    )
    def test_failed(self, watch: Watch, error: Exception) -> None:
        """With the reason beside it; the next file goes on."""
        put(watch, "a.png")
        watch.look()
        watch.here.error = error
        watch.look(3)
        assert watch.names(FAILED) == ["a.png", "a.png.reason.txt"]
        assert (watch.folder / FAILED / "a.png.reason.txt").read_text() == f"{error}\n"
        assert watch.watched.failed == 1

    def test_ended_without_a_result(self, watch: Watch) -> None:
        """Is failed, too."""
        watch.here.state, watch.here.done = "not_found", {1}
        put(watch, "a.png")
        watch.look()
        watch.look(3)
        assert watch.names(FAILED) == ["a.png", "a.png.reason.txt"]
        assert "a.png: not found." in (watch.folder / FAILED / "a.png.reason.txt").read_text()


class TestTrouble:
    """Servers that are away, and processes that end."""

    def test_a_server_that_is_away(self, watch: Watch) -> None:
        """Files wait where they are; it is said once."""
        put(watch, "a.png")
        watch.look()
        watch.here.error = ServerAway("Nobody answers.")
        watch.look(3)
        watch.look(60)
        assert (watch.names(), watch.said) == (["a.png"], ["Nobody answers. Files wait."])
        watch.here.error, watch.here.done = None, {1}
        watch.look(1)
        assert watch.names(DONE) == ["a.png", "a.png.txt"]

    def test_killed_before_the_answer(self, watch: Watch) -> None:
        """The key was written before: it is the same submission after the restart."""
        put(watch, "a.png")
        watch.look()
        watch.look(3)
        stored = json.loads((watch.folder / STATE).read_bytes())
        stored["a.png"]["batch"] = None  # as if it had ended before it was told
        (watch.folder / STATE).write_text(json.dumps(stored))
        watch.here.done.add(1)
        watch.anew()
        watch.look()
        assert len(watch.here.sent) == 1
        assert watch.names(DONE) == ["a.png", "a.png.txt"]

    def test_killed_while_it_is_read(self, watch: Watch) -> None:
        """The next one goes on, also when somebody has taken the file away."""
        path = put(watch, "a.png")
        watch.look()
        watch.look(3)
        path.unlink()
        watch.here.done.add(1)
        watch.anew()
        watch.look()
        assert len(watch.here.sent) == 1
        assert watch.names(DONE) == ["a.png.txt"]

    def test_taken_away_before_it_was_sent(self, watch: Watch) -> None:
        """Is forgotten."""
        path = put(watch, "a.png")
        watch.look()
        watch.here.error = ServerAway()
        watch.look(3)
        path.unlink()
        watch.here.error = None
        watch.look(1)
        assert (watch.here.sent, watch.watched.is_idle) == ([], True)

    @pytest.mark.parametrize("text", ["", "[]", '{"a.png": {"strange": 1}}', "no JSON"])
    def test_a_damaged_memory(self, watch: Watch, text: str) -> None:
        """Nothing is sent on a guess."""
        (watch.folder / STATE).write_text(text)
        with pytest.raises(InputRefused, match="cannot be read"):
            watch.anew()


def test_in_place_a_key_is_used_once(tmp_path: Path) -> None:
    """As over the API; what was broken off is said to be perhaps sent."""
    scan = tmp_path / "a.png"
    scan.write_bytes(latin().image)
    app = bootstrap.build(Settings(data_dir=tmp_path / "data", poller="off"))
    here = InPlace(app)
    first, again = (here.submit([scan], settings={"trial": True}, key="k") for _ in range(2))
    assert first == again
    with pytest.raises(InputRefused):
        here.submit([scan], settings={"trial": True, "language": "Klingon"}, key="other")
    assert here.submit([scan], settings={"trial": True}, key="other").id == 2
    app.team.api_calls.begin("broken")
    with pytest.raises(StillOpen, match="may have been sent") as raised:
        here.submit([scan], settings={"trial": True}, key="broken")
    assert str(raised.value) == BROKEN_OFF
    assert len(app.team.batches.newest()) == 2
    app.stop()


def test_at_a_real_server(tmp_path: Path) -> None:
    """Over its API: sent, read, and put away with the text."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(latin().image)
    (folder / "setup.png").write_bytes(b"MZ" + bytes(99))
    with SandboxServer(state=SandboxState(tempo=Tempo(pending_seconds=0, processing_seconds=0))) as service:
        app = bootstrap.build(Settings(data_dir=tmp_path / "data", api_url=service.url))
        app.start()
        with served(app) as url, Client(url) as client:
            watched = WatchedFolder(
                folder,
                client,
                settings={"trial": True},
                settle_seconds=0,
                form="txt",
                say=lambda _: None,
                clock=lambda: 0.0,
            )

            def is_over() -> bool:
                watched.look()
                return watched.is_idle

            wait_until(is_over, "everything is put away")
        app.stop()
    assert sorted(it.name for it in (folder / DONE).iterdir()) == ["a.png", "a.png.txt"]
    assert sorted(it.name for it in (folder / FAILED).iterdir()) == ["setup.png", "setup.png.reason.txt"]
    assert (folder / FAILED / "setup.png.reason.txt").read_text().startswith("setup.png: ")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """Is said in a sentence, as is one that is not there."""
    with pytest.raises(InputRefused, match="cannot be used: Not a directory"), usable(tmp_path / "x"):
        raise NotADirectoryError(20, "Not a directory")
    with pytest.raises(OSError, match="No space"), usable(tmp_path):
        raise OSError(28, "No space left on device")


class TestProcesses:
    """As people run it: killed in the middle, and started again."""

    def test_each_once_over_a_kill(self, tmp_path: Path) -> None:
        """Files that were on their way are done by the next process; the service got none of them twice."""
        folder = tmp_path / "in"
        folder.mkdir()
        for number in range(5):
            (folder / f"scan {number}.png").write_bytes(latin().image)
        slow = Tempo(pending_seconds=1, processing_seconds=1)
        with SandboxServer(state=SandboxState(tempo=slow)) as service:
            environment = {
                "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"),
                "OCR_DASHBOARD_API_URL": service.url,
                "PATH": os.environ["PATH"],
            }
            arguments = ("watch", str(folder), "--trial", "--settle", "0")
            with running(*arguments, folder=tmp_path, environment=environment) as first:
                first.wait_for("scan 4.png: sent")
                with pytest.raises(InputRefused, match="Another process watches"), alone_in(folder):
                    pass
                first.process.send_signal(signal.SIGKILL)
                first.process.wait(10)
            ran = subprocess.run(  # noqa: S603 - our own
                [*DASHBOARD, *arguments, "--once"],
                capture_output=True,
                text=True,
                env=environment,
                cwd=tmp_path,
                check=False,
                timeout=90,
            )
            made = len(service.state._tasks)
        names = {f"scan {number}.png" for number in range(5)}
        done = {it.name for it in (folder / DONE).iterdir()}
        failed = {it.name for it in (folder / FAILED).iterdir()} if (folder / FAILED).exists() else set()
        # What was on the wire when the process was killed is said to be perhaps sent: nobody can know.
        lost = failed & names
        assert ran.returncode == (cli_run.PARTLY if lost else 0), ran.stderr
        assert (done & names) | lost == names
        assert done & lost == set()
        assert done == {it + ending for it in names - lost for ending in ("", ".txt")}
        for name in lost:
            assert "perhaps sent" in (folder / FAILED / f"{name}.reason.txt").read_text()
        assert len(names - lost) <= made <= len(names)

    def test_a_file_that_comes_in_later(self, tmp_path: Path) -> None:
        """Is heard of, and Ctrl+C ends it."""
        folder = tmp_path / "in"
        folder.mkdir()
        with SandboxServer(
            state=SandboxState(tempo=Tempo(pending_seconds=0, processing_seconds=0))
        ) as service:
            environment = {
                "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"),
                "OCR_DASHBOARD_API_URL": service.url,
            }
            arguments = ("watch", str(folder), "--trial", "--settle", "0.2")
            with running(*arguments, folder=tmp_path, environment=environment) as command:
                wait_until((tmp_path / "data" / "dashboard.db").exists, "it has begun")
                (folder / "late.png").write_bytes(latin().image)
                command.wait_for("late.png: done")
                command.process.send_signal(signal.SIGINT)
                assert command.process.wait(15) != 0
        assert (folder / DONE / "late.png.txt").exists()
