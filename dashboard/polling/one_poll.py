"""One poll from its claim to what it changes: asked and understood, all on a request thread."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from dashboard.logs import get_logger
from dashboard.models import Change, Claim, PollCost
from dashboard.polling.asking import Asker
from dashboard.polling.learning import Learning
from dashboard.polling.preparing import Preparation
from dashboard.polling.token_keeper import carried_on
from dashboard.polling.transition import decide

log = get_logger(__name__)

SET_ASIDE_SECONDS = 60.0
"""When a task is asked about again that a bug of ours kept us from handling."""


class OnePoll:
    """Polls tasks; safe to share between threads.

    Args:
        asker: makes the calls.
        preparation: makes texts ready for the index, here the long ones.
        learning: how long tasks take, and what a call is worth.
        rng: for jitter.
        service_time: the time by a service's own clock, by its address.
        trusts_clock: whether the database's clock is relied on.
    """

    def __init__(
        self,
        *,
        asker: Asker,
        preparation: Preparation,
        learning: Learning,
        rng: random.Random,
        service_time: Callable[[str], datetime | None],
        trusts_clock: Callable[[], bool],
    ) -> None:
        self._asker = asker
        self._preparation = preparation
        self._learning = learning
        self._rng = rng
        self._service_time = service_time
        self._trusts_clock = trusts_clock

    def change_of(self, claim: Claim, since: float) -> Change:
        """Ask about a task; what is to be written then. Never raises, whatever comes.

        Args:
            claim: the task.
            since: when it was claimed, in monotonic seconds.
        """
        try:
            now = carried_on(claim.claimed_at, since)
            report = self._asker.ask(claim, now=now)
            report = replace(report, service_time=self._service_time(claim.address.api_url))
            trusts = self._trusts_clock()
            cost = self._learning.cost_of(claim.credential.poll_cost if claim.credential else PollCost.NORMAL)
            return self._preparation.if_long(
                decide(
                    claim,
                    report,
                    now=now(),
                    cost=cost,
                    rng=self._rng,
                    learned=self._learning.for_claim(claim, cost),
                    trusts_clock=trusts,
                )
            )
        except BaseException:
            # Our own bug while handling this one task: say so, and look at it again later.
            log.exception("task.handling_failed", task_id=claim.address.task_id)
            return set_aside(claim)


def set_aside(claim: Claim) -> Change:
    """Ask again in a while."""
    return Change(claim=claim, values={}, next_delay_seconds=SET_ASIDE_SECONDS, attempt=None)


def unasked(claim: Claim) -> Change:
    """As if it had not been claimed: it is due now, and no call is counted."""
    return Change(claim=claim, values={"polls": claim.polls - 1}, next_delay_seconds=0.0, attempt=None)
