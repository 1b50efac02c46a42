"""The runs of a source: the tasks that were made of one image, with other settings each."""

from dashboard.errors import NotFound
from dashboard.models import Action, Role, Task
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.sending.batches import Batches
from dashboard.services.team_scope import TeamScope
from dashboard.store import sources as source_rows


class Runs:
    """The runs of one team's sources."""

    def __init__(self, team: TeamScope, *, batches: Batches) -> None:
        self._team = team
        self._batches = batches

    def send(self, task_ref: int, *, settings: SubmissionSettings) -> int:
        """Send the source of a task once more with other settings; the ID of the new batch.

        Raises:
            NotFound: when there is no such task, or its source is not held.
            InputRefused: as :meth:`Batches.submit`.
            NotPermitted: for viewers.
        """
        with self._team.reading(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            source = source_rows.of_task(session=session, team_id=self._team.team_id, task_ref=task_ref)
        if source is None or source.id is None:
            raise NotFound("The image of this task is not held here. Add it to send it again.")
        label = task.label or source.name
        return self._batches.submit(
            [source.id], settings=settings, name=f"{label}, again", labels={source.id: label}
        )

    def of(self, task_ref: int) -> list[tuple[Task, bool]]:
        """All tasks made of the source of this one, oldest first, and whether each was chosen as the result."""
        with self._team.reading() as session:
            return list(source_rows.runs(session=session, team_id=self._team.team_id, task_ref=task_ref))

    def choose(self, task_ref: int) -> None:
        """Mark a run as the result of its source; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            if not source_rows.choose(session=session, task_ref=task_ref):
                raise NotFound("The image of this task is not held here.")
            self._team.note(session, Action.TASK_CHANGED, task.task_id, {"chosen": True})
            self._team.touch(session)
