"""What becomes of dropped files with the settings that were chosen: who goes where, who stays, what it costs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.counts import count_of
from dashboard.dropping.staging import Dropped
from dashboard.models import Operation
from dashboard.services.credentials.credential_views import CredentialView

CALLS_EACH = 2
"""Of each file at least: one to send it, one for its result."""

FOR_IMAGES = tuple(
    one
    for one in Operation
    if one not in (Operation.RECOGNIZE_PDF, Operation.DJVU_TO_PDF, Operation.TEXT_TO_SPEECH)
)
"""Operations that somebody chooses among; documents have one of their own."""

WITHOUT_SETTINGS = frozenset(
    {Operation.BINARIZE_IMAGE, Operation.DESKEW_IMAGE, Operation.DEWARP_IMAGE, Operation.UPSCALE_IMAGE}
)
"""Operations that only take the picture."""

_DOCUMENTS_NEED_A_TOKEN = (
    "Evaluation mode takes images only; documents need a token. Turn it off for this one."  # noqa: S105 - a sentence
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one click sends.

    Attributes:
        sent: each file with the operation that takes it.
        left: each file that stays, with the reason.
    """

    sent: tuple[tuple[Dropped, Operation], ...]
    left: tuple[tuple[Dropped, str], ...]

    @property
    def calls(self) -> int:
        """How many calls it makes at least."""
        return CALLS_EACH * len(self.sent)


def plan_of(files: Sequence[Dropped], *, operation: Operation, trial: bool) -> Plan:
    """Sort the files by what the chosen operation and mode can do with them."""
    sent: list[tuple[Dropped, Operation]] = []
    left: list[tuple[Dropped, str]] = []
    for one in files:
        its = one.operation or operation
        if trial and not its.has_trial:
            left.append((one, _DOCUMENTS_NEED_A_TOKEN))
        else:
            sent.append((one, its))
    return Plan(sent=tuple(sent), left=tuple(left))


@dataclass(frozen=True, slots=True)
class Cost:
    """What is said before sending, and whether it is more than the budget leaves."""

    sentence: str
    is_over: bool


def cost_of(calls: int, view: CredentialView | None) -> Cost | None:
    """What so many calls mean for the budget of a token; None where there is no budget, or nothing is sent."""
    if view is None or not calls:
        return None
    limits = [
        (view.meter.today, view.daily_budget, "today"),
        (view.meter.month, view.monthly_budget, "this month"),
    ]
    known = [(used, limit, when) for used, limit, when in limits if limit]
    if not known:
        return None
    used, limit, when = min(known, key=lambda one: one[1] - one[0])
    rest = max(0, limit - used)
    sentence = f"At least {count_of(calls, 'call')}; the budget of “{view.label}” leaves {rest:,} of {limit:,} {when}."
    if calls <= rest:
        return Cost(sentence, is_over=False)
    waits = "What is over waits until the budget begins anew or is raised; results are kept as they come."
    return Cost(f"{sentence} {waits}", is_over=True)
