"""Masked words of one region: those of the whole text that stand in it, judged by people too."""

import pytest

from dashboard.services.results.corrections import Corrections
from tests.services.conftest import Desk
from tests.services.stored import store

REGIONS = ("Dear ***** Smith,\n", "\r\n\nFive stars: ***** and ***\n\n", "no stars", "***** again")


@pytest.fixture
def task_ref(desk: Desk) -> int:
    """A trial task of four regions."""
    return store(desk, *REGIONS, trial=True)


def shown(desk: Desk, task_ref: int) -> list[list[str]]:
    """The masked words of each region with what stands before them, by their places in its own text."""
    detail = desk.tasks.detail(task_ref)
    found = [(part.text or "", detail.masks_in(part)) for part in detail.parts]
    for text, masks in found:
        assert all(set(text[mask.start : mask.end]) == {"*"} for mask in masks)
    return [[text[max(0, mask.start - 6) : mask.end] for mask in masks] for text, masks in found]


def test_each_region_has_its_own(desk: Desk, task_ref: int) -> None:
    """The same ones as the whole text, none twice and none lost."""
    assert sum(map(len, shown(desk, task_ref))) == desk.tasks.detail(task_ref).report.masks
    assert shown(desk, task_ref)[0] == ["Dear *****"]
    assert shown(desk, task_ref)[2:] == [[], ["*****"]]


def test_turned_asterisks(desk: Desk, task_ref: int) -> None:
    """Are turned in the tab of their region as well, and nowhere else; twice is as before."""
    corrections = Corrections(desk.scope(), renew=lambda _: None)
    before = shown(desk, task_ref)
    text = desk.tasks.detail(task_ref).text or ""
    stars = text.index("stars: *") + 7
    is_masked = corrections.flip_mask(task_ref, stars)
    after = shown(desk, task_ref)
    assert (after[0], after[2:]) == (before[0], before[2:])
    assert ("tars: *****" in [it[-11:] for it in after[1]]) is is_masked
    assert len(after[1]) == len(before[1]) + (1 if is_masked else -1)
    corrections.flip_mask(task_ref, stars)
    assert shown(desk, task_ref) == before
