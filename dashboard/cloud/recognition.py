"""The request body of every operation that takes an image (fact sheet 3.1)."""

import base64
import json
from collections.abc import Iterator, Mapping

from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.dispatches import Pieces
from dashboard.models.recognition import RecognitionSettings

_IMAGE_ONLY = frozenset(
    {
        Operation.BINARIZE_IMAGE,
        Operation.DESKEW_IMAGE,
        Operation.DEWARP_IMAGE,
        Operation.UPSCALE_IMAGE,
    }
)


_BEGINNING = b'{"image": "'


class RequestBody:
    """The JSON body to POST, as UTF-8: made while it is sent, so that nothing but a piece of it is ever in memory.

    Every switch is sent, because the documented defaults disagree with each other (fact sheet D7). Each iteration
    begins anew.

    Raises:
        InputRefused: the operation takes no image, the image is empty, or regions are missing.
    """

    def __init__(self, operation: Operation, image: Pieces, settings: RecognitionSettings) -> None:
        if operation is Operation.TEXT_TO_SPEECH:
            raise InputRefused("Text to speech takes a text, not an image.")
        if not image.size:
            raise InputRefused("The image is empty.")
        self._image = image
        self._more = b'"}'
        if operation not in _IMAGE_ONLY:
            self._more = b'", "settings": ' + json.dumps(_settings_json(operation, settings)).encode() + b"}"

    def __len__(self) -> int:
        return len(_BEGINNING) + (self._image.size + 2) // 3 * 4 + len(self._more)

    def __iter__(self) -> Iterator[bytes]:
        yield _BEGINNING
        rest = b""
        for piece in self._image.read():
            whole = rest + piece
            rest = whole[len(whole) - len(whole) % 3 :]  # Base64 takes three bytes at a time
            yield base64.b64encode(whole[: len(whole) - len(rest)])
        yield base64.b64encode(rest)
        yield self._more


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
