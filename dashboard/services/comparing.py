"""A trial result beside a regular result of the same image. Two trial results are never combined."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.errors import InputRefused, NotFound
from dashboard.models import Task
from dashboard.results.compared import Reading
from dashboard.results.files import combined_text
from dashboard.store import corrections, readings
from dashboard.store import parts as part_rows
from dashboard.store import tasks as task_rows
from dashboard.store.database import UnitsOfWork

MOST_CANDIDATES = 8
"""Regular results to choose from; any other one can be named by its ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A regular result that may be of the same image."""

    task_ref: int
    label: str
    task_id: str


class Comparing:
    """Finds what to compare; every role may. Comparing itself is pure: :mod:`dashboard.results.comparison`."""

    def __init__(self, *, database: UnitsOfWork, team_id: int) -> None:
        self._database = database
        self._team_id = team_id

    def candidates(self, task_ref: int) -> Sequence[Candidate]:
        """Regular results of the team, those with the label of this task first; raises NotFound."""
        with self._database.reading() as session:
            task = self._task(task_rows.get(session=session, team_id=self._team_id, task_ref=task_ref))
            found = readings.regular_with_text(
                session=session, team_id=self._team_id, label=task.label, limit=MOST_CANDIDATES
            )
        return [Candidate(task_ref=ref, label=label, task_id=task_id) for ref, label, task_id in found]

    def pair(self, trial_ref: int, regular_ref: int) -> tuple[Reading, Reading]:
        """Both texts.

        Raises:
            NotFound: when one of them is not in this team, or has no text.
            InputRefused: when they are not a trial and a regular result.
        """
        trial, regular = self._reading(trial_ref), self._reading(regular_ref)
        if not trial.trial or regular.trial:
            raise InputRefused(
                "Masked words are read from a regular result only; trial results are never combined."
            )
        return trial, regular

    def _reading(self, task_ref: int) -> Reading:
        with self._database.reading() as session:
            task = self._task(task_rows.get(session=session, team_id=self._team_id, task_ref=task_ref))
            parts = part_rows.list_of(session=session, team_id=self._team_id, task_ref=task_ref)
            flipped = corrections.flips_of(session=session, team_id=self._team_id, task_ref=task_ref)
        text = combined_text([(part.media_type, part.text) for part in parts])
        if not text:
            raise NotFound("This result has no text.")
        return Reading(text=text, trial=task.trial, flipped=flipped)

    def _task(self, found: Task | None) -> Task:
        if found is None:
            raise NotFound("There is no such task in this team.")
        return found
