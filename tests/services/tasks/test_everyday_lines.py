"""Task IDs in everyday dress: logs, mails, tables, answers of programs. Nothing else becomes an ID."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import Operation
from dashboard.models.task_ids import MAX_LENGTH, Shape
from dashboard.services.tasks.pasted_tasks import Line, read_given, read_lines

A = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
B = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
C = "c0ffee00-1111-4222-8333-444455556666"
TTS = "TTS01232-9d40-4f2d-8eda-f1fc0b12bce6"
SHORT = "db03b9ea-3eed-4954-a1d4-b2712773bbe"
URL = "https://api.aspose.cloud/v5.0/ocr/RecognizeImage?id="
TRIAL = "https://api.aspose.cloud/v5.0/ocr/RecognizeImageTrial?id="
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ"


def taken(text: str) -> list[tuple[str, str]]:
    """The IDs that would be registered, each with its label."""
    return [(line.task_id, line.label) for line in read_lines(text) if line.shape is Shape.USUAL]


def asked(text: str) -> list[str]:
    """The IDs that somebody has to decide about."""
    return [line.task_id for line in read_lines(text) if line.shape is Shape.UNUSUAL]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Logs
        (f"2026-11-26 04:25:41 INFO submitted {A} scan.png", [(A, "scan.png")]),
        (f"2026-11-26T04:25:41Z submitted {A}", [(A, "")]),
        (f"[26/Nov/2026:04:25:41 +0000] {A} Invoice", [(A, "Invoice")]),
        (f"04:25:41.123 DEBUG task={A} file=scan.png", [(A, "scan.png")]),
        (f"Nov 26 04:25:41 host app[123]: uploaded scan01.png -> {A}", [(A, "scan01.png")]),
        (f"INFO:root:{A}", [(A, "")]),
        (f"level=info msg=submitted task_id={A} file=scan.png", [(A, "scan.png")]),
        (f'time="2026-11-26T04:25:41Z" level=info task="{A}"', [(A, "")]),
        (f"{A} submitted at 04:25", [(A, "")]),
        # Several in a line
        (f"{A}, {B}, {C}", [(A, ""), (B, ""), (C, "")]),
        (f"{A} {B}", [(A, ""), (B, "")]),
        (f"{A};{B}", [(A, ""), (B, "")]),
        (f"{A}/{B}", [(A, ""), (B, "")]),
        (f"{A}\t{B}\t{C}", [(A, ""), (B, ""), (C, "")]),
        (f"{A} and {B}", [(A, ""), (B, "")]),
        (f"a.png {A} b.png {B}", [(A, "a.png"), (B, "b.png")]),
        (f"{A} a.png {B} b.png", [(A, "a.png"), (B, "b.png")]),
        (f'["{A}","{B}"]', [(A, ""), (B, "")]),
        (f"[{A}, {B}]", [(A, ""), (B, "")]),
        (f"('{A}', '{B}')", [(A, ""), (B, "")]),
        (f"{{'{A}', '{B}'}}", [(A, ""), (B, "")]),
        # Tables
        (f"Invoice March.png\t{A}", [(A, "Invoice March.png")]),
        (f"scan01.png;{A};26.11.2026", [(A, "scan01.png")]),
        (f"26.11.2026;{A};scan01.png", [(A, "scan01.png")]),
        (f"1;{A};Müller", [(A, "Müller")]),
        (f"{A};Müller;open", [(A, "Müller")]),
        (f"| {A} | scan.png |", [(A, "scan.png")]),
        (f"| 1 | scan.png | {A} |", [(A, "scan.png")]),
        (f'"scan, March.png","{A}"', [(A, "scan, March.png")]),
        (f'"{A}","Invoice; March"', [(A, "Invoice; March")]),
        (f"{A},scan.png,2026-11-26", [(A, "scan.png")]),
        (f"2026-11-26,{A},scan.png", [(A, "scan.png")]),
        (f"scan.png,{A}", [(A, "scan.png")]),
        (f"Task ID;Label\n{A};Invoice", [(A, "Invoice")]),
        # Programs
        (f'{{"id":"{A}"}}', [(A, "")]),
        (f'{{"id": "{A}", "name": "scan.png"}}', [(A, "scan.png")]),
        (f'{{"label":"Invoice March","task_id":"{A}"}}', [(A, "Invoice March")]),
        (f'{{\n  "id": "{A}",\n  "taskStatus": "Pending"\n}}', [(A, "")]),
        (f'  "taskId": "{A}",', [(A, "")]),
        (f"'id': '{A}',", [(A, "")]),
        (f"id: {A}", [(A, "")]),
        (f"- id: {A}", [(A, "")]),
        (f"<id>{A}</id>", [(A, "")]),
        (f'<task id="{A}"/>', [(A, "")]),
        (f'task_id = "{A}"', [(A, "")]),
        (f"task_id: UUID('{A}')", [(A, "")]),
        (f"print('{A}')", [(A, "print")]),
        (f">>> '{A}'", [(A, "")]),
        (f"$ {A}", [(A, "")]),
        (f"urn:uuid:{A}", [(A, "")]),
        (f"{{{A}}}", [(A, "")]),
        (f"{{{A.upper()}}}", [(A.upper(), "")]),
        (f"TASK_ID={A}", [(A, "")]),
        (f"export ID={A}", [(A, "")]),
        # People
        (f"({A})", [(A, "")]),
        (f"[{A}]", [(A, "")]),
        (f"“{A}”", [(A, "")]),
        (f"1. {A}", [(A, "")]),
        (f"1) {A}", [(A, "")]),
        (f"- {A}", [(A, "")]),
        (f"* {A}", [(A, "")]),
        (f"• {A}", [(A, "")]),
        (f"\u2013 {A}", [(A, "")]),
        (f"[ ] {A}", [(A, "")]),
        (f"[x] {A} done", [(A, "")]),
        (f"> {A}", [(A, "")]),
        (f"> > {A}", [(A, "")]),
        (f">> {A} Invoice", [(A, "Invoice")]),
        (f"Task ID: {A}", [(A, "")]),
        (f"Task ID : {A}.", [(A, "")]),
        (f"Task-ID {A}", [(A, "")]),
        (f"ID {A}", [(A, "")]),
        (f"The task ID is {A}.", [(A, "")]),
        (f"My job: {A}!", [(A, "")]),
        (f"Invoice March: {A}", [(A, "Invoice March")]),
        (f"Invoice March - {A}", [(A, "Invoice March")]),
        (f"Invoice March → {A}", [(A, "Invoice March")]),
        (f"Invoice March ({A})", [(A, "Invoice March")]),
        (f"{A} (Invoice March)", [(A, "Invoice March")]),
        (f"{A}: Invoice March", [(A, "Invoice March")]),
        (f"{A} - Invoice March", [(A, "Invoice March")]),
        (f"{A} Invoice 26.11.2026", [(A, "Invoice 26.11.2026")]),
        (f"2. Invoice: {A}", [(A, "Invoice")]),
        (f"Hi Bob,\n\nplease look at {A}\n\nThanks\nAnn", [(A, "look")]),
        (f"**{A}**", [(A, "")]),
        (f"`{A}`: scan", [(A, "scan")]),
        (f"[scan]({A})", [(A, "scan")]),
        (f"{A}.", [(A, "")]),
        (f"result_{A}.txt", [(A, "")]),
        (f"scan-{A}.png", [(A, "scan")]),
        # Broken and changed
        (f"{A[:20]}\n{A[20:]}", [(A, "")]),
        (f"{A[:9]}\n{A[9:]}", [(A, "")]),
        (f"{A[:4]}\r\n{A[4:]}", [(A, "")]),
        (f"> the task {A[:20]}\n> {A[20:]}", [(A, "")]),
        (f"{A[:20]}=\n{A[20:]}", [(A, "")]),
        (f"{A[:-1]}\n{A[-1:]}", [(A, "")]),
        (f"{A}\n{B}", [(A, ""), (B, "")]),
        (A.replace("-", "\u2013"), [(A, "")]),
        (A.replace("-", "\u2011"), [(A, "")]),
        (A.replace("-", "\u2010"), [(A, "")]),
        (A.replace("-", "\u2212"), [(A, "")]),
        (A.replace("-", "\uff0d"), [(A, "")]),
        (f"Invoice \u2013 {A.replace('-', chr(0x2011))}", [(A, "Invoice")]),
        (f"{A[:10]}\u200b{A[10:]}", [(A, "")]),
        (f"{A}&nbsp;", [(A, "")]),
        # Other shapes
        (TTS, [(TTS, "")]),
        (f"{TTS} Announcement", [(TTS, "Announcement")]),
        (f"1. {TTS}", [(TTS, "")]),
        (f'"id":"{TTS}"', [(TTS, "")]),
        (f"id={SHORT}", [(SHORT, "")]),
        (f"> {SHORT}\tcontract.pdf", [(SHORT, "contract.pdf")]),
        (A.replace("-", ""), [(A.replace("-", ""), "")]),
        (f"task_id={A.replace('-', '')}", [(A.replace("-", ""), "")]),
    ],
)
def test_an_id_is_found_wherever_it_stands(text: str, expected: list[tuple[str, str]]) -> None:
    """And what is said beside it becomes its label."""
    assert taken(text) == expected
    assert asked(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26",
        "2026-11-26 04:25:41",
        "2026-11-26T04:25:41Z",
        "20261126T042541",
        "26.11.2026",
        "26/11/2026 Invoice",
        "26-Nov-2026",
        "04:25:41",
        "12345678",
        "1234567890123",
        "1,234.56",
        "+49 30 1234567",
        "192.168.100.200",
        "Invoice",
        "Invoice March.png",
        "scan01.png",
        "scan01.png;26.11.2026",
        "Task ID;Label;Date",
        "Task ID",
        "ID,Name",
        "Hi all,",
        "Hello Bob, here are the task IDs:",
        "Thanks!",
        "Best regards",
        "-- ",
        "----------------",
        "```",
        "{",
        "]",
        "HTTP/1.1 200 OK",
        "Content-Type: text/plain",
        "id=20261126",
        "id: 12345678",
        '"id": null',
        '"taskStatus": "Pending",',
        "../../etc/passwd",
        "ann@example.org",
        "https://example.org/",
        "任务编号12345678",
        "١٢٣٤٥٦٧٨",
        "🎉🎉🎉🎉🎉🎉🎉🎉",
        "Donaudampfschifffahrtsgesellschaft",
        "a" * 65,
        "a" * 300,
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        f"{TTS[:-1]}g was said",
        f"look at {SHORT} please",
    ],
)
def test_nothing_else_becomes_an_id(text: str) -> None:
    """Each line is said to have none."""
    assert taken(text) == []
    assert asked(text) == []
    for line in read_lines(text):
        assert line.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"client_id={A}", [A]),
        (f'"clientId": "{A}"', [A]),
        (f"client id: {A}", [A]),
        (f"traceId={A}", [A]),
        (f"request-id: {A}", [A]),
        (f"X-Request-ID: {A}", [A]),
        (f"x-correlation-id: {A}", [A]),
        (f"RequestId {A}", [A]),
        (f"tenant: {A}", [A]),
        (f"user_id={A}", [A]),
        (f"sessionid={A}", [A]),
        (f"trace {A}", [A]),
        (f"https://login.example.org/{A}/oauth2/token", [A]),
        (f"https://storage.example.org/scans/{A}.png", [A]),
        (f"Client ID;Name\n{A};Accounting", [A]),
        ("abcdef123456", ["abcdef123456"]),
        ("task-0001-2026", ["task-0001-2026"]),
        (A[:18], [A[:18]]),
        (A + "0", [A + "0"]),
        ("id=task_0001", ["task_0001"]),
        (f"{A.replace('-', '')}  scan.png", [A.replace("-", "")]),
    ],
)
def test_what_has_several_readings_is_asked(text: str, expected: list[str]) -> None:
    """A GUID that is called something else, and what only may be an ID; with a reason."""
    assert taken(text) == []
    assert asked(text) == expected
    assert all(line.reason for line in read_lines(text))


def test_one_line_may_hold_both() -> None:
    """The request's own ID is asked about beside the task's."""
    text = f"request_id={A} task_id={B} scan.png"
    assert taken(text) == [(B, "scan.png")]
    assert asked(text) == [A]
    text = f"Request ID,Task ID\n{A},{B}"
    assert taken(text) == [(B, "")]
    assert asked(text) == [A]


SAFE = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fapi.aspose.cloud%2Fv5.0%2Focr%2F"
    f"RecognizeImageTrial%3Fid%3D{A}&data=05%7C02%7C{B}%7C1&reserved=0"
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (f"{TRIAL}{A}", ""),
        (f"<{TRIAL}{A}>", ""),
        (f"({TRIAL}{A})", ""),
        (f"{TRIAL}{A}, Invoice", "Invoice"),
        (f"{TRIAL}{A}\tInvoice March", "Invoice March"),
        (f"Invoice.png;{TRIAL}{A}", "Invoice.png"),
        (f"[scan]({TRIAL}{A})", "scan"),
        (f"2026-11-26T04:25:41Z GET {TRIAL}{A} 200", ""),
        (f"> GET /v5.0/ocr/RecognizeImageTrial?id={A} HTTP/2", ""),
        (SAFE, ""),
        (
            "https://urldefense.com/v3/__https://api.aspose.cloud/v5.0/ocr/RecognizeImageTrial?id="
            + A
            + "__;!!x",
            "",
        ),
        (TRIAL.replace("=", "=3D") + A, ""),
        (f"{TRIAL.replace('=', '=3D')}{A[:10]}=\n{A[10:]}", ""),
        (f"https%3A%2F%2Fapi.aspose.cloud%2Fv5.0%2Focr%2FRecognizeImageTrial%3Fid%3D{A}", ""),
        (f"https%253A%252F%252Fapi.aspose.cloud%252Fv5.0%252Focr%252FRecognizeImageTrial%253Fid%253D{A}", ""),
        (f'"{TRIAL}{A}"', ""),
        (f'{{"url":"{TRIAL}{A}"}}', ""),
        (f'<a href="{TRIAL}{A}&amp;x=1">', ""),
        (f"{TRIAL}{{{A}}}", ""),
        (f"{TRIAL}{A[:10]}\n{A[10:]}", ""),
    ],
)
def test_an_address_says_operation_and_trial(text: str, label: str) -> None:
    """Also inside a mail scanner's link, percent-encoded, or quoted-printable; nothing else of it is an ID."""
    (line,) = [it for it in read_lines(text) if it.shape is not Shape.MALFORMED]

    assert (line.task_id, line.operation, line.trial) == (A, Operation.RECOGNIZE_IMAGE, True)
    assert line.label == label


def test_several_addresses_in_one_line() -> None:
    """Each with its own operation."""
    found = list(read_lines(f'["{URL}{A}","{TRIAL}{B}"]'))
    assert [(it.task_id, it.operation, it.trial) for it in found] == [
        (A, Operation.RECOGNIZE_IMAGE, False),
        (B, Operation.RECOGNIZE_IMAGE, True),
    ]


def test_the_service_is_the_one_that_is_asked() -> None:
    """Not the scanner's host around it."""
    (line,) = read_lines(SAFE)
    assert line.api_url == "https://api.aspose.cloud"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (f"2026-11-26T04:25:41Z {A}", datetime(2026, 11, 26, 4, 25, 41, tzinfo=UTC)),
        (f"2026-11-26 04:25:41 UTC {A}", datetime(2026, 11, 26, 4, 25, 41, tzinfo=UTC)),
        (
            f"{A};2026-11-26T04:25:41+01:00",
            datetime(2026, 11, 26, 4, 25, 41, tzinfo=timezone(timedelta(hours=1))),
        ),
        (f"2026-11-26 04:25:41,123+0100 INFO {A}", datetime(2026, 11, 26, 3, 25, 41, 123000, tzinfo=UTC)),
        (f"Thu, 26 Nov 2026 04:25:41 +0000 {A}", datetime(2026, 11, 26, 4, 25, 41, tzinfo=UTC)),
        (f"[26/Nov/2026:04:25:41 +0100] {A}", datetime(2026, 11, 26, 3, 25, 41, tzinfo=UTC)),
        (f"2026-11-26 04:25:41 {A}", None),
        (f"{A} 26.11.2026", None),
        (f"2026-11-26T04:25:41Z {A} until 2026-11-27T04:25:41Z", None),
        (f"2026-13-26T04:25:41Z {A}", None),
        (f"2026-11-26T04:25:41Z GET {URL}{A}", None),
    ],
)
def test_a_time_counts_when_its_zone_is_known(text: str, moment: datetime | None) -> None:
    """A request for a result is no submission; two times are none."""
    (line,) = read_lines(text)
    assert line.task_id == A
    assert line.submitted_at == moment


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\t{JWT}",
        f"{A} Bearer {JWT}",
        f"Authorization: Bearer {JWT}",
        f"-H 'Authorization: Bearer {JWT}'",
        f"curl -v -H 'Authorization: Bearer {JWT}' '{URL}{A}'",
        f"> Authorization: Bearer {JWT}",
        f"{A} client_secret=0123456789abcdef-planted",
        '{"access_token":"planted-0123456789abcdef-planted","expires_in":3600}',
        f"{A},odk_planted-0123456789abcdef",
        f"http://127.0.0.1:8501/join/odl_planted-0123456789abcdef {A}",
        f'{{"id":"{A}","label":"{JWT}"}}',
        f"{A} password: hunter2-planted",
        JWT,
    ],
)
def test_a_secret_is_never_a_label_and_never_said_again(text: str) -> None:
    """Whatever the line is; the ID beside it is found all the same."""
    for line in read_lines(text):
        assert line.holds_secret
        for said in (line.text, line.label, line.reason, line.task_id):
            for piece in ("planted", "hunter2", "eyJ", "c2lnbmF0dXJl"):
                assert piece not in said
    assert [task_id for task_id, _ in taken(text)] == ([A] if A in text else [])


@pytest.mark.parametrize(
    ("text", "task_id", "operation"),
    [
        (f"{{{A}}}", A, None),
        (f"urn:uuid:{A}", A, None),
        (f"URN:UUID:{A.upper()}", A.upper(), None),
        (f'"{A}"', A, None),
        (f"{URL}{A}", A, Operation.RECOGNIZE_IMAGE),
        (A.replace("-", "\u2011"), A, None),
        (TTS, TTS, None),
        ("abc", "abc", None),
        ("12345678", "12345678", None),
    ],
)
def test_a_given_id_means_the_id_in_it(text: str, task_id: str, operation: Operation | None) -> None:
    """For scripts, that say which field is the ID; what they call one is believed where it could be."""
    line = read_given(text)
    assert (line.task_id, line.operation) == (task_id, operation)
    assert line.shape is not Shape.MALFORMED


@pytest.mark.parametrize(
    "text", ["", " ", "two words", "2026-11-26", "2026-11-26T04:25:41Z", "é" * 9, "x" * 129]
)
def test_a_given_id_that_cannot_be_one(text: str) -> None:
    """With a reason."""
    assert read_given(text).shape is Shape.MALFORMED
    assert read_given(text).reason


DRESS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.text(max_size=400))
def test_nothing_raises(text: str) -> None:
    """Whatever is pasted."""
    for line in [*read_lines(text), read_given(text)]:
        assert isinstance(line, Line)
        assert len(line.task_id) <= MAX_LENGTH
        assert len(line.text) <= 300


@given(st.uuids(version=4), DRESS, DRESS)
def test_every_id_comes_back(task_id: object, before: str, after: str) -> None:
    """Taken or asked about, whatever stands around it; only a sign that belongs to it can hide it."""
    text = f"{before} {task_id} {after}"
    if "\\" in repr(before) or "%" in text or "&" in text or "/v5" in text:
        return
    assert str(task_id) in [line.task_id for line in read_lines(text)]


@given(DRESS, DRESS)
def test_no_secret_survives(before: str, after: str) -> None:
    """A token stands in no label and in nothing that is shown."""
    for line in read_lines(f"{A} {before} {JWT} {after}"):
        assert JWT.rpartition(".")[2] not in line.label + line.text + line.task_id


def test_ten_thousand_lines_of_a_log_take_no_second() -> None:
    """The slowest kind: every line has to be looked at in full."""
    text = "\n".join(
        f"2026-11-26 04:25:41 INFO submitted {number:08}-1b2d-4c3e-8f4a-5b6c7d8e9f01 scan{number}.png"
        for number in range(10_000)
    )
    began = time.process_time()
    found = list(read_lines(text))

    assert time.process_time() - began < 5  # about 0.5 s: tests/benchmarks/pasting.py
    assert len({line.task_id for line in found}) == 10_000


@pytest.mark.parametrize(
    "text",
    [
        f"{A} " * 100_000,
        "%25" * 400_000,
        "id=" * 400_000,
        "2026-11-26T04:25:41Z " * 50_000,
        f"{A[:20]}\n" * 50_000,
        "[ ] " * 300_000 + A,
        "> " * 500_000 + A,
        "a b c d e f 1. " * 60_000,
        ("a" * 100 + ".pn") * 10_000,
        "<" * 4000 + "\n" + "(" * 4000,
    ],
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    """However it is made."""
    began = time.process_time()
    for line in read_lines(text):
        assert len(line.task_id) <= MAX_LENGTH
    assert time.process_time() - began < 5
