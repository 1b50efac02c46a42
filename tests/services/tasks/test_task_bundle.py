"""The flight recorder: a picture of a task's life, and a bundle without anything private."""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.models import Attempt, State
from dashboard.services.tasks.flight_picture import Life, draw, kind_of
from dashboard.testing import FakeClock
from tests.services.conftest import Desk
from tests.services.stored import store

NOW = FakeClock()()
SVG = "{http://www.w3.org/2000/svg}"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJjbGllbnRfaWQiOiJwbGFudGVkIn0.c2lnbmF0dXJl"


def attempt(seconds: float, result: str = "pending", detail: str = "") -> Attempt:
    """A call so long after the beginning."""
    return Attempt(
        task_ref=1,
        kind="poll",
        started_at=NOW + timedelta(seconds=seconds),
        duration_ms=12,
        http_status=200,
        result=result,
        detail=detail,
    )


def life(*, hours: float = 1.0, ended: bool = True, expires: float = 24.0) -> Life:
    """A task that was added an hour (or so) ago."""
    end = NOW + timedelta(hours=hours)
    return Life(
        added=NOW,
        submitted=NOW - timedelta(minutes=5),
        ended=end if ended else None,
        expires=NOW + timedelta(hours=expires),
        now=end,
    )


@pytest.mark.parametrize(
    ("attempts", "marks"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([attempt(5, "completed")], 1, id="one"),
        pytest.param([attempt(5), attempt(1800, "completed")], 2, id="two"),
        pytest.param([attempt(5), attempt(5), attempt(5)], 1, id="same moment"),
        pytest.param([attempt(5), attempt(5, "no_answer")], 2, id="same moment, other kind"),
        pytest.param([attempt(-9000), attempt(9000)], 2, id="clocks differ"),
        pytest.param([attempt(9, "<script>&\"'")], 1, id="hostile word"),
        pytest.param([attempt(second * 1.8) for second in range(2000)], 84, id="two thousand"),
    ],
)
def test_picture(attempts: list[Attempt], marks: int) -> None:
    """Well-formed, without scripts, and everything inside its frame."""
    root = ET.fromstring(draw(life(), attempts))  # noqa: S314 - our own picture
    drawn = [group for group in root.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    assert abs(len(drawn) - marks) <= (1 if marks > 2 else 0)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "rect", "line", "text", "g", "circle", "path",
    }  # fmt: skip
    _, _, width, _ = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert -10 <= float(element.attrib.get(name, 0)) <= width


def test_the_end_of_the_24_hours_is_drawn_when_it_came() -> None:
    """And not when it lies beyond the picture."""
    assert "24 h over" in draw(life(hours=25), [])
    assert "24 h over" not in draw(life(hours=1), [])
    assert "ended" not in draw(life(ended=False), [])


def test_times_are_those_of_the_table_below_it() -> None:
    """In the viewer's zone, also where that makes it two days; for others in UTC, and said so."""
    calls = [attempt(60), attempt(3000, "completed")]
    assert (NOW - timedelta(minutes=5)).strftime(">%H:%M:%S UTC<") in draw(life(), calls)
    for name in ("Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati"):
        zone = ZoneInfo(name)
        drawn = draw(life(), calls, zone=zone)
        assert "UTC" not in drawn
        assert (NOW + timedelta(seconds=60)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") in drawn
    midnight = NOW.replace(hour=21, minute=30)
    late = Life(
        added=midnight, submitted=None, ended=None, expires=midnight, now=midnight + timedelta(hours=1)
    )
    assert re.search(r">\d\d\d\d-\d\d-\d\d 00:30<", draw(late, [], zone=ZoneInfo("Europe/Berlin")))
    assert re.search(r">21:30:00 UTC<", draw(late, []))


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("pending", "waiting"),
        ("processing", "waiting"),
        ("partial", "stored"),
        ("not_found", "trouble"),
        ("x", "trouble"),
    ],
)
def test_marks_by_result(result: str, kind: str) -> None:
    """Waiting, stored, or trouble."""
    assert kind_of(attempt(1, result)) == kind


def files(data: bytes) -> dict[str, str]:
    """The files of a bundle by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_bundle_tells_what_happened_and_nothing_private(desk: Desk) -> None:
    """No text, no label, no token, wherever they were quoted; the same task makes the same bundle."""
    task_ref = store(
        desk,
        "planted secret text",
        label="Planted Label.png",
        state=State.FAILED,
        notices=["Planted Label.png could not be read", f"Bearer {TOKEN}"],
        envelope='{"taskStatus": "Error", "error": "Planted Label.png", "access_token": "planted-token-1"}',
    )
    with desk.database.writing() as session:
        for number in range(3):
            row = attempt(number, detail=f"Authorization: Bearer {TOKEN}")
            row.task_ref = task_ref
            session.add(row)
    one = desk.result_export.support(task_ref)
    found = files(one.data)
    whole = "\n".join(found.values())
    assert sorted(found) == [
        "README.txt",
        "attempts.csv",
        "envelope.json",
        "task.json",
        "timeline.svg",
        "versions.txt",
    ]
    for planted in ("planted secret", "Planted", "planted-token", TOKEN[:30]):
        assert planted not in whole
    assert len(list(csv.reader(io.StringIO(found["attempts.csv"])))) == 4
    assert desk.task(task_ref).task_id in whole
    assert desk.result_export.support(task_ref).data == one.data
    assert one.name.endswith(".support.zip")
