"""The request body of every operation that takes an image (fact sheet 3.1)."""

import base64
import json
from collections.abc import Iterable, Mapping

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


def request_body(operation: Operation, image: Iterable[bytes], settings: RecognitionSettings) -> bytes:
    """The JSON body to POST, as UTF-8; of an image in pieces nothing stands in memory but this.

    Every switch is sent, because the documented defaults disagree with each other (fact sheet D7).

    Raises:
        InputRefused: the operation takes no image, the image is empty, or regions are missing.
    """
    if operation is Operation.TEXT_TO_SPEECH:
        raise InputRefused("Text to speech takes a text, not an image.")
    more = b""
    if operation not in _IMAGE_ONLY:
        more = b', "settings": ' + json.dumps(_settings_json(operation, settings)).encode()
    body = bytearray(b'{"image": "')
    empty, rest = len(body), b""
    for piece in image:
        whole = rest + piece
        rest = whole[len(whole) - len(whole) % 3 :]  # Base64 takes three bytes at a time
        body += base64.b64encode(whole[: len(whole) - len(rest)])
    body += base64.b64encode(rest)
    if len(body) == empty:
        raise InputRefused("The image is empty.")
    body += b'"' + more + b"}"
    return bytes(body)


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
