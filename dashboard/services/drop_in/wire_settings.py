"""Settings as the service writes them (fact sheet 3.1), as ours: so that what was sent can be sent once more. Pure."""

from collections.abc import Mapping
from typing import Any

from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.recognition import RecognitionSettings

_OURS = {
    "language": "language",
    "makeskewcorrect": "make_skew_correct",
    "rotate": "rotate",
    "makebinarization": "make_binarization",
    "makecontrastcorrection": "make_contrast_correction",
    "makeupsampling": "make_upsampling",
    "makespellcheck": "make_spell_check",
    "dsrmode": "dsr_mode",
    "dsrconfidence": "dsr_confidence",
    "resulttype": "result_type",
    "resulttypetable": "result_type_table",
}


def recognition_of(operation: Operation, settings: Mapping[str, Any]) -> RecognitionSettings | None:
    """The same settings in our words; None where we do not know all of them."""
    ours: dict[str, object] = {}
    try:
        for name, value in settings.items():
            if name.casefold() == "regions":
                ours["regions"] = [_region(one) for one in value or ()]
            elif value is not None:
                ours[_OURS[name.casefold()]] = value
        return RecognitionSettings.read(ours, operation=operation)
    except (InputRefused, KeyError, TypeError, AttributeError):
        return None


def _region(given: Mapping[str, Any]) -> dict[str, object]:
    rect = given["rect"]
    return {
        "left": rect["topLeftX"],
        "top": rect["topLeftY"],
        "right": rect["bottomRightX"],
        "bottom": rect["bottomRightY"],
        "order": given.get("order", 0),
    }
