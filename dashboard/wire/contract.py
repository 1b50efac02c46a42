"""What the service accepts: the words of its settings, and the check of a request body (fact sheet 3.1 and 3.4).

Two readers: the sandbox refuses every unknown field and word, so that a client's mistake is seen here and not first by
the real service; the drop-in address looks only at what no version of the service could take, and passes on the rest.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.models import Operation
from dashboard.models.languages import LANGUAGES
from dashboard.wire.endpoints import Endpoint

RESULT_TYPES: Mapping[str, tuple[str, ...]] = {
    "Text": ("Text",),
    "Pdf": ("Pdf",),
    "Hocr": ("Hocr",),
    "JSON": ("Json",),
    "TextAndPdf": ("Text", "Pdf"),
    "TextAndHocr": ("Text", "Hocr"),
    "PdfAndHocr": ("Pdf", "Hocr"),
    "TextAndPdfAndHocr": ("Text", "Pdf", "Hocr"),
    "ImagePNG": ("ImagePNG",),
}
TABLE_TYPES: Mapping[str, tuple[str, ...]] = {
    "Text": ("Text",),
    "Csv": ("Csv",),
    "Excel": ("Excel",),
    "CsvAndExcel": ("Csv", "Excel"),
}
_DSR_MODES = frozenset(
    [
        "Regions",
        "DsrNoFilter",
        "DsrAndFilter",
        "NoDsrNoFilter",
        "TextDetector",
        "DsrPlusDetector",
        "PolygonalTextDetector",
        "LineDetector",
    ]
)
_DSR_CONFIDENCES = frozenset(["Default", "Low", "LowMid", "Mid", "MidHigh", "High", "Ultra", "All"])
_FLAGS = frozenset(
    ["makeSkewCorrect", "makeBinarization", "makeContrastCorrection", "makeUpsampling", "makeSpellCheck"]
)
_WORDS: Mapping[str, frozenset[str]] = {
    "language": frozenset(it.code for it in LANGUAGES),
    "dsrMode": _DSR_MODES,
    "dsrConfidence": _DSR_CONFIDENCES,
    "resultType": frozenset(RESULT_TYPES),
    "resultTypeTable": frozenset(TABLE_TYPES),
}
_SPEECH_WORDS: Mapping[str, frozenset[str]] = {
    "language": frozenset({"English"}),
    "resultType": frozenset({"Wav"}),
}
_ROTATIONS = frozenset({"Rotate", "rotate"})  # fact sheet D6: the two spellings of one key
_CORNERS = frozenset({"topLeftX", "topLeftY", "bottomRightX", "bottomRightY"})
_PREPROCESSING = frozenset(
    {Operation.BINARIZE_IMAGE, Operation.DESKEW_IMAGE, Operation.DEWARP_IMAGE, Operation.UPSCALE_IMAGE}
)
_FIXED_TYPES: Mapping[Operation, tuple[str, ...]] = {
    Operation.RECOGNIZE_INVOICE: ("Text",),
    Operation.IDENTIFY_FONT: ("Text",),
    Operation.DETECT_REGIONS: ("Other",),
    Operation.DJVU_TO_PDF: ("Pdf",),
    Operation.TEXT_TO_SPEECH: ("WavFile",),  # fact sheet D15: asked for as Wav
    **dict.fromkeys(_PREPROCESSING, ("ImagePNG",)),
}
_TRIAL_SPEECH_LIMIT = 500

Rectangle = tuple[int, int, int, int]
"""In pixels: x1, y1, x2, y2."""

Problems = dict[str, list[str]]
"""Field names with what is wrong about each, as in the ``errors`` of a ProblemDetails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request the service accepts: the image (or the text to speak) and what is wanted of it.

    Attributes:
        regions: the rectangles to be read, in the order of the answer; empty for the whole image.
    """

    content: bytes = field(repr=False)
    result_types: tuple[str, ...]
    regions: tuple[Rectangle, ...] = ()
    language: str = "English"


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be read or spoken, whatever else a request asks for.

    Attributes:
        data: the image; the text as UTF-8 where it is to be spoken.
        settings: as given, unchecked; empty where there are none.
    """

    data: bytes = field(repr=False)
    settings: Mapping[str, Any]


def read_content(endpoint: Endpoint, raw: bytes) -> Content | Problems:
    """Only what every version of the service needs: a JSON object with an image in Base64, or with a text."""
    body = _object(raw)
    if "$" in body:
        return body
    problems: Problems = {}
    if endpoint.operation is Operation.TEXT_TO_SPEECH:
        data = _text(body.get("text"), problems)
    else:
        image = body.get("image")
        # Line breaks are not documented, and .NET's own reader takes them.
        data = _decode("".join(image.split()) if isinstance(image, str) else image, problems)
    given = body.get("settings")
    return problems or Content(data, given if isinstance(given, dict) else {})


def read_order(endpoint: Endpoint, raw: bytes) -> Order | Problems:
    """Check a request body; the answer is what was ordered, or everything that is wrong with it."""
    body = _object(raw)
    if "$" in body:
        return body
    if endpoint.operation is Operation.TEXT_TO_SPEECH:
        return _speech_order(endpoint, body)
    preprocessing = endpoint.operation in _PREPROCESSING
    problems = _unknown(body, frozenset({"image"}) if preprocessing else frozenset({"image", "settings"}))
    image = _decode(body.get("image"), problems)
    settings = body.get("settings")
    if settings is None and (preprocessing or endpoint.operation is Operation.DJVU_TO_PDF):  # D5
        settings = {}
    if not isinstance(settings, dict):
        return problems | {"settings": ["The settings field is required and is an object."]}
    problems |= _check_settings(settings)
    if problems:
        return problems
    return Order(
        content=image,
        result_types=_result_types(endpoint.operation, settings),
        regions=_regions(settings) if endpoint.operation is Operation.RECOGNIZE_REGIONS else (),
        language=settings.get("language", "English"),
    )


def _object(raw: bytes) -> dict[str, Any]:
    """The body; what is wrong with it under ``$``, which is the name of no field."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {"$": ["The request body is not valid JSON."]}
    if not isinstance(body, dict):
        return {"$": ["The request body is not a JSON object."]}
    return {name: value for name, value in body.items() if name != "$"}


def _text(text: object, problems: Problems) -> bytes:
    if not isinstance(text, str) or not text:
        problems["text"] = ["The text field is required."]
        return b""
    return text.encode("utf-8", "replace")


def _speech_order(endpoint: Endpoint, body: Mapping[str, Any]) -> Order | Problems:
    problems = _unknown(body, frozenset({"text", "settings"}))
    text, settings = body.get("text"), body.get("settings")
    spoken = _text(text, problems)
    if endpoint.trial and isinstance(text, str) and len(text) > _TRIAL_SPEECH_LIMIT:
        problems["text"] = [f"Evaluation mode speaks at most {_TRIAL_SPEECH_LIMIT} characters."]
    if not isinstance(settings, dict):
        problems["settings"] = ["The settings field is required and is an object."]
    else:
        problems |= _unknown(settings, frozenset(_SPEECH_WORDS), "settings.")
        problems |= {
            f"settings.{name}": [f"One of {', '.join(sorted(words))} is required."]
            for name, words in _SPEECH_WORDS.items()
            if not _is_word(settings.get(name), words)
        }
    return problems or Order(content=spoken, result_types=_FIXED_TYPES[endpoint.operation])


def _unknown(given: Mapping[str, Any], known: frozenset[str], prefix: str = "") -> Problems:
    return {f"{prefix}{name}": ["This field is not known."] for name in given if name not in known}


def _decode(image: object, problems: Problems) -> bytes:
    if not isinstance(image, str) or not image:
        problems["image"] = ["The image field is required."]
        return b""
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        problems["image"] = ["The image is not Base64."]
        return b""


def _check_settings(settings: Mapping[str, Any]) -> Problems:
    known = frozenset(_WORDS) | _FLAGS | _ROTATIONS | {"regions"}
    problems = _unknown(settings, known, "settings.")
    for name, value in settings.items():
        if name in _WORDS and not _is_word(value, _WORDS[name]):
            problems[f"settings.{name}"] = ["The value is not one of the known words."]
        elif name in _FLAGS and not isinstance(value, bool):
            problems[f"settings.{name}"] = ["The value is neither true nor false."]
        elif name in _ROTATIONS and not _is_number(value):
            problems[f"settings.{name}"] = ["The value is not a whole number."]
        elif name == "regions" and not _are_regions(value):
            problems["settings.regions"] = ["The value is not a list of regions."]
    return problems


def _is_word(value: object, words: frozenset[str]) -> bool:
    return isinstance(value, str) and value in words


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_regions(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and all(
        isinstance(region, dict)
        and set(region) <= {"rect", "order"}
        and _is_number(region.get("order", 0))
        and isinstance(rect := region.get("rect"), dict)
        and set(rect) == _CORNERS
        and all(_is_number(corner) for corner in rect.values())
        for region in value
    )


def _regions(settings: Mapping[str, Any]) -> tuple[Rectangle, ...]:
    wanted = sorted(settings.get("regions") or (), key=lambda region: int(region.get("order", 0)))
    names = ("topLeftX", "topLeftY", "bottomRightX", "bottomRightY")
    corners = [[int(region["rect"][name]) for name in names] for region in wanted]
    return tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in corners)


def _result_types(operation: Operation, settings: Mapping[str, Any]) -> tuple[str, ...]:
    if operation in _FIXED_TYPES:
        return _FIXED_TYPES[operation]
    if operation is Operation.RECOGNIZE_TABLE:
        return TABLE_TYPES[settings.get("resultTypeTable", "Text")]
    return RESULT_TYPES[settings.get("resultType", "Text")]
