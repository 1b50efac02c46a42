"""Every fault, over real HTTP. A fault without a row in the table fails the test of the table."""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
import urllib3

from dashboard.sandbox import SandboxServer
from dashboard.sandbox.faults import CATALOGUE, Call, wire
from dashboard.sandbox.samples import latin

Answer = requests.Response
Ask = Callable[..., requests.Response]
OTHER_ID = "00000000-1111-4222-8333-444444444444"


@dataclass(frozen=True)
class Case:
    """One fault: the call it is tried with, and what must come of it.

    ``expect`` is the HTTP status, or None when no usable answer may arrive at all; ``check`` sees the answer.
    """

    fault: str
    call: Call = Call.FETCH
    expect: int | None = 200
    check: Callable[[Answer], object] = lambda _: True
    result_type: str = "TextAndHocr"


def _parts(answer: Answer) -> list[Any]:
    results: list[Any] = answer.json()["results"]
    return results


def _first(answer: Answer) -> bytes:
    return base64.b64decode(_parts(answer)[0]["data"])


def _statuses(answer: Answer) -> tuple[Any, Any]:
    body = answer.json()
    return body["taskStatus"], body["responseStatusCode"]


def _unpacked(answer: Answer) -> int:
    packed = answer.raw.read(decode_content=False)
    assert len(packed) < 100_000
    unpacker, size = zlib.decompressobj(wbits=31), 0
    while packed:
        size += len(unpacker.decompress(packed, 2**20))
        packed = unpacker.unconsumed_tail
    return size


LATIN = latin().text
CASES = [
    Case("login_refused", Call.TOKEN, 400, lambda a: a.json() == {"error": "invalid_client"}),
    Case("login_locked", Call.TOKEN, 429, lambda a: a.headers["Retry-After"] == "600"),
    Case("unauthorized", expect=401, check=lambda a: a.headers["Content-Type"].startswith("text/plain")),
    Case("unauthorized_empty", expect=401, check=lambda a: not a.content and a.headers["WWW-Authenticate"]),
    Case("payment_required", Call.SUBMIT, 402, lambda a: "plan" in a.json()["detail"]),
    Case("forbidden", expect=403),
    Case("unknown_is_404", expect=404),
    Case("unknown_is_400", expect=400, check=lambda a: "id" in a.json()["errors"]),
    Case("method_not_allowed", expect=405),
    Case("not_acceptable", expect=406, check=lambda a: not a.content),
    Case("bad_request", Call.SUBMIT, 400, lambda a: a.json()["errors"]),
    Case("too_large", Call.SUBMIT, 413, lambda a: "<html>" in a.text),
    Case("unsupported_media_type", Call.SUBMIT, 415),
    Case("request_timeout", expect=408),
    Case("throttled", expect=429, check=lambda a: a.headers["Retry-After"] == "7"),
    Case(
        "throttled_until", expect=429, check=lambda a: parsedate_to_datetime(a.headers["Retry-After"]).tzinfo
    ),
    Case("throttled_silent", expect=429, check=lambda a: "Retry-After" not in a.headers),
    Case("server_error", expect=500, check=lambda a: a.json()["status"] == 500),
    Case("server_error_text", Call.SUBMIT, 500, lambda a: a.text.startswith("System.")),
    Case("server_error_page", Call.STATUS, 500, lambda a: "<html>" in a.text),
    Case("bad_gateway", expect=502, check=lambda a: "<html>" in a.text),
    Case("unavailable", expect=503, check=lambda a: a.headers["Retry-After"] == "30"),
    Case("gateway_timeout", Call.TOKEN, 504, lambda a: "<html>" in a.text),
    Case("redirect_elsewhere", expect=307, check=lambda a: "elsewhere.invalid/" in a.headers["Location"]),
    Case("redirect_here", expect=307, check=lambda a: a.headers["Location"].startswith("/v5.0/ocr/Rec")),
    Case("id_quoted", Call.SUBMIT, check=lambda a: a.text[0] == a.text[-1] == '"'),
    Case(
        "id_with_line_end",
        Call.SUBMIT,
        check=lambda a: a.content[:3] == b"\xef\xbb\xbf" and a.text[-1] == "\n",
    ),
    Case("id_as_json", Call.SUBMIT, check=lambda a: len(a.json()) == 36),
    Case(
        "id_as_bare_json",
        Call.SUBMIT,
        check=lambda a: len(a.text) == 36 and "json" in a.headers["Content-Type"],
    ),
    Case("id_in_object", Call.SUBMIT, check=lambda a: len(a.json()["id"]) == 36),
    Case("json_as_text", check=lambda a: a.headers["Content-Type"].startswith("text/plain") and a.json()),
    Case("status_needs_no_token", Call.STATUS, check=lambda a: a.json()["taskStatus"] == "Completed"),
    Case("token_without_life", Call.TOKEN, check=lambda a: set(a.json()) == {"access_token", "token_type"}),
    Case("token_of_a_day", Call.TOKEN, check=lambda a: a.json()["expires_in"] == 86_400),
    Case("never_ready", check=lambda a: _statuses(a) == ("Processing", "NotReady")),
    Case("forgotten", Call.STATUS, check=lambda a: _statuses(a) == ("NotExist", "TaskNotFound")),
    Case("failed", check=lambda a: _statuses(a) == ("Error", "Error") and a.json()["error"]["messages"]),
    Case("data_lost", check=lambda a: _statuses(a)[1] == "ResultDataLost" and _parts(a) is None),
    Case("partially_found", check=lambda a: _statuses(a)[1] == "PartiallyNotFound" and _parts(a)[-1] is None),
    Case(
        "no_text_found", check=lambda a: _statuses(a) == ("Completed", "NoAnyResultData") and _parts(a) == []
    ),
    Case("completed_not_ready", check=lambda a: _statuses(a) == ("Completed", "NotReady")),
    Case("unknown_status", check=lambda a: _statuses(a) == ("Queued", "Ok")),
    Case("unknown_code", check=lambda a: a.json()["responseStatusCode"] == "Processing"),
    Case("status_missing", check=lambda a: "taskStatus" not in a.json() and _first(a)),
    Case("code_missing", check=lambda a: "responseStatusCode" not in a.json() and _first(a)),
    Case("statuses_in_lower_case", check=lambda a: _statuses(a) == (" completed ", " ok ")),
    Case("statuses_as_numbers", check=lambda a: _statuses(a) == (2, 0)),
    Case("keys_in_pascal_case", check=lambda a: a.json()["TaskStatus"] and a.json()["Results"][0]["Data"]),
    Case("keys_unknown", check=lambda a: a.json()["apiVersion"] == "5.1" and _first(a)),
    Case("id_differs", check=lambda a: a.json()["id"] == OTHER_ID),
    Case("envelope_empty", check=lambda a: a.json() == {}),
    Case("envelope_of_nulls", check=lambda a: set(a.json().values()) == {None}),
    Case("envelope_null", check=lambda a: a.json() is None),
    Case("envelope_list", check=lambda a: a.json()[0]["taskStatus"] == "Completed"),
    Case("results_null", check=lambda a: _parts(a) is None and _statuses(a) == ("Completed", "Ok")),
    Case("results_empty", check=lambda a: _parts(a) == [] and _statuses(a) == ("Completed", "Ok")),
    Case("results_object", check=lambda a: a.json()["results"]["type"] == "Text"),
    Case("results_reversed", check=lambda a: [part["type"] for part in _parts(a)] == ["Hocr", "Text"]),
    Case("entry_null", check=lambda a: _parts(a)[0] is None and len(_parts(a)) == 3),
    Case("type_null", check=lambda a: _parts(a)[0]["type"] is None and _first(a)),
    Case("data_null", check=lambda a: _parts(a)[0]["data"] is None),
    Case("data_empty", check=lambda a: _parts(a)[0]["data"] == ""),
    Case("data_plain", check=lambda a: _parts(a)[0]["data"] == LATIN),
    Case("data_url_safe", check=lambda a: not set("+/") & set("".join(part["data"] for part in _parts(a)))),
    Case("data_unpadded", check=lambda a: not _parts(a)[0]["data"].endswith("=")),
    Case("data_wrapped", check=lambda a: _parts(a)[0]["data"].find("\r\n") == 76),
    Case("text_not_utf8", check=lambda a: _first(a).startswith(b"Caf\xe9.")),
    Case("text_with_bom", check=lambda a: _first(a) == b"\xef\xbb\xbf" + LATIN.encode()),
    Case("text_with_crlf", check=lambda a: _first(a).count(b"\r\n") == LATIN.count("\n")),
    Case("text_hostile", check=lambda a: b"<script>" in _first(a) and _first(a).endswith(LATIN.encode())),
    Case("json_object", check=lambda a: json.loads(_first(a))["blocks"][0]["text"], result_type="JSON"),
    Case(
        "notices",
        check=lambda a: a.json()["error"]["messages"] and a.json()["error"]["warnings"] and _first(a),
    ),
    Case("error_as_text", check=lambda a: isinstance(a.json()["error"], str)),
    Case("errors_instead", check=lambda a: "error" not in a.json() and a.json()["errors"]),
    Case("silence", expect=None),
    Case("reset", Call.SUBMIT, None),
    Case("answer_lost", Call.SUBMIT, None),
    Case("slow", check=lambda a: a.elapsed.total_seconds() >= 0.1 and a.json()),
    Case("trickle", check=lambda a: a.raw.read(1) == b"{" and a.raw.read(1) == b'"'),
    Case("truncated", expect=None),
    Case("bad_chunk", expect=None),
    Case("no_http", expect=None),
    Case("page_with_200", check=lambda a: "<html>" in a.text),
    Case("empty", check=lambda a: a.content == b""),
    Case("no_content", expect=204),
    Case("not_utf8", check=lambda a: b"\xff\xfe" in a.content),
    Case("deep_nesting", check=lambda a: a.content.startswith(b"[[[[") and len(a.content) == 200_000),
    Case("long_number", check=lambda a: len(a.content) > 5000),
    Case("not_a_number", check=lambda a: b"NaN" in a.content),
    Case("gzip_bomb", check=lambda a: _unpacked(a) == wire.BOMB_BYTES),
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow faults, less slow."""
    monkeypatch.setattr(wire, "SLOW_SECONDS", 0.1)
    monkeypatch.setattr(wire, "TRICKLE_SECONDS", 0.01)


def test_every_fault_has_exactly_one_case() -> None:
    """A new fault must bring its test."""
    assert sorted(case.fault for case in CASES) == sorted(CATALOGUE)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_fault_spoils_one_call_as_it_says(
    case: Case,
    sandbox: SandboxServer,
    http: requests.Session,
    done: Callable[[str], str],
    switch_on: Ask,
    call: Ask,
) -> None:
    """Switched on for one call it strikes that call, and the next one is answered properly."""
    task_id = done(case.result_type)
    if case.fault == "status_needs_no_token":
        del http.headers["Authorization"]
    assert switch_on(fault=case.fault, times=1).status_code == 200
    if case.expect is None:
        with pytest.raises((requests.RequestException, urllib3.exceptions.HTTPError)):
            _ = call(case.call, task_id).content
    else:
        with call(case.call, task_id) as answer:
            assert answer.status_code == case.expect
            assert case.check(answer)
    assert sandbox.state.faults.active() == []
    after = call(Call.TOKEN, task_id)
    assert after.json()["token_type"] == "Bearer"
