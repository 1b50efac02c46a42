"""What is said about the whole deployment although it works."""

from datetime import timedelta

import pytest

from dashboard.services.upkeep import conditions
from dashboard.services.upkeep.timekeeping import STEADY_SECONDS, Steadiness
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (119, "119 seconds"),
        (150, "2 minutes"),
        (-3600, "60 minutes"),
        (7200, "2 hours"),
        (86_400, "24 hours"),
        (60 * 86_400, "60 days"),
        (0.2, "0 seconds"),
    ],
)
def test_lengths(seconds: float, said: str) -> None:
    """In a unit people can picture."""
    assert conditions.span(seconds) == said


def test_texts_that_are_not_searchable() -> None:
    """With what keeps them from it; nothing is said to go on that does not."""
    assert conditions.not_searchable(0) is None
    one, many = conditions.not_searchable(1), conditions.not_searchable(19_020, trouble="It is locked.")
    assert one is not None
    assert many is not None
    assert one.headline == "1 text is not searchable yet."
    assert many.headline == "19,020 texts are not searchable yet."
    assert many.advice.endswith("It is locked.")
    assert one.advice.endswith("It is being indexed now.")
    failed = conditions.not_searchable(1, given_up=1)
    assert failed is not None
    assert "Indexing failed" in failed.advice
    assert "being indexed" not in failed.advice


def test_how_far_indexing_is() -> None:
    """As soon as there is something to tell; never done before it is."""
    said = [conditions.not_searchable(left, of=whole) for left, whole in ((200, 200), (75, 200), (1, 20_000))]
    assert [one.headline for one in said if one is not None] == [
        "200 texts are not searchable yet.",
        "75 texts are not searchable yet (62% done).",
        "1 text is not searchable yet (99% done).",
    ]


def test_texts_that_are_indexed_anew() -> None:
    """Said calmly, for nothing is missing; not of those that cannot be."""
    assert conditions.outdated(0) is None
    assert conditions.outdated(2, given_up=2) is None
    said = conditions.outdated(1_500, of=10_000, trouble="It is locked.")
    assert said is not None
    assert said.is_calm
    assert said.headline == "1,500 older texts are being indexed anew (85% done)."
    assert said.advice.endswith("It is locked.")
    one = conditions.outdated(1, of=1)
    assert one is not None
    assert one.headline == "1 older text is being indexed anew."


def test_tasks_that_are_being_deleted() -> None:
    """While it goes on."""
    assert conditions.retention_going(0) is None
    one, many = conditions.retention_going(1), conditions.retention_going(1_200)
    assert one is not None
    assert many is not None
    assert one.headline == "1 finished task is being deleted."
    assert many.headline == "1,200 finished tasks are being deleted."
    assert many.is_calm


def test_files_that_are_not_read() -> None:
    """Only while something is wrong: otherwise it is a matter of seconds."""
    assert conditions.not_read(5, trouble=None) is None
    assert conditions.not_read(0, trouble="It is locked.") is None
    said = conditions.not_read(5, trouble="It is locked.")
    assert said is not None
    assert "5 results" in said.headline


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (0.0, None),
        (-9.9, None),
        (9.9, None),
        (10.0, "This machine's clock is 10 seconds ahead of the database's."),
        (-7200.0, "This machine's clock is 2 hours behind the database's."),
    ],
)
def test_two_clocks(ahead: float, said: str | None) -> None:
    """This machine's and the database's."""
    found = conditions.database_skew(ahead)
    assert (found.headline if found else None) == said


def test_the_services_clocks() -> None:
    """Each that is apart by more than an answer takes; in order."""
    found = conditions.service_skews({"https://b": 86_400.0 * 3, "https://c": 59.0, "https://a": -60.0})
    assert [condition.headline for condition in found] == [
        "The clock here is 60 seconds behind that of https://a.",
        "The clock here is 3 days ahead of that of https://b.",
    ]


@pytest.mark.parametrize(
    ("tasks", "steady", "gap", "said"),
    [
        (0, 0.0, 1.0, None),
        (5, STEADY_SECONDS, 1.0, None),
        (5, 0.0, None, "It is not known when this dashboard ran last"),
        (5, 3600.0, 60 * 86_400.0, "The clock went on by 60 days"),
        (5, 3600.0, -60 * 86_400.0, "The clock went back by 60 days"),
    ],
)
def test_what_would_be_deleted(tasks: int, steady: float, gap: float | None, said: str | None) -> None:
    """Until the clock is relied on."""
    known = Steadiness(
        seen_at=NOW,
        steady_seconds=steady,
        gap_seconds=gap,
        gap_at=NOW - timedelta(hours=1) if gap else None,
    )
    found = conditions.retention_held(tasks, known, now=NOW)
    assert (found is None) is (said is None)
    if found is not None and said is not None:
        assert (
            found.headline == "5 finished tasks are older than the team keeps them, and are not deleted yet."
        )
        assert said in found.advice
        assert "2026-05-01 12:00 UTC by this clock" in found.advice
    assert conditions.retention_held(5, None, now=NOW) is None
