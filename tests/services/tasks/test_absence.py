"""Why the service does not know a task: as a table."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Attempt, Origin, State, Task
from dashboard.services.tasks.absence import explained
from tests.conftest import NOW

HOUR = 3600.0
KNEW, NOT = State.PROCESSING.value, State.NOT_FOUND.value


def attempt(at: float, result: str, said: str | None = None) -> Attempt:
    """A call so many seconds after the submission."""
    return Attempt(
        task_ref=1,
        kind="poll",
        started_at=NOW + timedelta(seconds=at),
        duration_ms=50,
        http_status=200,
        task_status=said or {NOT: "NotExist", KNEW: "Processing"}.get(result),
        response_status_code=None,
        result=result,
        detail="",
    )


@pytest.mark.parametrize(
    ("given", "calls", "now", "said"),
    [
        pytest.param({"state": "processing"}, [(1, KNEW)], 2, "", id="known"),
        pytest.param({"state": "not_found"}, [], 2, "", id="never asked"),
        pytest.param({"state": "not_found"}, [(1, "no_answer")], 2, "", id="never answered"),
        pytest.param({"state": "completed"}, [(1, NOT), (4, "completed")], 9, "", id="came all the same"),
        pytest.param(
            {"state": "pending", "doubts": 1},
            [(1, NOT)],
            4,
            "The service does not know it yet: it is 4 s old, and an ID may be known a moment after it was given. "
            "It is asked again.",
            id="never seen and young",
        ),
        pytest.param(
            {"state": "expired", "seen_at": NOW + timedelta(seconds=1)},
            [(1, KNEW), (3 * HOUR, KNEW), (3 * HOUR + 600, "expired", "NotExist")],
            4 * HOUR,
            "The service knew it at 2026-05-01 15:00:00 UTC and no longer at 2026-05-01 15:10:00 UTC: within 10 min it "
            "was deleted there, 3 h after its submission and sooner than its 24 hours.",
            id="seen, then gone",
        ),
        pytest.param(
            {"state": "expired", "seen_at": NOW},
            [(86_000, KNEW), (86_460, "expired", "NotExist")],
            87_000,
            "The service knew it at 2026-05-02 11:53:20 UTC and no longer at 2026-05-02 12:01:00 UTC: within 8 min it "
            "was deleted there, after its 24 hours.",
            id="seen until its end",
        ),
        pytest.param(
            {"state": "expired", "seen_at": NOW, "submitted_at": None},
            [(10, KNEW), (60, "expired", "NotExist")],
            70,
            "The service knew it at 2026-05-01 12:00:10 UTC and no longer at 2026-05-01 12:01:00 UTC: within 50 s it "
            "was deleted there. When it was submitted is unknown; the service keeps results for 24 hours from then.",
            id="seen, nobody knows since when",
        ),
        pytest.param(
            {"state": "expired"},
            [(90_000, NOT), (90_004, "expired", "NotExist")],
            90_010,
            "The service did not know it in 2 calls, the first at 2026-05-02 13:00:00 UTC. It was submitted more than "
            "24 hours before that, so the result was deleted already.",
            id="older than the retention",
        ),
        pytest.param(
            {"state": "not_found", "submitted_at": None},
            [(1, NOT), (4, NOT), (8, NOT)],
            60,
            "The service did not know it in 3 calls, the first at 2026-05-01 12:00:01 UTC. It may belong to another "
            "account, so that another token is needed or to another operation than RecognizeImage; the ID may be "
            "misspelt; or it was submitted more than 24 hours before it was added here.",
            id="perhaps another account's",
        ),
        pytest.param(
            {"state": "not_found", "trial": True},
            [(1, NOT)],
            600,
            "The service did not know it in 1 call, the first at 2026-05-01 12:00:01 UTC. It may belong to another "
            "operation than RecognizeImageTrial; the ID may be misspelt.",
            id="evaluation mode has no accounts",
        ),
        pytest.param(
            {"state": "not_found", "origin": Origin.SUBMITTED.value},
            [(1, NOT), (40, NOT)],
            60,
            "The service did not know it in 2 calls, the first at 2026-05-01 12:00:01 UTC. It was sent from here and "
            "got this ID, so it was there once: the service has lost it 40 s after its submission, or it is asked with "
            "another account now.",
            id="sent from here",
        ),
    ],
)
def test_explained(
    make_task: Callable[..., Task],
    given: dict[str, Any],
    calls: list[tuple[float, str]],
    now: float,
    said: str,
) -> None:
    """What the calls tell, and no more."""
    task = make_task(**{"submitted_at": NOW, "registered_at": NOW, **given})
    told = explained(task, [attempt(*call) for call in calls], NOW + timedelta(seconds=now))
    assert " ".join(told) == said
