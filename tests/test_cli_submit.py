"""``submit``: with a server, without one, and with the stand-in inside."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import bootstrap, cli_run
from dashboard.bootstrap import Dashboard
from dashboard.cli_submit import settings_of
from dashboard.client import Client
from dashboard.errors import InputRefused
from dashboard.models import Role
from dashboard.sandbox import SandboxServer, SandboxState
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Tempo
from dashboard.settings import Settings
from tests.commands import DASHBOARD, Run
from tests.served import served

AT_ONCE = Tempo(pending_seconds=0, processing_seconds=0)
FIRST = latin().text.split()[0]


@pytest.fixture
def service() -> Iterator[SandboxServer]:
    """A service over real HTTP that ends its tasks at once."""
    with SandboxServer(state=SandboxState(tempo=AT_ONCE)) as running:
        yield running


@pytest.fixture(params=["at a server", "in place"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, service: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where the command works; each test runs once over the API and once in the database itself."""
    monkeypatch.setenv("OCR_DASHBOARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OCR_DASHBOARD_API_URL", service.url)
    if request.param == "in place":
        yield request.param
        return
    app = bootstrap.build(Settings(data_dir=tmp_path / "data", access="team", api_url=service.url))
    app.start()
    with served(app) as url:
        monkeypatch.setenv("OCR_DASHBOARD_URL", url)
        monkeypatch.setenv("OCR_DASHBOARD_KEY", app.team.members.make_key(label="script", role=Role.EDITOR))
        yield request.param
    app.stop()


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder of scans."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(latin().image)
    (folder / ".hidden").write_bytes(b"x")
    return folder


class TestSubmit:
    """The whole job in one command."""

    def test_one_image(self, run: Run, where: str, scans: Path, service: SandboxServer) -> None:
        """Its text is printed, and nothing else on standard output."""
        code, said = run("submit", str(scans / "a.png"), "--trial", "--wait", api_url=service.url)
        assert code == 0, said
        assert "1 of 1: 1 kept" in said
        assert len(said.splitlines()) > 5, where

    def test_a_folder_into_a_folder(
        self, run: Run, where: str, scans: Path, tmp_path: Path, service: SandboxServer
    ) -> None:
        """One file for each; what is there already stays as it is."""
        out = tmp_path / "out"
        out.mkdir()
        (out / "a.png.txt").write_text("mine")
        code, said = run(
            "submit", str(scans), "--trial", "--out", str(out), "--name", "May", api_url=service.url
        )
        assert code == 0, said
        names = sorted(it.name for it in out.iterdir())
        assert names == ["a.png (2).txt", "a.png.txt", "b.png.txt"], where
        assert (out / "a.png.txt").read_text() == "mine"
        assert "*" in (out / "b.png.txt").read_text("utf-8")

    def test_what_was_refused(self, run: Run, where: str, scans: Path, service: SandboxServer) -> None:
        """Is said on standard error and by the exit code; the others go on."""
        (scans / "notes.exe").write_bytes(b"MZ" + bytes(99))
        code, said = run("submit", str(scans), "--trial", "--wait", "--json", api_url=service.url)
        assert code == cli_run.PARTLY, where
        assert "ocr-dashboard: notes.exe: " in said
        answer = json.loads(said[said.index("{\n") : said.rindex("}") + 1])
        assert [it["label"] for it in answer["files"]] == ["a.png", "b.png"]
        assert all("*" in it["text"] for it in answer["files"])
        assert [it["name"] for it in answer["refused"]] == ["notes.exe"]

    def test_without_waiting(self, run: Run, where: str, scans: Path, service: SandboxServer) -> None:
        """It is said what the batch is, and the exit code is good."""
        code, said = run("submit", str(scans / "a.png"), "--trial", api_url=service.url, poller="off")
        assert code == 0, where
        assert "a.png\t" in said
        assert "Batch 1" in said

    def test_the_time_is_over(self, run: Run, where: str, scans: Path, service: SandboxServer) -> None:
        """Exit code 3."""
        service.state.tempo = Tempo(pending_seconds=600, processing_seconds=600)
        code, _ = run(
            "submit", str(scans / "a.png"), "--trial", "--wait", "--timeout", "0", api_url=service.url
        )
        assert code == cli_run.NOT_OVER, where

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("none.png",), "There is no file none.png."),
            (("empty",), "There is no file in empty."),
            (("scans/a.png",), "There is no token to send it with."),
            (("scans/a.png", "--trial", "--language", "Klingon"), "language is one of"),
            (("scans/a.png", "--trial", "--set", "rotate"), "--set rotate: write NAME=VALUE"),
            (("scans/a.png", "--trial", "--set", "colour=red"), "There is no setting 'colour'"),
            (("scans/.hidden", "--trial"), ".hidden: "),
        ],
    )
    def test_refusals(
        self,
        run: Run,
        where: str,
        scans: Path,
        service: SandboxServer,
        arguments: tuple[str, ...],
        words: str,
    ) -> None:
        """In one sentence; nothing was sent."""
        (scans.parent / "empty").mkdir()
        code, said = run("submit", *arguments, api_url=service.url)
        assert (code, f"ocr-dashboard: {words}" in said) == (1, True), (where, said)


def test_with_the_stand_in_inside(tmp_path: Path) -> None:
    """A process of its own, without a token and the internet: the text is on standard output, and nothing stays."""
    (tmp_path / "latin.png").write_bytes(latin().image)
    environment = {
        "OCR_DASHBOARD_DATA_DIR": str(tmp_path / "data"),
        "PATH": "",
        "OCR_DASHBOARD_URL": "http://x.invalid",
    }
    ran = subprocess.run(  # noqa: S603 - our own
        [*DASHBOARD, "submit", "latin.png", "--sandbox"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == FIRST
    assert ran.stdout.split() == latin().text.split()
    assert ran.stderr == "1 of 1: 1 kept\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ([], {}),
        (
            ["rotate=90", "make_spell_check=true", "dsr_mode=Regions"],
            {"rotate": 90, "make_spell_check": True, "dsr_mode": "Regions"},
        ),
        (
            ['regions=[{"left":1,"top":1,"right":2,"bottom":2}]'],
            {"regions": [{"left": 1, "top": 1, "right": 2, "bottom": 2}]},
        ),
        (["language=a=b"], {"language": "a=b"}),
    ],
)
def test_settings(given: list[str], settings: dict[str, object]) -> None:
    """Values are JSON where they can be, else words."""
    assert settings_of(given, trial=None) == settings


def test_a_setting_without_a_value() -> None:
    """Is refused with an example."""
    with pytest.raises(InputRefused, match="write NAME=VALUE"):
        settings_of(["rotate"])


def test_many_files_by_the_client(tmp_path: Path, scans: Path) -> None:
    """They are read while they are sent; what the batch consists of can be asked for page by page."""
    app: Dashboard = bootstrap.build(Settings(data_dir=tmp_path / "data", poller="off"))
    with served(app) as url, Client(url) as client:
        batch = client.submit([scans / "a.png", str(scans / "b.png")], name="May", settings={"trial": True})
        assert (batch.name, batch.total, batch.waiting, batch.is_open) == ("May", 2, 2, True)
        assert client.batch(batch.id) == batch
        assert [it.label for it in client.files(batch.id)] == ["a.png", "b.png"]
        with pytest.raises(InputRefused, match="cannot be read"):
            client.submit([scans / "none.png"])
    app.stop()
