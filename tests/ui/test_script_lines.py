"""Lines that people copy."""

import pytest

from dashboard.ui.script_lines import LINES, MARK, Place

PLACE = Place("https://ocr.example.org/dash", "odk_key")
ADDRESS = Place("https://ocr.example.org/dash/in/oda_secret", "")


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("place", [PLACE, ADDRESS], ids=["key", "address"])
def test_each_says_where_and_by_what_and_marks_it(name: str, place: Place) -> None:
    """The address, the key where there is one, and nothing of the service's own."""
    lines = LINES[name][1](place)
    assert place.base in lines
    assert MARK in lines
    assert ("odk_key" in lines) == bool(place.key)
    assert ("Bearer" in lines or "AccessToken" in lines) == bool(place.key)
    assert "api.aspose.cloud" not in lines
