"""How far a batch is, in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.models import SubmissionState
from dashboard.services.sending.batch_views import BatchView
from dashboard.store.batches import Progress
from dashboard.ui import batch_words
from dashboard.ui.batch_words import SUBMISSIONS, about, goes_on, said, share_done, tone_of


def progress(**given: int) -> Progress:
    """So many of each; the others are none."""
    names = ("waiting", "perhaps", "refused", "cancelled", "reading", "kept", "ended")
    counts: dict[str, Any] = {name: given.get(name, 0) for name in names}
    return Progress(total=sum(counts.values()), **counts)


def view(seconds: float | None = None, *, is_paused: bool = False, **given: int) -> BatchView:
    """A batch that is so far."""
    return BatchView(
        id=1,
        name="scans",
        created_at=datetime(2026, 5, 1, tzinfo=UTC),
        created_by="Ada",
        is_paused=is_paused,
        progress=progress(**given),
        about_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (view(40, kept=37, refused=1, ended=1, reading=11), "37 of 50 kept, 2 failed, about 40 s left"),
        (view(waiting=3), "0 of 3 kept"),
        (view(kept=3), "3 of 3 kept"),
        (view(9, kept=1, perhaps=2, waiting=1), "1 of 4 kept, 2 perhaps sent, about 9 s left"),
        (view(kept=1, cancelled=2), "1 of 3 kept, 2 cancelled"),
        (view(kept=1, waiting=2, is_paused=True), "1 of 3 kept, paused: 2 files not sent"),
        (view(kept=3, is_paused=True), "3 of 3 kept"),
    ],
)
def test_how_far_it_is(batch: BatchView, words: str) -> None:
    """What is kept comes first; nothing is said of what there is none of."""
    assert said(batch) == words


@pytest.mark.parametrize(
    ("batch", "moves"),
    [
        (view(waiting=1), True),
        (view(reading=1), True),
        (view(waiting=1, is_paused=True), False),
        (view(waiting=1, reading=1, is_paused=True), True),
        (view(kept=3), False),
        (view(kept=1, perhaps=1, refused=1), False),
    ],
)
def test_whether_it_goes_on(batch: BatchView, *, moves: bool) -> None:
    """That is said only of what does."""
    assert bool(goes_on(batch)) == moves


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (9.4, "9 s"), (14, "10 s"), (38, "40 s"), (100, "2 min"), (3600, "60 min"), (7200, "2 h")],
)
def test_about(seconds: float, words: str) -> None:
    """The longer it takes the less exact it is."""
    assert about(seconds) == words


def test_the_bar() -> None:
    """Full when nothing changes by itself any more; tells by its colour when somebody should look."""
    assert share_done(progress()) == 1
    assert share_done(progress(kept=1, waiting=3)) == 0.25
    assert share_done(progress(kept=1, perhaps=1, cancelled=1)) == 1
    assert tone_of(progress(kept=1)) == "good"
    assert tone_of(progress(kept=1, perhaps=1)) == "warn"
    assert tone_of(progress(kept=1, ended=1)) == "warn"


def test_each_state_has_words() -> None:
    """All of them."""
    assert set(SUBMISSIONS) == set(SubmissionState)
    assert batch_words.SUBMISSIONS[SubmissionState.PERHAPS_SENT].tone == "warn"
