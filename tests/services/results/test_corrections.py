"""Putting results right: corrected texts beside the service's own, and asterisks judged by people."""

import json

import pytest

from dashboard.errors import InputRefused, NotFound, StillOpen
from dashboard.models import SYSTEM, State
from dashboard.results.exports import TextStyle
from dashboard.services.results.corrections import LONGEST, Corrections
from dashboard.services.results.export_formats import OneFormat
from dashboard.services.results.result_export import ResultExport
from tests.services.conftest import Desk
from tests.services.stored import indexing, store

TRIAL = "* first point\n* second point\nMeeting moved to ****** at the office, as was agreed."
MASK = TRIAL.index("******")


@pytest.fixture
def corrections(desk: Desk) -> Corrections:
    """The corrections of the team."""
    return Corrections(desk.scope(), renew=indexing(desk).renew)


def export(desk: Desk) -> ResultExport:
    """What hands texts out."""
    return ResultExport(desk.scope())


def masked(desk: Desk, task_ref: int) -> tuple[int, int | None]:
    """Masked words on the task page and on the board."""
    (row,) = desk.board.rows_of([task_ref])
    return desk.tasks.detail(task_ref).report.masks, row.masked_words


def test_a_correction_stands_beside_the_original(desk: Desk, corrections: Corrections) -> None:
    """With who made it and when; either can be taken out."""
    task_ref = store(desk, "Helo wrld")
    corrections.correct(task_ref, "Hello world\r\n", based_on=None)
    detail = desk.tasks.detail(task_ref)
    assert detail.correction is not None
    assert (detail.text, detail.correction.text) == ("Helo wrld", "Hello world\n")
    assert (detail.correction.author, detail.correction.created_at) == (SYSTEM.name, desk.clock())
    assert desk.result_export.one(task_ref).data == b"Helo wrld"
    assert export(desk).one(task_ref).data == b"Helo wrld"
    assert export(desk).one(task_ref, OneFormat.TXT, TextStyle(), corrected=True).data == b"Hello world\n"
    assert (
        json.loads(export(desk).one(task_ref, OneFormat.JSON, corrected=True).data)["corrected by"]
        == SYSTEM.name
    )


def test_words_and_masks_are_those_of_the_text_that_is_read(desk: Desk, corrections: Corrections) -> None:
    """Somebody has filled in the masked word and left out the rest."""
    task_ref = store(desk, TRIAL, trial=True)
    corrections.correct(task_ref, "Meeting moved to Monday", based_on=None)
    detail = desk.tasks.detail(task_ref)
    assert (detail.report.masks, detail.corrected().report.masks) == (1, 0)
    assert detail.corrected().report.words == 4


def test_corrections_follow_each_other(desk: Desk, corrections: Corrections) -> None:
    """All of them are kept; going back is one of them."""
    task_ref = store(desk, "one")
    corrections.correct(task_ref, "two", based_on=None)
    first = desk.tasks.detail(task_ref).correction
    assert first is not None
    corrections.correct(task_ref, "three", based_on=first.id)
    corrections.go_back(task_ref)
    assert [version.text for version in desk.tasks.detail(task_ref).versions] == [None, "three", "two"]
    assert desk.tasks.detail(task_ref).correction is None
    corrections.correct(task_ref, "four", based_on=None)
    assert len(desk.tasks.detail(task_ref).versions) == 4


def test_nobody_overwrites_somebody_else(desk: Desk, corrections: Corrections) -> None:
    """Who was slower is told, and the faster one's text stays."""
    task_ref = store(desk, "one")
    corrections.correct(task_ref, "hers", based_on=None)
    with pytest.raises(InputRefused, match="this machine has changed"):
        corrections.correct(task_ref, "his", based_on=None)
    assert [version.text for version in desk.tasks.detail(task_ref).versions] == ["hers"]


def test_what_is_refused(desk: Desk, corrections: Corrections) -> None:
    """With a reason."""
    task_ref = store(desk, "same\r\ntext")
    with pytest.raises(InputRefused, match="Nothing was changed"):
        corrections.correct(task_ref, "same\ntext", based_on=None)
    with pytest.raises(InputRefused, match="characters"):
        corrections.correct(task_ref, "x" * (LONGEST + 1), based_on=None)
    with pytest.raises(InputRefused, match="no correction"):
        corrections.go_back(task_ref)
    with pytest.raises(NotFound):
        corrections.correct(task_ref + 99, "x", based_on=None)
    still_open = store(desk, state=State.PENDING)
    with pytest.raises(StillOpen):
        corrections.correct(still_open, "x", based_on=None)
    empty = store(desk, state=State.COMPLETED_EMPTY)
    with pytest.raises(NotFound, match="no text"):
        corrections.correct(empty, "x", based_on=None)


def test_odd_characters_are_kept_as_they_can_be(desk: Desk, corrections: Corrections) -> None:
    """Neither database takes NUL or half a character."""
    task_ref = store(desk, "one")
    corrections.correct(task_ref, "a\x00b\ud800c\u202ed", based_on=None)
    assert desk.tasks.detail(task_ref).versions[0].text == "a\ufffdb?c\u202ed"


def test_asterisks_are_judged_by_people(desk: Desk, corrections: Corrections) -> None:
    """A mask that is none, a bullet that is one; counts follow everywhere, and twice is as before."""
    task_ref = store(desk, TRIAL, trial=True)
    assert masked(desk, task_ref) == (1, 1)
    assert corrections.flip_mask(task_ref, MASK + 2) is False
    assert masked(desk, task_ref) == (0, 0)
    assert corrections.flip_mask(task_ref, 0) is True
    assert masked(desk, task_ref) == (1, 1)
    corrections.flip_mask(task_ref, MASK)
    assert masked(desk, task_ref) == (2, 2)
    corrections.flip_mask(task_ref, 0)
    assert masked(desk, task_ref) == (1, 1)
    assert desk.tasks.detail(task_ref).flipped == frozenset()


def test_flips_reach_exports(desk: Desk, corrections: Corrections) -> None:
    """What is no mask is not written as one."""
    task_ref = store(desk, TRIAL, trial=True)
    corrections.flip_mask(task_ref, MASK)
    assert json.loads(export(desk).one(task_ref, OneFormat.JSON).data)["masked words"] == 0


def test_flips_in_the_second_of_several_parts(desk: Desk, corrections: Corrections) -> None:
    """The count of the right part follows."""
    task_ref = store(desk, "no stars here", TRIAL, trial=True)
    text = desk.tasks.detail(task_ref).text or ""
    corrections.flip_mask(task_ref, text.index("******"))
    assert [part.masked_words for part in desk.tasks.detail(task_ref).parts] == [0, 0]


def test_regular_results_have_no_masks(desk: Desk, corrections: Corrections) -> None:
    """Nor can anybody make one."""
    task_ref = store(desk, TRIAL)
    with pytest.raises(InputRefused, match="Only evaluation mode"):
        corrections.flip_mask(task_ref, MASK)
    trial = store(desk, TRIAL, trial=True)
    with pytest.raises(InputRefused, match="no asterisk"):
        corrections.flip_mask(trial, MASK - 2)
