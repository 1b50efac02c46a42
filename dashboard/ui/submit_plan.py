"""What becomes of dropped files with the settings that were chosen: who goes where, who stays, what it costs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.counts import count_of
from dashboard.dropping.staging import Dropped
from dashboard.models import Operation
from dashboard.services.sending.batch_views import Cost

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


def cost_said(cost: Cost, token: str) -> str:
    """What sending costs a token with a budget; empty without one."""
    if cost.left is None:
        return ""
    over = " What is over waits until the budget begins anew or is raised." if cost.is_over else ""
    return f"At least {count_of(cost.calls, 'call')}: the budget of “{token}” leaves {cost.left:,}.{over}"
