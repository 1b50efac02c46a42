"""What it means that no task ID came back: tried again only where nothing was taken."""

import random
from datetime import UTC, datetime

import pytest

from dashboard.errors import (
    CloudError,
    InputRefused,
    LoginLocked,
    LoginRefused,
    NoAnswer,
    NotAllowed,
    RateLimited,
    RequestRefused,
    ServiceFault,
    TokenHeld,
    TokenRejected,
    UnreadableAnswer,
)
from dashboard.models import CallCredential, CredentialKind, Operation, ParkReason, SubmissionState
from dashboard.models.dispatches import Dispatch
from dashboard.models.recognition import RecognitionSettings
from dashboard.polling.sending import verdict_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SERVICE = "https://ocr.example"
RNG = random.Random(1)  # noqa: S311 - jitter
WAITING, REFUSED, PERHAPS = SubmissionState.WAITING, SubmissionState.REFUSED, SubmissionState.PERHAPS_SENT


def dispatch(*, trial: bool = False, tries: int = 0) -> Dispatch:
    """A submission that is being sent."""
    token = CallCredential(
        credential_id=3, team_id=1, kind=CredentialKind.ACCESS_TOKEN, api_url=SERVICE, secret="x"
    )
    return Dispatch(
        id=1,
        team_id=1,
        fence="f",
        source_id=1,
        api_url=SERVICE,
        operation=Operation.RECOGNIZE_IMAGE,
        trial=trial,
        credential=None if trial else token,
        settings=RecognitionSettings(),
        label="scan.png",
        claimed_at=NOW,
        tries=tries,
    )


@pytest.mark.parametrize(
    ("error", "state", "is_tried_again", "reason"),
    [
        (NoAnswer("no connection", has_arrived=False), WAITING, True, None),
        (NoAnswer("timed out"), PERHAPS, False, None),
        (ServiceFault("busy", http_status=503), WAITING, True, None),
        (ServiceFault("gateway", http_status=502), PERHAPS, False, None),
        (ServiceFault("gateway", http_status=504), PERHAPS, False, None),
        (ServiceFault("oops", http_status=500), PERHAPS, False, None),
        (UnreadableAnswer("a page", http_status=200), PERHAPS, False, None),
        (RateLimited("slow", retry_after=30.0), WAITING, True, ParkReason.RATE_LIMITED),
        (LoginLocked("locked"), WAITING, True, ParkReason.RATE_LIMITED),
        (TokenRejected("no"), WAITING, True, ParkReason.TOKEN_REJECTED),
        (LoginRefused("no"), WAITING, True, ParkReason.TOKEN_REJECTED),
        (NotAllowed("plan"), WAITING, True, ParkReason.PLAN_REFUSED),
        (TokenHeld("paused"), WAITING, True, None),
        (TokenHeld("unreadable", is_paused=False), WAITING, True, None),
        (RequestRefused("too large", http_status=413), REFUSED, False, None),
        (InputRefused("the image is empty"), REFUSED, False, None),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Exception) else None,
)
def test_verdicts(
    error: CloudError | InputRefused,
    state: SubmissionState,
    *,
    is_tried_again: bool,
    reason: ParkReason | None,
) -> None:
    """Each kind of trouble."""
    verdict = verdict_of(dispatch(), error, now=NOW, rng=RNG)
    assert verdict.state is state
    assert (verdict.again_in_seconds is not None) == is_tried_again
    assert (verdict.pause and verdict.pause.reason) == reason
    assert str(error) in verdict.detail


def test_the_service_says_when() -> None:
    """Its Retry-After counts, for the submission and for the token."""
    verdict = verdict_of(dispatch(), RateLimited("slow", retry_after=30.0), now=NOW, rng=RNG)
    assert verdict.again_in_seconds is not None
    assert verdict.again_in_seconds >= 30
    assert verdict.pause is not None
    assert verdict.pause.until is not None
    assert (verdict.pause.until - NOW).total_seconds() == verdict.again_in_seconds


def test_evaluation_mode_has_no_token_to_pause() -> None:
    """A rejection there is no business of any token; nothing was taken."""
    verdict = verdict_of(dispatch(trial=True), TokenRejected("no"), now=NOW, rng=RNG)
    assert (verdict.state, verdict.pause) == (WAITING, None)
    assert verdict.again_in_seconds


def test_longer_each_time() -> None:
    """Trouble that lasts is asked about less and less often."""
    error = NoAnswer("no connection", has_arrived=False)
    delays = [
        verdict_of(dispatch(tries=tries), error, now=NOW, rng=RNG).again_in_seconds or 0
        for tries in (0, 3, 6)
    ]
    assert delays == sorted(delays)
    assert delays[0] < delays[-1]
