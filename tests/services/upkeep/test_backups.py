"""Backups the server makes by itself: when, how many, where there is room, and what the doctor says of them."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.errors import StoreUnavailable
from dashboard.services.tasks.intake import NewTask
from dashboard.services.upkeep import backups
from dashboard.services.upkeep.backups import SPARE, Backups, findings, kept
from dashboard.settings import Settings, load_settings
from dashboard.store import backup_check
from tests.chaos.waiting import wait_until
from tests.store.test_backup import spoil

ROOM = 10**12


class Clocks:
    """The time on the wall, and the time that passes."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
        self.passed = 0.0

    def wait(self, hours: float) -> None:
        """Let time pass."""
        self.now += timedelta(hours=hours)
        self.passed += hours * 3600


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite, with the defaults."""
    return load_settings(data_dir=tmp_path / "data", poller="off")


@pytest.fixture
def app(settings: Settings) -> Iterator[Dashboard]:
    """A dashboard with one task, which runs meanwhile."""
    built = bootstrap.build(settings)
    built.team.intake.register([NewTask(task_id="t-1")])
    yield built
    built.stop()


@pytest.fixture
def clocks() -> Clocks:
    """To be moved."""
    return Clocks()


def scheduled(settings: Settings, clocks: Clocks, *, free: int = ROOM) -> Backups:
    """As a server that was just started has it."""
    return Backups(
        settings=settings,
        clock=lambda: clocks.now,
        monotonic=lambda: clocks.passed,
        free_bytes=lambda _: free,
    )


def moments(settings: Settings) -> list[str]:
    """When those were made that are kept, the latest first."""
    return [f"{it.made_at:%m-%d %H}" for it in kept(settings.data_dir)]


@pytest.mark.usefixtures("app")
def test_one_a_day_and_seven_are_kept(settings: Settings, clocks: Clocks) -> None:
    """Looking more often changes nothing, and neither does a restart."""
    schedule = scheduled(settings, clocks)
    for _ in range(9 * 4):
        schedule.make_if_due()
        scheduled(settings, clocks).make_if_due()
        clocks.wait(6)

    assert moments(settings) == [f"05-0{day} 12" for day in (9, 8, 7, 6, 5, 4, 3)]
    newest = kept(settings.data_dir)[0].file
    assert backup_check.check(newest).problems == ()
    if os.name == "posix":
        assert stat.S_IMODE(newest.stat().st_mode) == 0o600
        assert stat.S_IMODE(newest.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700


@pytest.mark.usefixtures("app")
def test_files_of_others_stay(settings: Settings, clocks: Clocks) -> None:
    """Only what we have named is counted and deleted; what a killed process left goes after some hours."""
    folder = settings.data_dir / "backups"
    folder.mkdir()
    mine = [folder / "before-the-move.backup", folder / "dashboard-old.backup"]
    left, fresh = (
        folder / ".dashboard-20260401-120000Z.backup.x",
        folder / ".dashboard-20260501-120000Z.backup.y",
    )
    for path in (*mine, left, fresh):
        path.touch()
    os.utime(left, (0, 0))
    few = settings.model_copy(update={"backups_kept": 1})
    for _ in range(3):
        scheduled(few, clocks).make_if_due()
        clocks.wait(24)

    assert moments(settings) == ["05-03 12"]
    assert all(path.exists() for path in (*mine, fresh))
    assert not left.exists()


@pytest.mark.parametrize("hours", [-24 * 365, 24 * 60])
@pytest.mark.usefixtures("app")
def test_a_clock_that_jumps_pushes_nothing_out(settings: Settings, clocks: Clocks, hours: float) -> None:
    """A year back, or two months ahead and corrected: backups go on, one a day of the time that passes."""
    schedule = scheduled(settings, clocks)
    for _ in range(3):
        schedule.make_if_due()
        clocks.wait(24)
    clocks.now += timedelta(hours=hours)
    before = set(moments(settings))
    for _ in range(2 * 24):
        schedule.make_if_due()
        clocks.wait(0.25)
    clocks.now -= timedelta(hours=hours)
    for _ in range(2 * 24):
        schedule.make_if_due()
        clocks.wait(0.25)

    assert before < set(moments(settings))
    assert len(moments(settings)) == 4


@pytest.mark.usefixtures("app")
def test_the_new_one_stays_whatever_the_clock_says(settings: Settings, clocks: Clocks) -> None:
    """It counts as the oldest when the clock went back, and holds the latest results all the same."""
    few = settings.model_copy(update={"backups_kept": 2})
    for _ in range(2):
        scheduled(few, clocks).make_if_due()
        clocks.wait(24)
    clocks.now -= timedelta(days=300)
    made = scheduled(few, clocks).make_if_due()

    assert made is not None
    assert len(moments(settings)) == 2
    assert f"{clocks.now:%m-%d %H}" in moments(settings)


@pytest.mark.usefixtures("app")
def test_the_database_comes_first_on_a_full_disk(settings: Settings, clocks: Clocks) -> None:
    """The oldest make room, two stay, and where that does not help nothing is made, which is said."""
    for _ in range(4):
        scheduled(settings, clocks).make_if_due()
        clocks.wait(24)
    with pytest.raises(StoreUnavailable, match="there is no room for another backup"):
        scheduled(settings, clocks, free=SPARE).make_if_due()
    assert moments(settings) == ["05-04 12", "05-03 12"]

    scheduled(settings, clocks, free=SPARE * 3).make_if_due()
    assert moments(settings) == ["05-05 12", "05-04 12", "05-03 12"]


def test_a_damaged_database_pushes_nothing_out(app: Dashboard, settings: Settings, clocks: Clocks) -> None:
    """No backup is made of it, and those there are stay."""
    few = settings.model_copy(update={"backups_kept": 1})
    scheduled(few, clocks).make_if_due()
    clocks.wait(24)
    app.database.close()
    spoil(settings.data_dir / "dashboard.db")
    with pytest.raises(StoreUnavailable, match="damaged"):
        scheduled(few, clocks).make_if_due()

    (good,) = kept(settings.data_dir)
    assert backup_check.check(good.file).problems == ()
    assert [it.name for it in good.file.parent.iterdir()] == [good.file.name]


def test_nothing_is_made_of_nothing(settings: Settings, clocks: Clocks, tmp_path: Path) -> None:
    """Neither of a database that nobody has used, nor of PostgreSQL, nor where none are wanted."""
    bootstrap.build(settings).stop()
    assert scheduled(settings, clocks).make_if_due() is None
    elsewhere = load_settings(data_dir=tmp_path / "data", database_url="postgresql://u@h/n")
    assert scheduled(elsewhere, clocks).make_if_due() is None
    for none_wanted in (elsewhere, settings.model_copy(update={"backup_hours": 0})):
        schedule = scheduled(none_wanted, clocks)
        schedule.start()
        assert schedule._thread is None
    assert not (tmp_path / "data" / "backups").exists()


def test_a_server_makes_them(app: Dashboard, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started and stopped with everything else."""
    monkeypatch.setattr(backups, "FIRST_SECONDS", 0.0)
    app.start()
    wait_until(lambda: kept(settings.data_dir), "the first backup is made")
    app.stop()
    assert app.backups._thread is not None
    assert not app.backups._thread.is_alive()


@pytest.mark.usefixtures("app")
def test_a_failure_is_logged_and_tried_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is; the thread goes on."""
    for name in ("FIRST_SECONDS", "RETRY_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(backups, name, 0.01)
    (settings.data_dir / "backups").write_text("in the way")
    schedule = Backups(settings=settings, clock=lambda: datetime.now(UTC))
    with capture_logs() as logged:
        schedule.start()
        wait_until(lambda: logged, "it is logged")
        assert logged[0]["event"] == "backup.not_made"
        (settings.data_dir / "backups").unlink()
        wait_until(lambda: kept(settings.data_dir), "it is made after all")
        schedule.stop()


def said(settings: Settings, now: datetime) -> list[tuple[bool, str]]:
    """What the doctor hears."""
    return list(findings(settings, now))


@pytest.mark.usefixtures("app")
def test_the_doctor_says_when_the_last_one_was_made(settings: Settings) -> None:
    """And whether that is well."""
    now = datetime.now(UTC)
    ((ok, sentence),) = said(settings, now)
    assert (ok, sentence) == (True, "one every 24 hours, 7 backups kept; there is none yet")
    Backups(settings=settings, clock=lambda: now - timedelta(hours=3)).make_if_due()
    ((ok, sentence),) = said(settings, now)
    assert ok
    assert sentence.startswith("one every 24 hours, 7 backups kept; the last one was made 3 hours ago: ")
    ((ok, sentence),) = said(settings.model_copy(update={"backup_hours": 0}), now)
    assert ok
    assert sentence.startswith("none are made by themselves (OCR_DASHBOARD_BACKUP_HOURS=0); the last one")
    elsewhere = settings.model_copy(
        update={"database_url": load_settings(database_url="postgresql://u:pw@h/n").database_url}
    )
    ((ok, sentence),) = said(elsewhere, now)
    assert ok
    assert "PostgreSQL" in sentence
    assert "pw" not in sentence


@pytest.mark.usefixtures("app")
def test_the_doctor_says_that_they_stopped(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days old, and results came in since; or no room for the next one. A month of rest is no trouble."""
    now = datetime.now(UTC)
    Backups(settings=settings, clock=lambda: now - timedelta(days=3)).make_if_due()
    ((ok, sentence),) = said(settings, now)
    assert not ok
    assert sentence.startswith("the last one was made 3 days ago")
    for path in settings.data_dir.glob("dashboard.db*"):
        os.utime(path, ((now - timedelta(days=3)).timestamp(),) * 2)
    assert [ok for ok, _ in said(settings, now)] == [True]

    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "there is no room for another backup" in said(settings, now)[-1][1]
