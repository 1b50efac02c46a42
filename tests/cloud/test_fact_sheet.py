"""Comments cite the fact sheet; what they cite is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEET = (ROOT / "dashboard" / "cloud" / "SERVICE.md").read_text("utf-8")
_PLACE = r"(?:\d+(?:\.\d+)?|D\d+)"
_CITED = re.compile(rf"fact sheet\s+({_PLACE}(?:\W{{1,6}}(?:and\s+)?{_PLACE}(?![\d%]))*)")


_BARE = re.compile(r"(?:\(|# )(D\d{1,2})(?=[):])")


def _cited() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), place)
        for folder in ("dashboard", "pages", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for cited in _CITED.findall(path.read_text("utf-8"))
        for place in re.findall(_PLACE, cited)
    ]


def _is_there(place: str) -> bool:
    if place.startswith("D"):
        return f"| {place} |" in SHEET
    section, _, point = place.partition(".")
    found = re.search(rf"^## {section}\..*?(?=^## |\Z)", SHEET, re.MULTILINE | re.DOTALL)
    return found is not None and (
        not point
        or re.search(rf"^(?:### {section}\.{point} |{point}\. )", found[0], re.MULTILINE) is not None
    )


def test_cited_places_are_there() -> None:
    """Each section, numbered point and row."""
    cited = _cited()
    assert cited
    assert [one for one in cited if not _is_there(one[1])] == []


def test_rows_are_cited_by_name() -> None:
    """A number alone says nothing to whoever reads it."""
    bare = [
        (path.relative_to(ROOT).as_posix(), number)
        for folder in ("dashboard", "pages", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number in _BARE.findall(path.read_text("utf-8"))
    ]
    assert bare == []
    assert _BARE.findall("not Base64 (D" + "11), see fact sheet D3: there") == ["D11"]


@pytest.mark.parametrize("place", ["11", "3.9", "4.9", "D99", "30"])
def test_others_are_not(place: str) -> None:
    """So that the test above can fail."""
    assert not _is_there(place)
