"""What to recognise and how: the request body of every operation that takes an image (fact sheet 3.1)."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from dashboard.errors import InputRefused
from dashboard.models import Operation


class DsrMode(StrEnum):
    """How text blocks are found on the page."""

    REGIONS = "Regions"
    DSR_NO_FILTER = "DsrNoFilter"
    DSR_AND_FILTER = "DsrAndFilter"
    NO_DSR_NO_FILTER = "NoDsrNoFilter"
    TEXT_DETECTOR = "TextDetector"
    DSR_PLUS_DETECTOR = "DsrPlusDetector"
    POLYGONAL_TEXT_DETECTOR = "PolygonalTextDetector"  # the docs' "CraftPoly" is refused (fact sheet D8)
    LINE_DETECTOR = "LineDetector"


class DsrConfidence(StrEnum):
    """How sure the service must be that a block is text; Default is Mid."""

    DEFAULT = "Default"
    LOW = "Low"
    LOW_MID = "LowMid"
    MID = "Mid"
    MID_HIGH = "MidHigh"
    HIGH = "High"
    ULTRA = "Ultra"
    ALL = "All"


class ResultType(StrEnum):
    """What to get back; the combined ones bring several parts."""

    TEXT = "Text"
    PDF = "Pdf"
    HOCR = "Hocr"
    JSON = "JSON"
    TEXT_AND_PDF = "TextAndPdf"
    TEXT_AND_HOCR = "TextAndHocr"
    PDF_AND_HOCR = "PdfAndHocr"
    TEXT_AND_PDF_AND_HOCR = "TextAndPdfAndHocr"
    IMAGE_PNG = "ImagePNG"


class TableResultType(StrEnum):
    """What to get back from RecognizeTable; the other operations ignore it."""

    TEXT = "Text"
    EXCEL = "Excel"
    CSV = "Csv"
    CSV_AND_EXCEL = "CsvAndExcel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One rectangle to read, in pixels of the image; ``order`` is its place in the output."""

    left: int
    top: int
    right: int
    bottom: int
    order: int

    def as_json(self) -> dict[str, object]:
        """The service's spelling of it."""
        corners = {
            "topLeftX": self.left,
            "topLeftY": self.top,
            "bottomRightX": self.right,
            "bottomRightY": self.bottom,
        }
        return {"rect": corners, "order": self.order}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionSettings:
    """How the service should read an image; the defaults are the documented ones (fact sheet 3.1).

    Attributes:
        language: as the service spells it (3.4); any is sent as it is, because the list grows.
        rotate: degrees, applied before recognition; 0 is not sent (fact sheet D6).
        regions: required by RecognizeRegions, not sent anywhere else.
    """

    language: str = "English"
    make_skew_correct: bool = True
    rotate: int = 0
    make_binarization: bool = False
    make_contrast_correction: bool = True
    make_upsampling: bool = False
    make_spell_check: bool = False
    dsr_mode: DsrMode = DsrMode.REGIONS
    dsr_confidence: DsrConfidence = DsrConfidence.DEFAULT
    result_type: ResultType = ResultType.TEXT
    result_type_table: TableResultType = TableResultType.TEXT
    regions: tuple[Region, ...] = ()

    @classmethod
    def defaults_for(cls, operation: Operation) -> Self:
        """The defaults of one operation: labels and invoices are not deskewed."""
        if operation in _NOT_DESKEWED:
            return replace(cls(), make_skew_correct=False)
        return cls()


_NOT_DESKEWED = frozenset({Operation.RECOGNIZE_LABEL, Operation.RECOGNIZE_INVOICE})
_IMAGE_ONLY = frozenset(
    {
        Operation.BINARIZE_IMAGE,
        Operation.DESKEW_IMAGE,
        Operation.DEWARP_IMAGE,
        Operation.UPSCALE_IMAGE,
    }
)


def request_body(operation: Operation, image: bytes, settings: RecognitionSettings) -> bytes:
    """The JSON body to POST, as UTF-8.

    Every switch is sent, because the documented defaults disagree with each other (fact sheet D7).

    Raises:
        InputRefused: the operation takes no image, the image is empty, or regions are missing.
    """
    if operation is Operation.TEXT_TO_SPEECH:
        raise InputRefused("Text to speech takes a text, not an image.")
    if not image:
        raise InputRefused("The image is empty.")
    body: dict[str, object] = {"image": base64.b64encode(image).decode("ascii")}
    if operation not in _IMAGE_ONLY:
        body["settings"] = _settings_json(operation, settings)
    return json.dumps(body).encode()


def _settings_json(operation: Operation, settings: RecognitionSettings) -> Mapping[str, object]:
    sent: dict[str, object] = {
        "language": settings.language,
        "makeSkewCorrect": settings.make_skew_correct,
        "makeBinarization": settings.make_binarization,
        "makeContrastCorrection": settings.make_contrast_correction,
        "makeUpsampling": settings.make_upsampling,
        "makeSpellCheck": settings.make_spell_check,
        "dsrMode": settings.dsr_mode.value,
        "dsrConfidence": settings.dsr_confidence.value,
        "resultType": settings.result_type.value,
        "resultTypeTable": settings.result_type_table.value,
    }
    if settings.rotate:
        sent["Rotate"] = settings.rotate
    if operation is Operation.RECOGNIZE_REGIONS:
        if not settings.regions:
            raise InputRefused("Reading regions needs at least one rectangle.")
        sent["regions"] = [region.as_json() for region in settings.regions]
    return sent
