"""The request body of every operation that takes an image (fact sheet 3.1)."""

import base64
import json
from collections.abc import Mapping

from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.recognition import RecognitionSettings

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
