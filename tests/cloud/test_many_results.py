"""Answers with more entries than are read one by one: nothing is lost, and one call is enough."""

import json
import tracemalloc
from collections.abc import Callable

import pytest

from dashboard.cloud import lenient
from dashboard.cloud.envelope import read_answer
from dashboard.errors import UnreadableAnswer
from dashboard.models import Answer, State
from dashboard.models.limits import MOST_PARTS_APART

ENTRY = {"type": "Text", "data": "QUJD"}
SWARM = 1_000_000
"""Entries of one value each that are too many to be parsed."""


def read(body: bytes) -> Answer:
    """Read a body as the client does."""
    return read_answer(body, http_status=200, asked_id="hostile")


def envelope(entries: bytes, **more: str) -> bytes:
    """A completed task with these entries."""
    rest = json.dumps({"taskStatus": "Completed", "responseStatusCode": "Ok", **more})[:-1]
    return rest.encode() + b', "results": [' + entries + b"]}"


@pytest.mark.parametrize("count", [1, MOST_PARTS_APART - 1, MOST_PARTS_APART])
def test_as_many_as_are_kept_apart(count: int) -> None:
    """Each is a part."""
    answer = read(envelope(json.dumps([ENTRY] * count)[1:-1].encode()))
    assert len(answer.raw_parts) == count
    assert not any(part.others for part in answer.raw_parts)


def test_more_are_kept_together() -> None:
    """The others are one entry, which holds them all."""
    entries = [{"type": "Text", "data": f"QUJD{number:04}"} for number in range(MOST_PARTS_APART + 3)]
    answer = read(envelope(json.dumps(entries)[1:-1].encode()))
    *apart, rest = answer.raw_parts
    assert [part.data for part in apart] == [entry["data"] for entry in entries[:MOST_PARTS_APART]]
    assert rest.others == 3
    assert json.loads(rest.data or "") == entries[MOST_PARTS_APART:]
    assert answer.state is State.COMPLETED
    assert len(answer.envelope) <= 20_000


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(b'{"type":"Text","data":""}', id="empty"),
        pytest.param(b'{ "data" : "a\\"}],{[" }', id="signs in a text"),
        pytest.param(b"{}", id="nothing at all"),
        pytest.param(b'{"data":null}', id="null data"),
    ],
)
def test_a_swarm_is_cut_and_not_parsed(entry: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of tiny entries were refused, so that the task was asked about again and again."""
    check_swarm(entry, SWARM, read(swarm_of(entry, SWARM)))
    fewer = SWARM // 5  # the same with less of everything: to watch memory takes four times as long
    monkeypatch.setattr(lenient, "_MOST_PIECES", fewer)
    body = swarm_of(entry, fewer)
    tracemalloc.start()
    answer = read(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    check_swarm(entry, fewer, answer)
    assert peak < 5 * len(body) + 10_000_000


def swarm_of(entry: bytes, count: int) -> bytes:
    """A body with so many."""
    return envelope(b",\n".join([entry] * count) + b"\n", error="said")


def check_swarm(entry: bytes, count: int, answer: Answer) -> None:
    """What came of it."""
    assert answer.settled
    assert answer.notices == ("said",)
    assert len(answer.raw_parts) == MOST_PARTS_APART + 1
    rest = answer.raw_parts[-1]
    assert rest.others == count - MOST_PARTS_APART
    assert len(json.loads(rest.data or "")) == rest.others
    assert answer.raw_parts[0].data == json.loads(entry).get("data")


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(lambda: b",".join([b'{"data":{"a":[1,2]}}'] * SWARM), id="nested"),
        pytest.param(lambda: b",".join([b"null"] * (SWARM + 2)), id="nulls"),
        pytest.param(lambda: b",".join([b"{}"] * SWARM) + b",", id="cut off"),
        pytest.param(lambda: b",".join([b"{}"] * SWARM) + b",[]", id="a list among them"),
        pytest.param(lambda: b'{"data":[' + b",".join([b"0"] * 2 * SWARM) + b"]}", id="many values in one"),
    ],
)
def test_what_is_no_swarm_of_entries_is_refused_as_before(entries: Callable[[], bytes]) -> None:
    """It is built to exhaust memory, and no service writes it."""
    with pytest.raises(UnreadableAnswer):
        read(envelope(entries()))


def test_one_text_of_commas_is_one_value() -> None:
    """It was taken for millions of values."""
    text = ", " * (2 * SWARM) + "[{"
    (part,) = read(envelope(json.dumps({"data": text}).encode())).raw_parts
    assert part.data == text
