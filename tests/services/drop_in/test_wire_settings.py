"""Settings of a script as ours."""

from typing import Any

import pytest

from dashboard.models import Operation
from dashboard.models.recognition import DsrMode, RecognitionSettings, Region, ResultType
from dashboard.services.drop_in.wire_settings import recognition_of

RECT = {"topLeftX": 1, "topLeftY": 2, "bottomRightX": 3, "bottomRightY": 4}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        pytest.param({}, RecognitionSettings(), id="none"),
        pytest.param(
            {"language": "German", "makeSkewCorrect": False, "dsrMode": "LineDetector", "resultType": "Pdf"},
            RecognitionSettings(
                language="German",
                make_skew_correct=False,
                dsr_mode=DsrMode.LINE_DETECTOR,
                result_type=ResultType.PDF,
            ),
            id="some",
        ),
        pytest.param({"Rotate": 90}, RecognitionSettings(rotate=90), id="as the SDKs write it"),
        pytest.param(
            {"rotate": 90, "regions": None}, RecognitionSettings(rotate=90), id="as the docs write it"
        ),
        pytest.param(
            {"regions": [{"rect": RECT, "order": 0}]},
            RecognitionSettings(regions=(Region(left=1, top=2, right=3, bottom=4, order=0),)),
            id="regions",
        ),
        pytest.param({"newSwitch": True}, None, id="what we do not know"),
        pytest.param({"dsrMode": "CraftPoly"}, None, id="a word we do not know"),
        pytest.param({"regions": [7]}, None, id="regions that are none"),
        pytest.param({"regions": 7}, None, id="no list"),
    ],
)
def test_settings_are_ours_where_we_know_all_of_them(
    given: dict[str, Any], found: RecognitionSettings | None
) -> None:
    """Only then can the same be sent once more from here."""
    assert recognition_of(Operation.RECOGNIZE_IMAGE, given) == found
