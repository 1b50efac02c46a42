"""What a test does with a dashboard that polls inside its own process, and what it looks at."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from dashboard.bootstrap import Dashboard
from dashboard.errors import StoreUnavailable
from dashboard.models import Credential, State, Task
from dashboard.services.tasks.intake import NewTask
from tests.chaos.gated import GatedState, submit
from tests.chaos.waiting import wait_until


def register(app: Dashboard, task_ids: Collection[str], *, trial: bool = True) -> list[int]:
    """Register these tasks; gives back our IDs in the same order."""
    done = app.team.intake.register([NewTask(task_id=task_id, trial=trial) for task_id in task_ids])
    return [done.registered[task_id] for task_id in task_ids]


def register_and_hold(app: Dashboard, state: GatedState, number: int) -> list[int]:
    """Register finished tasks; every one of them is being asked about when this returns."""
    state.gate.clear()
    refs = register(app, submit(state, number))
    wait_until(lambda: len(state.asked) == number, "all calls are under way")
    return refs


def wait_until_completed(app: Dashboard, refs: Collection[int], *, hurry: bool = False) -> None:
    """Wait until these are completed; ``hurry`` does not wait for their next poll, as an impatient person."""

    def completed() -> bool:
        details = [app.team.tasks.detail(ref) for ref in refs]
        still_open = [detail.task.id or 0 for detail in details if detail.state.is_open]
        if hurry and still_open:
            with suppress(StoreUnavailable):  # the database's patience is short here; people click again
                app.team.tasks.check_now(still_open)
        return all(detail.state is State.COMPLETED for detail in details)

    wait_until(completed, "the tasks are completed")


def wait_for_turns(app: Dashboard, number: int) -> None:
    """Have the poller look at its schedule again so many times."""
    beats = {app.poller.pulse.beat_at}

    def turned() -> bool:
        app.poller.wake()
        beats.add(app.poller.pulse.beat_at)
        return len(beats) > number

    wait_until(turned, "the poller takes its turns")


def paused_until(app: Dashboard) -> datetime | None:
    """Until when the only token is paused."""
    with app.database.reading() as session:
        return session.exec(select(Credential.paused_until)).one()


def polls_under_way(app: Dashboard) -> int:
    """How many tasks are claimed."""
    with app.database.reading() as session:
        return session.exec(select(func.count()).where(col(Task.claim).is_not(None))).one()


def total_polls(app: Dashboard) -> int:
    """How often tasks were claimed to be polled."""
    with app.database.reading() as session:
        return session.exec(select(func.sum(Task.polls))).one() or 0
