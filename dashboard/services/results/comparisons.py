"""A trial result beside a regular result of the same image. Two trial results are never combined."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.errors import InputRefused, NotFound
from dashboard.results.comparison_values import Reading
from dashboard.services.results.result_reading import read_result
from dashboard.services.team_scope import TeamScope
from dashboard.store import parts

MOST_CANDIDATES = 8
"""Regular results to choose from; any other one can be named by its ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A regular result that may be of the same image."""

    task_ref: int
    label: str
    task_id: str


class Comparisons:
    """Finds what to compare; every role may. Comparing itself is pure: :mod:`dashboard.results.comparison`."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def candidates(self, label: str) -> Sequence[Candidate]:
        """Regular results of the team, those with this label first."""
        with self._team.reading() as session:
            found = parts.regular_with_text(
                session=session, team_id=self._team.team_id, label=label, limit=MOST_CANDIDATES
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
        with self._team.reading() as session:
            task = self._team.task(session, task_ref)
            result = read_result(session=session, task=task)
        if not result.text:
            raise NotFound("This result has no text.")
        return Reading(text=result.text, trial=task.trial, flipped=result.flipped)
