"""One task as pages and routes get it: its result, and everything else that is shown about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from dashboard.models import Attempt, ParkReason, Part, Role, State
from dashboard.models.limits import MOST_PARTS_SHOWN, NOT_JUDGED, ONLY_FIRST_PARTS
from dashboard.services.results.result_reading import StoredResult, read_result
from dashboard.services.results.sharing import ShareView, share_view
from dashboard.services.results.sources import SourceFacts
from dashboard.services.tasks.absence import explained
from dashboard.services.tasks.expectation import expectation
from dashboard.services.tasks.locating import located
from dashboard.services.team_scope import TeamScope
from dashboard.store import attempts, histories, outages, shares
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows


@dataclass(frozen=True, kw_only=True)
class TaskDetail(StoredResult):
    """A stored result with everything else that the task page shows.

    Attributes:
        part_count: how many parts there are in all.
        parked: why it cannot be asked about now; the token's pause counts as well as its own.
        calls: how many calls were made for it in all.
        same_as: our IDs of the same task stored in another spelling, from when that was taken for another one.
        expected: when its result is to be expected, in a sentence; empty where nothing can be said.
        absence: why the service may not know it, in sentences.
        source: the image it was made of, where that is held.
        shares: the links that show it and work, newest first; for those who may end them.
    """

    state: State
    parked: ParkReason | None
    parked_detail: str | None
    credential_label: str | None
    part_count: int
    attempts: Sequence[Attempt]
    calls: int
    same_as: Sequence[int]
    expected: str
    absence: Sequence[str]
    source: SourceFacts | None
    shares: Sequence[ShareView]

    @property
    def shown(self) -> Sequence[Part]:
        """The first :data:`~dashboard.models.limits.MOST_PARTS_SHOWN` parts."""
        return self.parts[:MOST_PARTS_SHOWN]

    @property
    def limits(self) -> list[str]:
        """What is not shown or counted because there is too much of it, in sentences."""
        parts = [] if len(self.shown) == self.part_count else [ONLY_FIRST_PARTS]
        return parts if self.judged else [*parts, NOT_JUDGED]


def read_detail(team: TeamScope, session: Session, reference: int | str, *, with_text: bool) -> TaskDetail:
    """A task with everything about it, in as few statements as there are tables; raises NotFound."""
    task, credential, image = located(team, session, reference)
    now, may_share = team.clock(), with_text and team.may(session, Role.EDITOR)
    mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task.id or 0}
    result = read_result(
        session=session,
        task=task,
        with_text=with_text,
        most=None if with_text else MOST_PARTS_SHOWN,
        versions=None,
    )
    all_parts = with_text or len(result.parts) < MOST_PARTS_SHOWN
    calls = attempts.list_of(**mine)
    state = State(task.state)
    parked = ParkReason(task.parked) if task.parked and state.is_open else None
    parked_detail = task.parked_detail
    outage = outages.away(session).get(task.api_url) if state.is_open else None
    if outage:
        parked, parked_detail = ParkReason.UNREACHABLE, outage.detail
    pause = credential.paused_for(now) if credential and state.is_open else None
    if credential and pause:
        parked, parked_detail = pause, credential.pause_detail or ""
    spellings = task_rows.same_task(
        session=session, team_id=task.team_id, api_url=task.api_url, task_id=task.task_id
    )
    return TaskDetail(
        **vars(result),
        state=state,
        parked=parked,
        parked_detail=parked_detail,
        credential_label=credential.label if credential else None,
        part_count=len(result.parts) if all_parts else part_rows.count(**mine),
        attempts=calls,
        calls=len(calls) if len(calls) < attempts.LIMIT else attempts.count(**mine),
        same_as=[ref for ref in spellings if ref != task.id],
        expected=expectation(task, histories.estimate(session, task), now)
        if state.is_open and not parked
        else "",
        absence=explained(task, calls, now),
        source=SourceFacts.of(image) if image else None,
        shares=[share_view(*found, now=now) for found in shares.of_task(**mine, now=now)]
        if may_share
        else (),
    )
