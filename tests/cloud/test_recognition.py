"""The bodies we send."""

import base64
import json
from typing import Any

import pytest
from aspose_ocr_cloud.models.dsr_confidence import DsrConfidence as TheirConfidence
from aspose_ocr_cloud.models.dsr_mode import DsrMode as TheirMode
from aspose_ocr_cloud.models.result_type import ResultType as TheirResultType
from aspose_ocr_cloud.models.result_type_table import ResultTypeTable

from dashboard.cloud.recognition import request_body
from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.recognition import (
    DsrConfidence,
    DsrMode,
    RecognitionSettings,
    Region,
    ResultType,
    TableResultType,
)

IMAGE = b"\x89PNG\xff\x00"
IMAGE_ONLY = {
    Operation.BINARIZE_IMAGE,
    Operation.DESKEW_IMAGE,
    Operation.DEWARP_IMAGE,
    Operation.UPSCALE_IMAGE,
}
REGION = Region(left=1, top=2, right=3, bottom=4, order=5)


def sent(operation: Operation, settings: RecognitionSettings) -> dict[str, Any]:
    """Build a body and read it back."""
    body: dict[str, Any] = json.loads(request_body(operation, [IMAGE], settings))
    return body


def test_every_switch_is_sent() -> None:
    """Nothing is left to the service's contradictory defaults."""
    body = sent(Operation.RECOGNIZE_IMAGE, RecognitionSettings(dsr_mode=DsrMode.DSR_PLUS_DETECTOR))
    assert base64.b64decode(body["image"], validate=True) == IMAGE
    assert body["settings"] == {
        "language": "English",
        "makeSkewCorrect": True,
        "makeBinarization": False,
        "makeContrastCorrection": True,
        "makeUpsampling": False,
        "makeSpellCheck": False,
        "dsrMode": "DsrPlusDetector",
        "dsrConfidence": "Default",
        "resultType": "Text",
        "resultTypeTable": "Text",
    }


@pytest.mark.parametrize("operation", sorted(set(Operation) - {Operation.TEXT_TO_SPEECH}))
def test_every_image_operation_has_its_body(operation: Operation) -> None:
    """Preprocessing sends the image alone, everything else sends settings, regions only where read."""
    body = sent(operation, RecognitionSettings(regions=(REGION,)))
    assert body.keys() == ({"image"} if operation in IMAGE_ONLY else {"image", "settings"})
    assert ("regions" in body.get("settings", {})) == (operation is Operation.RECOGNIZE_REGIONS)


def test_rotation_is_sent_only_when_there_is_one() -> None:
    """The spelling of the interface description is used, never both."""
    settings = sent(Operation.RECOGNIZE_IMAGE, RecognitionSettings(rotate=-90))["settings"]
    assert settings["Rotate"] == -90
    assert "rotate" not in settings


def test_regions_are_spelt_as_documented() -> None:
    """A rectangle has two corners and a place in the output."""
    settings = sent(Operation.RECOGNIZE_REGIONS, RecognitionSettings(regions=(REGION,)))["settings"]
    corners = {"topLeftX": 1, "topLeftY": 2, "bottomRightX": 3, "bottomRightY": 4}
    assert settings["regions"] == [{"rect": corners, "order": 5}]


@pytest.mark.parametrize(
    ("operation", "image"),
    [
        (Operation.TEXT_TO_SPEECH, IMAGE),
        (Operation.RECOGNIZE_IMAGE, b""),
        (Operation.RECOGNIZE_REGIONS, IMAGE),
    ],
    ids=["no image operation", "empty image", "no regions"],
)
def test_impossible_requests_are_refused(operation: Operation, image: bytes) -> None:
    """What cannot work is not sent."""
    with pytest.raises(InputRefused):
        request_body(operation, [image], RecognitionSettings())


@pytest.mark.parametrize(
    ("operation", "deskewed"),
    [
        (Operation.RECOGNIZE_IMAGE, True),
        (Operation.RECOGNIZE_LABEL, False),
        (Operation.RECOGNIZE_INVOICE, False),
    ],
)
def test_defaults_depend_on_the_operation(operation: Operation, *, deskewed: bool) -> None:
    """Labels and invoices are not deskewed unless asked."""
    assert RecognitionSettings.defaults_for(operation).make_skew_correct is deskewed


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (DsrMode, TheirMode),
        (DsrConfidence, TheirConfidence),
        (ResultType, TheirResultType),
        (TableResultType, ResultTypeTable),
    ],
    ids=["modes", "confidences", "result types", "table result types"],
)
def test_values_are_the_vendors(ours: Any, theirs: Any) -> None:  # noqa: ANN401 - enums of two kinds
    """Each list has exactly the values of the vendor's own SDK."""
    assert sorted(str(value) for value in ours) == sorted(value.value for value in theirs)
