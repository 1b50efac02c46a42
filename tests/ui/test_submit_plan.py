"""What becomes of dropped files with what was chosen, and what is said about it."""

from pathlib import Path

import pytest

from dashboard.dropping.staging import Dropped
from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.recognition import DsrConfidence, DsrMode, ResultType, TableResultType
from dashboard.services.sending.batch_views import Cost
from dashboard.ui.submit_plan import FOR_IMAGES, cost_said, plan_of
from dashboard.ui.submit_words import (
    CONFIDENCES,
    MODES,
    RESULT_TYPES,
    TABLE_RESULT_TYPES,
    regions_of,
    regions_text,
)


def dropped(name: str, operation: Operation | None = None) -> Dropped:
    """A file that waits."""
    return Dropped(
        id="1-1",
        name=name,
        media_type="image/png",
        size=1,
        sha256="",
        operation=operation,
        pages=1,
        width=1,
        height=1,
        notes=(),
        path=Path(name),
        thumbnail=None,
    )


IMAGE, PDF, DJVU = (
    dropped("a.png"),
    dropped("b.pdf", Operation.RECOGNIZE_PDF),
    dropped("c.djvu", Operation.DJVU_TO_PDF),
)


@pytest.mark.parametrize(
    ("operation", "trial", "sent"),
    [
        (
            Operation.RECOGNIZE_IMAGE,
            False,
            [Operation.RECOGNIZE_IMAGE, Operation.RECOGNIZE_PDF, Operation.DJVU_TO_PDF],
        ),
        (
            Operation.RECOGNIZE_TABLE,
            False,
            [Operation.RECOGNIZE_TABLE, Operation.RECOGNIZE_PDF, Operation.DJVU_TO_PDF],
        ),
        (Operation.RECOGNIZE_IMAGE, True, [Operation.RECOGNIZE_IMAGE]),
    ],
)
def test_where_files_go(operation: Operation, *, trial: bool, sent: list[Operation]) -> None:
    """Documents to their own operation, and in evaluation mode nowhere; they are named, the others go on."""
    plan = plan_of([IMAGE, PDF, DJVU], operation=operation, trial=trial)
    assert [its for _, its in plan.sent] == sent
    assert [one.name for one, _ in plan.left] == (["b.pdf", "c.djvu"] if trial else [])
    assert all("need a token" in reason for _, reason in plan.left)


def test_nobody_chooses_what_takes_no_image() -> None:
    """Documents have one operation each; a text is no image."""
    assert not {Operation.RECOGNIZE_PDF, Operation.DJVU_TO_PDF, Operation.TEXT_TO_SPEECH} & set(FOR_IMAGES)


@pytest.mark.parametrize(
    ("cost", "says"),
    [
        (Cost(calls=4, left=None), ""),
        (Cost(calls=4, left=4), "At least 4 calls: the budget of “Main” leaves 4."),
        (Cost(calls=4, left=3), "What is over waits"),
    ],
)
def test_cost(cost: Cost, says: str) -> None:
    """Is said where there is a budget; also that it does not reach."""
    said = cost_said(cost, "Main")
    assert says in said
    assert bool(said) == bool(says)
    assert ("waits" in said) is cost.is_over


def test_every_word_of_the_service_has_one_of_ours() -> None:
    """Nothing that can be stored cannot be shown."""
    assert set(MODES) == set(DsrMode)
    assert set(CONFIDENCES) == set(DsrConfidence)
    assert set(RESULT_TYPES) == set(ResultType)
    assert set(TABLE_RESULT_TYPES) == set(TableResultType)


def test_rectangles() -> None:
    """One a line, however they are separated; read back they are the same."""
    regions = regions_of("0 0 10 20\n\n 5, 6; 70 x 80 \n")
    assert [(one.left, one.top, one.right, one.bottom, one.order) for one in regions] == [
        (0, 0, 10, 20, 0),
        (5, 6, 70, 80, 1),
    ]
    assert regions_of(regions_text(regions)) == regions
    assert regions_of("") == ()


@pytest.mark.parametrize(
    "line", ["1 2 3", "10 0 5 9", "0 9 5 9", "a b c d", "-1 0 5 5", "1 2 3 4 5", "² 0 5 5"]
)
def test_what_is_no_rectangle(line: str) -> None:
    """Is told by its line."""
    with pytest.raises(InputRefused, match="Line 2"):
        regions_of(f"0 0 5 5\n{line}")


def test_too_many_rectangles() -> None:
    """There is an end to them."""
    with pytest.raises(InputRefused, match="200"):
        regions_of("0 0 5 5\n" * 201)
