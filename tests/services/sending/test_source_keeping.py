"""What is deleted by itself of images and batches, and what never is."""

from datetime import timedelta

import pytest
from sqlmodel import col, func, select, update

from dashboard.bootstrap import Dashboard
from dashboard.errors import InputRefused, NotFound
from dashboard.models import Batch, Source, SourceChunk, Submission
from dashboard.models.dispatches import Pieces
from dashboard.models.source_tables import CHUNK_BYTES
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.sending.kept_sources import KeptSources, SourceRoom
from dashboard.services.sending.source_keeping import SourceKeeping
from dashboard.store import sources
from dashboard.testing import FakeOcrApi
from tests.services.sending.conftest import Keep
from tests.services.sending.test_batches import sender

TRIAL = SubmissionSettings(trial=True)


def held(app: Dashboard) -> list[int]:
    """The sources that are there, by ID."""
    with app.database.reading() as session:
        return [it for it in session.exec(select(Source.id).order_by(col(Source.id))) if it is not None]


def age(app: Dashboard, days: float) -> None:
    """As if everything had been added so long ago."""
    with app.database.writing() as session:
        then = app.clock() - timedelta(days=days)
        session.exec(update(Source).values(added_at=then))
        session.exec(update(Batch).values(created_at=then))


def sweep(app: Dashboard) -> int:
    """One round."""
    return SourceKeeping(app.database, rest=lambda _: None).sweep(app.clock())


def test_what_nobody_needs_goes(app: Dashboard, keep: Keep) -> None:
    """What was kept and never sent, after a day; what waits, or was sent, stays."""
    unused, waiting = keep(), keep()
    app.team.batches.submit([waiting], settings=TRIAL)
    assert sweep(app) == 0
    age(app, 1.1)
    assert sweep(app) == 1
    assert held(app) == [waiting]
    assert unused not in held(app)
    sender(app, FakeOcrApi()).run_once()
    age(app, 400)
    assert sweep(app) == 0
    assert held(app) == [waiting]


def test_as_long_as_the_team_wants(app: Dashboard, keep: Keep) -> None:
    """Then the image goes and the task stays; what waits to be sent is never touched."""
    app.team.team_settings.keep_sources(keeps=True, days=7)
    batch_id = app.team.batches.submit([keep()], settings=TRIAL)
    sender(app, FakeOcrApi()).run_once()
    waiting = keep()
    app.team.batches.submit([waiting], settings=TRIAL)
    age(app, 8)
    assert sweep(app) == 1
    assert held(app) == [waiting]
    task_ref = app.team.batches.task_refs(batch_id)[0]
    assert app.team.tasks.detail(task_ref).source is None
    with pytest.raises(NotFound):
        app.team.sources.image(task_ref)
    with pytest.raises(InputRefused, match="1 to"):
        app.team.team_settings.keep_sources(keeps=True, days=0)


def test_a_team_that_keeps_none(app: Dashboard, keep: Keep) -> None:
    """The image goes when its task is there."""
    app.team.team_settings.keep_sources(keeps=False, days=None)
    app.team.batches.submit([keep()], settings=TRIAL)
    sender(app, FakeOcrApi()).run_once()
    assert held(app) == []
    with app.database.reading() as session:
        assert session.exec(select(Submission.state)).all() == ["sent"]


def test_empty_batches_go(app: Dashboard, keep: Keep) -> None:
    """When none of their tasks is left, after a while."""
    batch_id = app.team.batches.submit([keep()], settings=TRIAL)
    sender(app, FakeOcrApi()).run_once()
    app.team.tasks.delete(app.team.batches.task_refs(batch_id))
    assert held(app) == []
    age(app, 30)
    sweep(app)
    assert app.team.batches.view(batch_id).progress.ended == 1
    age(app, 91)
    sweep(app)
    with pytest.raises(NotFound):
        app.team.batches.view(batch_id)


def test_no_room(app: Dashboard, keep: Keep) -> None:
    """A sentence that says what to do; nothing of it is kept."""
    first = keep()
    room = SourceRoom(app.team.kept_sources.facts([first])[first].size + 1)
    full = KeptSources(app.team.batches._team, room=room)
    path = app.settings.data_dir / "more.png"
    path.write_bytes(b"more")
    with pytest.raises(InputRefused, match="OCR_DASHBOARD_SOURCES_GB"):
        full.keep(name="more.png", data=Pieces.of_file(path), media_type="image/png")
    assert held(app) == [first]


def test_the_same_file_again(app: Dashboard, keep: Keep) -> None:
    """It is said, with the task that was made of it."""
    first = keep("a.png", b"the same bytes")
    batch_id = app.team.batches.submit([first], settings=TRIAL)
    sender(app, FakeOcrApi()).run_once()
    digest = app.team.kept_sources.facts([first])[first].sha256
    known = app.team.kept_sources.known([digest, "another"])
    assert list(known) == [digest]
    assert known[digest].task_ref == app.team.batches.task_refs(batch_id)[0]


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_in_pieces(app: Dashboard, keep: Keep, size: int) -> None:
    """The bytes come out as they went in, whatever their number."""
    data = bytes(number % 251 for number in range(size))
    source_id = keep("large.png", data)
    assert b"".join(app.team.kept_sources.stream(source_id)) == data
    with app.database.reading() as session:
        assert session.exec(select(func.count()).select_from(SourceChunk)).one() == -(-size // CHUNK_BYTES)


def test_half_a_file_is_nothing(app: Dashboard, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off while it is written leaves nothing behind; an empty file is refused."""
    really = sources.add_chunk

    def breaks(*, number: int, **given: object) -> None:
        if number:
            raise OSError("the disk is gone")
        really(number=number, **given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(sources, "add_chunk", breaks)
    with pytest.raises(OSError, match="gone"):
        keep("large.png", bytes(CHUNK_BYTES + 1))
    assert held(app) == []
    with pytest.raises(InputRefused, match=r"none\.png: the file is empty"):
        keep("none.png", b"")
