"""How many tasks are claimed before a thread is free for them, so that none waits for the next claim. Pure."""

import math

AHEAD_SECONDS = 0.25
"""Tasks are claimed for so long ahead: calls that began together end together. Where calls hang, none are."""

MEMORY_SECONDS = 0.5
"""Over about this time the pace is an average."""


class ClaimAhead:
    """How fast calls end, as seen now and then.

    Args:
        most: never more than so many tasks ahead.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._ended, self._at = 0, -math.inf
        self._rate = 0.0

    def ahead(self, *, ended: int, at: float) -> int:
        """How many to claim ahead of need.

        Args:
            ended: calls that have ended so far, of all there ever were.
            at: now, in seconds that only grow.
        """
        passed = at - self._at
        if passed > 0:
            rate = (ended - self._ended) / passed
            self._rate += (rate - self._rate) * (1 - math.exp(-passed / MEMORY_SECONDS))
            self._ended, self._at = ended, at
        return min(self._most, round(self._rate * AHEAD_SECONDS))
