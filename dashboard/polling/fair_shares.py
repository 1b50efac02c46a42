"""How requests are shared out when there are more due tasks than free slots. Pure.

Between lanes: whoever has least under way comes next, so that a lane alone has every slot and several have equally
many; each is guaranteed :data:`GUARANTEED`, also where others occupy all slots and do not give them back. Within a
lane: the earliest deadline first among tasks at risk, and turns for those that are fresh, which thousands of slow ones
that are overdue would otherwise keep from the second in which they finish.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from dashboard.models import Lane

GUARANTEED = 4
"""Calls that a lane with due tasks may have under way, whatever the others do."""

FRESH = timedelta(minutes=2)
"""How young a task is that is asked about every few seconds."""


def share_out(
    limit: int, *, due: Mapping[Lane, int], busy: Mapping[Lane, int], turn: int = 0
) -> dict[Lane, int]:
    """How many tasks of each lane are claimed.

    Args:
        limit: free slots. Where there are several lanes, those that have less than they are guaranteed get that
            beyond it.
        due: tasks that are due, by lane.
        busy: calls under way, by lane.
        turn: any number, another one each time: who comes first among equals.

    Returns:
        At least 1 for each lane that is named.
    """
    lanes = list(due)
    given = dict.fromkeys(lanes, 0)
    queue = [
        (busy.get(lane, 0), (place + turn) % len(lanes), lane)
        for place, lane in enumerate(lanes)
        if due[lane] > 0
    ]
    heapq.heapify(queue)
    while limit > 0 and queue:
        under_way, place, lane = heapq.heappop(queue)
        given[lane] += 1
        limit -= 1
        if given[lane] < due[lane]:
            heapq.heappush(queue, (under_way + 1, place, lane))
    present = {lane for lane, calls in (*due.items(), *busy.items()) if calls > 0}
    for lane in lanes if len(present) > 1 else ():
        guaranteed = min(due[lane], GUARANTEED - busy.get(lane, 0))
        given[lane] = max(given[lane], guaranteed)
    return {lane: number for lane, number in given.items() if number > 0}


def in_turn(
    share: int,
    *,
    at_risk: Sequence[int],
    fresh: Sequence[int],
    longest_due: Sequence[int],
    turn: int = 0,
) -> list[int]:
    """Which tasks of one lane are claimed, where more are due than may be.

    Args:
        share: how many.
        at_risk: tasks, the earliest deadline first.
        fresh: tasks, the youngest first.
        longest_due: tasks, the longest due first.
        turn: any number, another one each time: the order goes on where a share is smaller than a round.

    Returns:
        Three in four are at risk and one is fresh, while there are any; every other one is fresh where none is at
        risk. No task twice.
    """
    taken: dict[int, None] = {}
    left = [iter(at_risk), iter(fresh), iter(longest_due)]
    for number in range(turn, turn + share):
        if number % 4 == 1:
            order = (1, 0, 2)
        elif number % 2 == 1:
            order = (0, 1, 2)
        else:
            order = (0, 2, 1)
        for which in order:
            if (task := _next(left[which], taken)) is not None:
                taken[task] = None
                break
    return list(taken)


def _next(tasks: Iterable[int], taken: Mapping[int, None]) -> int | None:
    return next((task for task in tasks if task not in taken), None)
