"""Finding the task that an address, a route or somebody who types means."""

from sqlmodel import Session

from dashboard.errors import NotFound
from dashboard.services.team_scope import NO_SUCH_TASK, TeamScope
from dashboard.store import tasks as rows
from dashboard.store.tasks import WholeTask


def located(team: TeamScope, session: Session, reference: int | str) -> WholeTask:
    """A task by our ID, with its token and its image.

    What somebody wrote may also be the service's ID, where that is unambiguous.

    Raises:
        NotFound: with a sentence for people.
    """
    text = str(reference).strip()
    if text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004 - what a 64-bit column holds
        found = rows.whole(session=session, team_id=team.team_id, task_ref=int(text))
        if found is not None:
            return found
    if isinstance(reference, int):
        raise NotFound(NO_SUCH_TASK)
    named = rows.by_task_id(session=session, team_id=team.team_id, task_id=text)
    exact = [task for task in named if task.task_id == text] or named
    if len({task.api_url for task in exact}) > 1:
        raise NotFound("Several services have a task with this ID. Open it from the board.")
    found = rows.whole(session=session, team_id=team.team_id, task_ref=exact[0].id or 0) if exact else None
    if found is None:
        raise NotFound(NO_SUCH_TASK)
    return found
