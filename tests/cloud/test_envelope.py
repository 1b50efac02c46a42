"""What the service's envelopes mean."""

import contextlib
import json
from typing import Any

import pytest

from dashboard.cloud.envelope import read_answer, translate
from dashboard.cloud.outlines import ENVELOPE_LIMIT
from dashboard.errors import UnreadableAnswer
from dashboard.models import Answer, RawPart, State

ASKED = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
TEXT = {"type": "Text", "data": "QWxs"}


def read(value: object, **more: Any) -> Answer:  # noqa: ANN401 - passed on
    """Read a value as the body of an answer."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_answer(body, http_status=200, asked_id=ASKED, **more)


@pytest.mark.parametrize(
    ("task", "code", "bare", "data"),
    [
        ("Pending", "NotReady", "pending", "pending?"),
        ("Pending", "Ok", "pending", "pending?"),
        ("Pending", None, "pending", "pending?"),
        ("Pending", "TaskNotFound", "pending?", "pending?"),
        ("Processing", "NotReady", "processing", "processing?"),
        ("Processing", "NoAnyResultData", "processing", "processing?"),
        ("Processing", "ResultDataLost", "processing?", "processing?"),
        ("Completed", "Ok", "completed_empty?", "completed"),
        ("Completed", None, "completed_empty?", "completed"),
        ("Completed", "NotReady", "completed_empty?", "completed?"),
        ("Completed", "NoAnyResultData", "completed_empty", "completed?"),
        ("Completed", "ResultDataLost", "data_lost", "partial?"),
        ("Completed", "PartiallyNotFound", "partial?", "partial"),
        ("Completed", "TaskNotFound", "completed_empty?", "completed?"),
        ("Completed", "Error", "completed_empty?", "completed?"),
        ("Completed", "Splendid", "completed_empty?", "completed?"),
        ("Error", "Ok", "failed", "failed?"),
        ("Error", "Error", "failed", "failed?"),
        ("Error", "NotReady", "failed?", "failed?"),
        ("NotExist", "TaskNotFound", "not_found", "not_found?"),
        ("NotExist", "Ok", "not_found", "not_found?"),
        ("NotExist", "NotReady", "not_found?", "not_found?"),
        (None, "Ok", "completed_empty?", "completed"),
        (None, "NotReady", "processing", "processing?"),
        (None, "NoAnyResultData", "processing", "processing?"),
        (None, "TaskNotFound", "not_found", "not_found?"),
        (None, "ResultDataLost", "data_lost", "partial?"),
        (None, "PartiallyNotFound", "partial?", "partial"),
        (None, "Error", "failed", "failed?"),
        (None, "Processing", "processing?", "processing?"),
        (None, None, "processing?", "completed?"),
        ("Sleeping", "Ok", "processing?", "processing?"),
        ("2", "0", "processing?", "processing?"),
        ("*", "*", "processing?", "processing?"),
        (" completed ", "OK", "completed_empty?", "completed"),
        ("NOT_EXIST", "taskNotFound", "not_found", "not_found?"),
    ],
)
def test_two_status_axes_become_one_state(task: str | None, code: str | None, bare: str, data: str) -> None:
    """Every pair has one meaning with data and one without; a question mark says it is doubted."""
    for has_data, expected in ((False, bare), (True, data)):
        state, settled = translate(task, code, has_data=has_data)
        assert f"{state}{'' if settled else '?'}" == expected


def test_every_documented_pair_is_final_or_open_without_an_exception() -> None:
    """All pairs of the two enums translate."""
    tasks = ("Pending", "Processing", "Completed", "Error", "NotExist")
    codes = (
        "Ok",
        "NotReady",
        "NoAnyResultData",
        "TaskNotFound",
        "ResultDataLost",
        "PartiallyNotFound",
        "Error",
    )
    states = {translate(task, code, has_data=False)[0] for task in tasks for code in codes}
    assert State.EXPIRED not in states
    assert State.CANCELLED not in states


@pytest.mark.parametrize(
    ("envelope", "state", "settled"),
    [
        pytest.param(
            {"taskStatus": "Completed", "responseStatusCode": "Ok", "results": [TEXT]},
            State.COMPLETED,
            True,
            id="plain",
        ),
        pytest.param(
            {
                "TaskStatus": "completed",
                "RESPONSESTATUSCODE": "ok",
                "Results": [{"Type": "Text", "DATA": "QQ=="}],
            },
            State.COMPLETED,
            True,
            id="other case",
        ),
        pytest.param(
            {"task_status": "Completed", "response_status_code": "Ok", "results": [TEXT], "new": {"a": [1]}},
            State.COMPLETED,
            True,
            id="snake case and an extra key",
        ),
        pytest.param(
            {"taskStatus": "Completed", "results": None}, State.COMPLETED_EMPTY, False, id="null results"
        ),
        pytest.param(
            {"taskStatus": "Completed", "results": []}, State.COMPLETED_EMPTY, False, id="no results"
        ),
        pytest.param(
            {"taskStatus": "Completed", "results": [None]}, State.COMPLETED_EMPTY, False, id="one null entry"
        ),
        pytest.param(
            {"taskStatus": "Completed", "results": [{"type": "Text", "data": ""}]},
            State.COMPLETED_EMPTY,
            True,
            id="empty text",
        ),
        pytest.param(
            {"taskStatus": "Completed", "results": [TEXT], "error": {"messages": ["faint"]}},
            State.COMPLETED_WITH_NOTICES,
            True,
            id="notices",
        ),
        pytest.param(
            {"taskStatus": "Completed", "responseStatusCode": "PartiallyNotFound", "results": [TEXT, None]},
            State.PARTIAL,
            True,
            id="partial",
        ),
        pytest.param(
            {"taskStatus": None, "responseStatusCode": None, "results": None},
            State.PROCESSING,
            False,
            id="all null",
        ),
        pytest.param({"taskStatus": 2, "responseStatusCode": 0}, State.PROCESSING, False, id="numbers"),
        pytest.param({"taskStatus": ["Completed"]}, State.PROCESSING, False, id="a list as status"),
    ],
)
def test_envelopes_of_any_shape_are_read(envelope: dict[str, Any], state: State, *, settled: bool) -> None:
    """Keys and values in another case, missing keys and null entries all make an answer."""
    answer = read(envelope)
    assert (answer.state, answer.settled) == (state, settled)


@pytest.mark.parametrize(
    ("results", "parts"),
    [
        pytest.param([TEXT, {"type": "Pdf", "data": "JVBE"}], [("Text", "QWxs"), ("Pdf", "JVBE")], id="two"),
        pytest.param([None, TEXT], [(None, None), ("Text", "QWxs")], id="null entry kept"),
        pytest.param([{"type": None, "data": "QQ"}], [(None, "QQ")], id="null type"),
        pytest.param([{}], [(None, None)], id="empty entry"),
        pytest.param(["QWxs"], [(None, "QWxs")], id="bare string"),
        pytest.param(TEXT, [("Text", "QWxs")], id="object instead of list"),
        pytest.param([{"type": 7, "data": {"a": 1}}], [("7", '{"a": 1}')], id="other JSON types"),
        pytest.param(
            [{"type": "Te\0xt", "data": "\ud800"}], [("Te\ufffdxt", "?")], id="unstorable characters"
        ),
        pytest.param(None, [], id="null"),
    ],
)
def test_parts_are_kept_as_received(results: object, parts: list[tuple[str | None, str | None]]) -> None:
    """No entry is dropped, whatever it looks like."""
    answer = read({"taskStatus": "Completed", "results": results})
    assert answer.raw_parts == tuple(RawPart(*part) for part in parts)


@pytest.mark.parametrize(
    ("more", "notices"),
    [
        ({"error": "boom"}, ("boom",)),
        ({"error": ["a", "b", "a"]}, ("a", "b")),
        ({"error": {"messages": ["m"], "warnings": ["w"]}}, ("m", "w")),
        ({"error": {"Messages": "m", "warnings": None}}, ("m",)),
        ({"errors": {"image": ["bad Base64"]}}, ("image: bad Base64",)),
        ({"error": None, "errors": ["e"]}, ("e",)),
        ({"error": {"code": 5, "message": "x"}}, ("code: 5", "x")),
        ({"error": {"messages": [None, "", "  ", True]}}, ()),
        ({"error": {"messages": ["Bearer abc123def456 is old"]}}, ("Bearer [hidden] is old",)),
        ({"error": "a\0b\nc"}, ("a\ufffdb c",)),
    ],
)
def test_messages_of_any_shape_become_notices(more: dict[str, Any], notices: tuple[str, ...]) -> None:
    """A string, a list or an object of lists all end as single lines without secrets."""
    assert read({"taskStatus": "Error", **more}).notices == notices


def test_statuses_are_kept_as_received() -> None:
    """The screen can show the service's own words, numbers included."""
    answer = read({"taskStatus": "compLETED", "responseStatusCode": 3, "results": [TEXT]})
    assert (answer.task_status, answer.response_status_code) == ("compLETED", "3")


def test_another_id_in_the_answer_is_a_remark() -> None:
    """Published samples answer with another ID, so it is noted and believed."""
    other = read({"id": "someone-else", "taskStatus": "Pending"})
    assert other.remarks == ("answered with another ID: someone-else",)
    assert read({"id": ASKED.upper(), "taskStatus": "Pending"}).remarks == ()


@pytest.mark.parametrize(
    ("envelope", "state", "settled"),
    [
        ({"taskStatus": "Completed", "responseStatusCode": "Ok", "results": None}, State.COMPLETED, True),
        ({"taskStatus": "Completed", "responseStatusCode": "ResultDataLost"}, State.DATA_LOST, True),
        ({"taskStatus": "Processing", "responseStatusCode": "NotReady"}, State.PROCESSING, True),
    ],
)
def test_status_answers_need_no_results(envelope: dict[str, Any], state: State, *, settled: bool) -> None:
    """GetTaskStatus leaves the results out, which is no contradiction there."""
    answer = read(envelope, carries_results=False)
    assert (answer.state, answer.settled) == (state, settled)


def test_envelope_is_kept_without_data() -> None:
    """Support sees everything but the result itself."""
    answer = read(
        {"id": ASKED, "taskStatus": "Completed", "results": [{"type": "Text", "data": "A" * 99}, None]}
    )
    assert json.loads(answer.envelope)["results"] == [{"type": "Text", "data": "<99 characters>"}, None]
    assert "AAAA" not in answer.envelope


def test_kept_envelope_is_bounded_and_free_of_tokens() -> None:
    """However talkative the service is, the kept envelope stays small."""
    answer = read({"taskStatus": "Pending", "access_token": "abc-secret-def", "chatter": "x" * 90_000})
    assert len(answer.envelope) <= ENVELOPE_LIMIT
    assert "abc-secret-def" not in answer.envelope


PENDING = b'{"taskStatus": "Pending", "extra": %s}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xef\xbb\xbf" + PENDING % b"1", id="BOM"),
        pytest.param((PENDING % b"1").decode().encode("utf-16"), id="UTF-16"),
        pytest.param(b"\r\n " + PENDING % b"1" + b"\0\r\n", id="blanks around"),
        pytest.param(PENDING % b"NaN", id="NaN"),
        pytest.param(PENDING % b"-Infinity", id="infinity"),
        pytest.param(PENDING % b"1e999", id="float overflow"),
        pytest.param(PENDING % (b"9" * 5000), id="5000 digits"),
        pytest.param(PENDING % b'"\xff\xfe"', id="not UTF-8"),
        pytest.param(PENDING % b'"\\ud800\\u0000"', id="surrogate and NUL"),
        pytest.param(PENDING % b'"a\nb"', id="raw line break"),
    ],
)
def test_odd_json_is_still_read(body: bytes) -> None:
    """Encodings, numbers and characters nobody should send do not hide the status."""
    answer = read(body)
    assert (answer.state, answer.settled) == (State.PENDING, True)
    answer.envelope.encode()
    assert "\0" not in answer.envelope


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "empty answer", id="empty"),
        pytest.param(b"\xef\xbb\xbf \r\n", "empty answer", id="blank"),
        pytest.param(b"<html><body><h1>Sign in</h1></body></html>", "answered with a web page.", id="HTML"),
        pytest.param(b"  <!DOCTYPE html><title>Proxy</title>", "answered with a web page.", id="doctype"),
        pytest.param(b'{"taskStatus": "Comple', "cannot be read.", id="cut"),
        pytest.param(b"null", "", id="null"),
        pytest.param(b"[]", "", id="list"),
        pytest.param(b"{}", "", id="nothing known"),
        pytest.param(b'"Completed"', "cannot be read.", id="string"),
        pytest.param(b'{"title": "Oops", "detail": "later"}', "Oops; later", id="problem details"),
        pytest.param(b"[" * 100_000, "cannot be read", id="deep nesting"),
        pytest.param(
            b'{"taskStatus":"Pending","results":[' + b"null," * 1_100_000 + b"null]}", "", id="swarm"
        ),
    ],
)
def test_anything_else_is_unreadable(body: bytes, said: str) -> None:
    """What is no envelope is refused, repeated only where it is a problem document, never with another exception."""
    with pytest.raises(UnreadableAnswer) as caught:
        read(body)
    assert said in str(caught.value)
    assert len(str(caught.value)) <= 500
    assert caught.value.http_status == 200


@pytest.mark.parametrize("depth", range(100, 1000, 100))
def test_deep_results_are_read_or_refused(depth: int) -> None:
    """Where the stack ends depends on the caller; either side of it is one of our two outcomes."""
    body = b'{"results":' + b"[" * depth + b"]" * depth + b"}"
    with contextlib.suppress(UnreadableAnswer):
        assert read(body).state is State.COMPLETED
