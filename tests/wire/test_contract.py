"""What the service accepts and refuses."""

import base64
import json
from typing import Any

import pytest

from dashboard.models import Operation
from dashboard.wire.contract import Content, Order, read_content, read_order
from dashboard.wire.endpoints import Endpoint

IMAGE = base64.b64encode(b"picture").decode()
RECT = {"topLeftX": 0, "topLeftY": 0, "bottomRightX": 9, "bottomRightY": 9}
REGION = {"rect": RECT, "order": 1}
SPEECH = {"language": "English", "resultType": "Wav"}


def _read(operation: Operation, body: object, *, trial: bool = False) -> Order | dict[str, list[str]]:
    return read_order(Endpoint(operation, trial), json.dumps(body).encode())


def _wrong(operation: Operation, body: object, *, trial: bool = False) -> list[str]:
    problems = _read(operation, body, trial=trial)
    assert isinstance(problems, dict)
    return list(problems)


@pytest.mark.parametrize(
    ("operation", "settings", "types"),
    [
        (Operation.RECOGNIZE_IMAGE, {}, ("Text",)),
        (Operation.RECOGNIZE_IMAGE, {"resultType": "TextAndPdfAndHocr"}, ("Text", "Pdf", "Hocr")),
        (Operation.RECOGNIZE_RECEIPT, {"resultType": "JSON"}, ("Json",)),
        (Operation.RECOGNIZE_TABLE, {"resultType": "Pdf"}, ("Text",)),
        (Operation.RECOGNIZE_TABLE, {"resultTypeTable": "CsvAndExcel"}, ("Csv", "Excel")),
        (Operation.RECOGNIZE_INVOICE, {"resultType": "Pdf"}, ("Text",)),
        (Operation.DETECT_REGIONS, {}, ("Other",)),
        (Operation.DJVU_TO_PDF, None, ("Pdf",)),
        (Operation.DESKEW_IMAGE, None, ("ImagePNG",)),
    ],
)
def test_operation_and_settings_decide_the_types(
    operation: Operation, settings: dict[str, str] | None, types: tuple[str, ...]
) -> None:
    """Combined types become several parts; some operations have one type whatever is asked."""
    body: dict[str, Any] = {"image": IMAGE} | ({} if settings is None else {"settings": settings})
    assert _read(operation, body) == Order(content=b"picture", result_types=types)


def test_each_region_is_counted() -> None:
    """RecognizeRegions answers one part per region."""
    body = {"image": IMAGE, "settings": {"regions": [REGION, REGION]}}
    order = _read(Operation.RECOGNIZE_REGIONS, body)
    assert isinstance(order, Order)
    assert len(order.regions) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param([], "$", id="not an object"),
        pytest.param({"settings": {}}, "image", id="no image"),
        pytest.param({"image": "", "settings": {}}, "image", id="empty image"),
        pytest.param({"image": 5, "settings": {}}, "image", id="image is a number"),
        pytest.param({"image": f"data:image/png;base64,{IMAGE}", "settings": {}}, "image", id="data address"),
        pytest.param({"image": "äöü", "settings": {}}, "image", id="image is not ASCII"),
        pytest.param({"image": IMAGE}, "settings", id="no settings"),
        pytest.param({"image": IMAGE, "settings": []}, "settings", id="settings are a list"),
        pytest.param({"image": IMAGE, "settings": {}, "url": ""}, "url", id="unknown field"),
        pytest.param({"image": IMAGE, "settings": {"a": 1}}, "settings.a", id="unknown setting"),
        pytest.param({"image": IMAGE, "settings": {"dsrMode": "CraftPoly"}}, "settings.dsrMode", id="D8"),
        pytest.param({"image": IMAGE, "settings": {"language": None}}, "settings.language", id="null word"),
        pytest.param({"image": IMAGE, "settings": {"language": []}}, "settings.language", id="list as word"),
        pytest.param({"image": IMAGE, "settings": {"Rotate": 1.5}}, "settings.Rotate", id="half a degree"),
        pytest.param(
            {"image": IMAGE, "settings": {"makeSpellCheck": 1}}, "settings.makeSpellCheck", id="1 for true"
        ),
        pytest.param({"image": IMAGE, "settings": {"regions": [{}]}}, "settings.regions", id="empty region"),
    ],
)
def test_a_wrong_body_names_the_field(body: object, field: str) -> None:
    """Every unknown field and word is refused, as additionalProperties: false says."""
    assert _wrong(Operation.RECOGNIZE_IMAGE, body) == [field]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000], ids=["empty", "cut", "bytes", "deep"])
def test_malformed_json_is_refused(raw: bytes) -> None:
    """Whatever is wrong with it."""
    problems = read_order(Endpoint(Operation.RECOGNIZE_IMAGE, trial=False), raw)
    assert problems == {"$": ["The request body is not valid JSON."]}


@pytest.mark.parametrize("key", ["Rotate", "rotate"])
def test_both_spellings_of_rotate_are_accepted(key: str) -> None:
    """The documents disagree (fact sheet D6)."""
    body = {"image": IMAGE, "settings": {key: 90}}
    assert isinstance(_read(Operation.RECOGNIZE_IMAGE, body), Order)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"text": "", "settings": SPEECH}, "text", id="no text"),
        pytest.param({"text": "x" * 501, "settings": SPEECH}, "text", id="too long for evaluation"),
        pytest.param({"text": "x"}, "settings", id="no settings"),
        pytest.param({"text": "x", "settings": {"language": "English"}}, "settings.resultType", id="no type"),
    ],
)
def test_a_wrong_speech_request_names_the_field(body: object, field: str) -> None:
    """Text and both settings are required; evaluation mode speaks 500 characters."""
    assert _wrong(Operation.TEXT_TO_SPEECH, body, trial=True) == [field]


def test_preprocessing_takes_only_an_image() -> None:
    """Settings are an unknown field there."""
    assert _wrong(Operation.DESKEW_IMAGE, {"image": IMAGE, "settings": {}}) == ["settings"]


@pytest.mark.parametrize(
    ("operation", "body", "found"),
    [
        pytest.param(
            Operation.RECOGNIZE_IMAGE,
            {"image": IMAGE},
            Content(b"picture", {}),
            id="settings are not asked for",
        ),
        pytest.param(
            Operation.RECOGNIZE_IMAGE,
            {"image": IMAGE, "settings": {"new": 1}, "more": 2},
            Content(b"picture", {"new": 1}),
            id="what is new is passed on",
        ),
        pytest.param(
            Operation.RECOGNIZE_IMAGE,
            {"image": f"{IMAGE[:4]}\r\n{IMAGE[4:]}"},
            Content(b"picture", {}),
            id="wrapped",
        ),
        pytest.param(Operation.RECOGNIZE_IMAGE, {}, {"image": ["The image field is required."]}, id="none"),
        pytest.param(
            Operation.RECOGNIZE_IMAGE, {"image": "§"}, {"image": ["The image is not Base64."]}, id="no Base64"
        ),
        pytest.param(
            Operation.RECOGNIZE_IMAGE, [], {"$": ["The request body is not a JSON object."]}, id="no object"
        ),
        pytest.param(Operation.TEXT_TO_SPEECH, {"text": "Ä"}, Content("Ä".encode(), {}), id="a text"),
        pytest.param(Operation.TEXT_TO_SPEECH, {}, {"text": ["The text field is required."]}, id="no text"),
    ],
)
def test_only_what_nobody_could_take_is_refused_on_the_way(
    operation: Operation, body: object, found: Content | dict[str, list[str]]
) -> None:
    """The drop-in address leaves settings to the service, which may know more of them than we."""
    assert read_content(Endpoint(operation, trial=False), json.dumps(body).encode()) == found


def test_a_dollar_is_no_field() -> None:
    """It names what is wrong with the whole body, and a body cannot say that of itself."""
    order = read_order(
        Endpoint(Operation.DESKEW_IMAGE, trial=False), json.dumps({"$": [], "image": IMAGE}).encode()
    )
    assert isinstance(order, Order)
