"""How a batch and its files are said to people. Pure."""

from dashboard.counts import count_of
from dashboard.models import ParkReason, State, Submission, SubmissionState, Task
from dashboard.services.sending.batch_views import BatchView
from dashboard.store.batches import Progress
from dashboard.ui.wording import Wording, of_task

SUBMISSIONS = {
    SubmissionState.WAITING: Wording("Waiting to be sent", "○", "busy", "It is sent when its turn comes."),
    SubmissionState.SENDING: Wording("Being sent", "◐", "busy", "It is on its way to the service."),
    SubmissionState.SENT: Wording("Sent", "✓", "quiet", "Its task was deleted here."),
    SubmissionState.PERHAPS_SENT: Wording(
        "Perhaps sent",
        "?",
        "warn",
        "It may have arrived, but no answer came. Sending it again may make a second task, which may be billed.",
    ),
    SubmissionState.REFUSED: Wording("Not taken", "✕", "bad", "The service did not take it."),
    SubmissionState.CANCELLED: Wording("Cancelled", "–", "quiet", "It was not sent."),  # noqa: RUF001 - a dash as icon
}
_MINUTE, _HOUR = 60, 3600
_LONG = 90


def said(view: BatchView) -> str:
    """How far it is: “37 of 50 kept, 2 failed, about 40 s left”."""
    progress = view.progress
    pieces = [f"{progress.kept:,} of {progress.total:,} kept"]
    if progress.failed:
        pieces.append(f"{progress.failed:,} failed")
    if progress.perhaps:
        pieces.append(f"{progress.perhaps:,} perhaps sent")
    if progress.cancelled:
        pieces.append(f"{progress.cancelled:,} cancelled")
    if view.is_paused and progress.waiting:
        pieces.append(f"paused: {count_of(progress.waiting, 'file')} not sent")
    elif progress.open and view.about_seconds is not None:
        pieces.append(f"about {about(view.about_seconds)} left")
    return ", ".join(pieces)


def goes_on(view: BatchView) -> str:
    """That nobody has to wait for it; nothing once there is nothing to wait for."""
    moves = view.progress.reading or (view.progress.waiting and not view.is_paused)
    return " It goes on with this page closed." if moves else ""


def about(seconds: float) -> str:
    """A time that nobody knows exactly."""
    if seconds < _LONG:
        return f"{max(1, round(seconds)):,} s" if seconds < 10 else f"{round(seconds, -1):.0f} s"  # noqa: PLR2004 - tens from ten on
    if seconds < _LONG * _MINUTE:
        return f"{round(seconds / _MINUTE):,} min"
    return f"{round(seconds / _HOUR):,} h"


def share_done(progress: Progress) -> float:
    """How much of it will not change by itself any more, from 0 to 1."""
    return 1 - progress.open / progress.total if progress.total else 1.0


def tone_of(progress: Progress) -> str:
    """Of the bar: whether somebody should look."""
    if progress.perhaps or progress.failed:
        return "warn"
    return "good"


def wording_of(submission: Submission, task: Task | None) -> Wording:
    """How one of its files stands; once it is a task, as that."""
    if task is not None:
        parked = ParkReason(task.parked) if task.parked else None
        return of_task(State(task.state), parked)
    return SUBMISSIONS[SubmissionState(submission.state)]


def sentence_of(submission: Submission, task: Task | None) -> str:
    """What more is known of it: the reason stored with it, else the sentence of its word."""
    if task is None and submission.detail:
        return submission.detail
    return wording_of(submission, task).sentence
