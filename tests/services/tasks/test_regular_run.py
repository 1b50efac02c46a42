"""The image of a trial result, kept and read again without evaluation mode."""

from contextlib import nullcontext

import pytest

from dashboard.errors import InputRefused, NoAnswer, NotFound, TokenRejected
from dashboard.models import Origin
from dashboard.services.results.sources import LARGEST, Sources
from dashboard.services.tasks.regular_run import RegularRun
from tests.services.conftest import SERVICE, Desk
from tests.services.results.test_source_kinds import picture
from tests.services.stored import store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.fixture
def sources(desk: Desk) -> Sources:
    """The images."""
    return Sources(desk.scope())


@pytest.fixture
def run(desk: Desk, sources: Sources) -> RegularRun:
    """What sends them again."""
    return RegularRun(desk.scope(), tokens=desk.tokens, api=desk.api, intake=desk.intake, sources=sources)


@pytest.fixture
def token(desk: Desk) -> int:
    """A token of the same service."""
    view, _ = desk.credentials.add(label="a", access_token="a-token-long-enough-to-be-one", api_url=SERVICE)
    return view.id


def test_an_image_is_kept(desk: Desk, sources: Sources) -> None:
    """Under its name, byte for byte; another one replaces it; it leaves with its task."""
    task_ref = store(desk, "a")
    sources.add(task_ref, name="my scan.png", data=PNG)
    facts, image = desk.tasks.detail(task_ref).source, sources.image(task_ref)
    assert facts is not None
    assert (facts.name, facts.size) == ("my scan.png", len(PNG))
    assert (image.data, image.media_type, image.name) == (PNG, "image/png", "my scan.png")
    sources.add(task_ref, name="b.jpg", data=b"\xff\xd8\xff" + bytes(9))
    assert sources.image(task_ref).media_type == "image/jpeg"
    sources.remove(task_ref)
    assert desk.tasks.detail(task_ref).source is None
    with pytest.raises(NotFound):
        sources.remove(task_ref)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"MM\0*" + bytes(9), b"PK\x03\x04"],
)
def test_only_images_that_browsers_show(desk: Desk, sources: Sources, data: bytes) -> None:
    """Whatever their name says."""
    with pytest.raises(InputRefused, match="PNG"):
        sources.add(store(desk, "a"), name="a.png", data=data)


def test_too_large(desk: Desk, sources: Sources) -> None:
    """Says how large an image may be."""
    with pytest.raises(InputRefused, match="20 MB"):
        sources.add(store(desk, "a"), name="a.png", data=PNG + bytes(LARGEST))


def test_a_run_makes_a_new_task(desk: Desk, sources: Sources, run: RegularRun, token: int) -> None:
    """Sent once, registered with its exact time, counted, with the image beside it."""
    task_ref = store(desk, "** masked", trial=True, label="scan")
    sources.add(task_ref, name="scan.png", data=PNG)
    wakes = desk.wakes
    new_ref = run.send(task_ref, credential_id=token)
    task = desk.task(new_ref)
    assert desk.api.taken == [PNG]
    assert (task.task_id, task.trial, task.label, task.origin) == (
        "sent-1",
        False,
        "scan",
        Origin.SUBMITTED.value,
    )
    assert (task.submitted_at, task.expiry_exact, task.credential_id) == (desk.clock(), True, token)
    assert sources.image(new_ref).data == PNG
    assert desk.credentials.get(token).meter.month == 1
    assert desk.wakes == wakes + 1


def test_nothing_is_repeated(desk: Desk, sources: Sources, run: RegularRun, token: int) -> None:
    """A call without an answer may have made a task: it is not made again, and no task is invented."""
    task_ref = store(desk, "** masked", trial=True)
    sources.add(task_ref, name="scan.png", data=PNG)
    for trouble in (NoAnswer("no answer"), TokenRejected("no")):
        desk.api.refuses_to_take = trouble
        desk.api.taken.clear()
        with pytest.raises(type(trouble)):
            run.send(task_ref, credential_id=token)
        assert len(desk.api.taken) == 1


@pytest.mark.parametrize(
    ("kind", "modes", "said"),
    [("WEBP", ["L"], "does not read WebP"), ("TIFF", ["1", "1"], "one page only"), ("TIFF", ["1"], "")],
)
def test_what_the_service_does_not_read(
    desk: Desk, sources: Sources, run: RegularRun, token: int, kind: str, modes: list[str], said: str
) -> None:
    """Is not sent, because it may be billed all the same."""
    task_ref = store(desk, "a", trial=True)
    sources.add(task_ref, name="scan", data=picture(kind, *modes))
    with pytest.raises(InputRefused, match=said) if said else nullcontext():
        run.send(task_ref, credential_id=token)
    assert len(desk.api.taken) == (not said)


def test_what_is_refused(desk: Desk, sources: Sources, run: RegularRun, token: int) -> None:
    """Before anything is sent."""
    regular, trial = store(desk, "a"), store(desk, "a", trial=True)
    elsewhere = store(desk, "a", trial=True, api_url="https://elsewhere.example")
    for task_ref in (regular, elsewhere):
        sources.add(task_ref, name="scan.png", data=PNG)
    with pytest.raises(InputRefused, match="masked"):
        run.send(regular, credential_id=token)
    with pytest.raises(InputRefused, match="another service"):
        run.send(elsewhere, credential_id=token)
    with pytest.raises(NotFound, match="no image"):
        run.send(trial, credential_id=token)
    with pytest.raises(NotFound, match="no such token"):
        run.send(trial, credential_id=token + 99)
    with pytest.raises(NotFound, match="no such task"):
        run.send(trial + 99, credential_id=token)
    assert desk.api.taken == []
