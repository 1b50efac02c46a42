"""Task IDs in the answers to a submission."""

import pytest

from dashboard.cloud.envelope import read_task_id
from dashboard.errors import UnreadableAnswer

ASKED = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ASKED.encode(), id="bare"),
        pytest.param(f'"{ASKED}"'.encode(), id="quoted"),
        pytest.param(f"{ASKED}\r\n".encode(), id="CR LF"),
        pytest.param(b"\xef\xbb\xbf" + ASKED.encode(), id="BOM"),
        pytest.param(f'\ufeff"{ASKED}"\r\n'.encode(), id="BOM, quotes and CR LF"),
        pytest.param(f'{{"id":"{ASKED}"}}'.encode(), id="object"),
        pytest.param(f'{{"Id":" {ASKED} ","taskStatus":"Pending"}}'.encode(), id="envelope"),
        pytest.param(f"'{ASKED}'".encode(), id="single quotes"),
    ],
)
def test_task_ids_are_read_in_every_wrapping(body: bytes) -> None:
    """Quotes, byte order marks and line ends do not become part of the ID."""
    assert read_task_id(body) == ASKED


@pytest.mark.parametrize(
    "task_id", ["TTS01232-9d40-4f2d-8eda-f1fc0b12bce6", "db03b9ea-3eed-4954-a1d4-b2712773bbe"]
)
def test_task_ids_need_not_be_uuids(task_id: str) -> None:
    """The documentation's own samples are accepted, case included."""
    assert read_task_id(task_id.encode()) == task_id


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'""', id="empty string"),
        pytest.param(b"<html>Bad Gateway</html>", id="HTML"),
        pytest.param(b"Internal error, try later", id="a sentence"),
        pytest.param(b'{"id": null}', id="null ID"),
        pytest.param(b'{"id": ["x"]}', id="list ID"),
        pytest.param(b'{"id": "a', id="cut"),
        pytest.param(b"OK", id="too short"),
        pytest.param(b"a" * 10_000, id="too long"),
        pytest.param(b"\xff\xfe\xff", id="bytes"),
    ],
)
def test_what_cannot_be_a_task_id_is_refused(body: bytes) -> None:
    """A failed submission is reported as one."""
    with pytest.raises(UnreadableAnswer):
        read_task_id(body)
