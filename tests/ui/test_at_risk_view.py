"""What the board says of tasks that lose their results soon."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.store.at_risk import AtRisk
from dashboard.ui.at_risk_view import headline, remarks

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
IN_72_MINUTES = NOW + timedelta(minutes=72)


def at_risk(tasks: int, *, over: int = 0, inexact: int = 0) -> AtRisk:
    """So many tasks; those that are not over have 72 minutes left."""
    first_at = IN_72_MINUTES if tasks > over else None
    return AtRisk(tasks=tasks, over=over, inexact=inexact, first_at=first_at, turns_at=None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (at_risk(1), "1 open task loses its result in 1 h 12 min."),
        (at_risk(1, inexact=1), "1 open task loses its result in 1 h 12 min at the latest."),
        (at_risk(3), "3 open tasks lose their results within two hours, the first in 1 h 12 min."),
        (
            at_risk(3, inexact=1),
            "3 open tasks lose their results within two hours, the first in 1 h 12 min at the latest.",
        ),
        (at_risk(3, over=1), "3 open tasks lose their results within two hours, the next in 1 h 12 min."),
        (at_risk(1, over=1), "The time of 1 open task is over: the service may have deleted its result."),
        (
            at_risk(1500, over=1500),
            "The time of 1,500 open tasks is over: the service may have deleted their results.",
        ),
    ],
)
def test_the_headline(given: AtRisk, said: str) -> None:
    """How many and when, and no more than is known."""
    assert re.sub(r"<[^>]*>", "", headline(given, NOW)) == said


def test_the_countdown_goes_on_in_the_browser() -> None:
    """In words, without colours, and without being read aloud each minute."""
    ticking = headline(at_risk(1), NOW)
    for attribute in (f'data-expires="{IN_72_MINUTES.timestamp():.0f}"', "data-words", 'aria-live="off"'):
        assert attribute in ticking


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (at_risk(1), []),
        (at_risk(1, over=1, inexact=1), []),
        (at_risk(3, over=2), ["The time of 2 of them is over."]),
        (at_risk(1, inexact=1), ["Nobody knows when the image was sent: it may be over earlier."]),
        (
            at_risk(3, inexact=2),
            ["Nobody knows of 2 of them when the image was sent: it may be over earlier."],
        ),
    ],
)
def test_what_else_is_to_be_known(given: AtRisk, said: list[str]) -> None:
    """What is uncertain, and that they are asked about until the end."""
    *uncertain, calming = remarks(given)
    assert uncertain == said
    assert calming.endswith("asked about until the end, and what is ready by then is kept.")
