"""The door by which results leave: each way out names its file and writes into the log who took what."""

from collections.abc import Iterator, Sequence

from dashboard.counts import count_of
from dashboard.errors import InputRefused, NotFound, StillOpen
from dashboard.models import Action, State
from dashboard.models.limits import LONGEST_WRITTEN
from dashboard.results.exports import MaskStyle, TextStyle
from dashboard.results.files import Download
from dashboard.services.results.export_formats import Bundle, OneFormat
from dashboard.services.results.result_bundles import Chosen
from dashboard.services.results.result_reading import StoredResult, part_name, read_part, read_result
from dashboard.services.tasks.locating import located
from dashboard.services.tasks.task_bundle import read_bundle
from dashboard.services.team_scope import TeamScope
from dashboard.store import audit
from dashboard.store import board as board_rows
from dashboard.store.board_filter import BoardFilter

MOST = 100_000
"""Results in one file."""


class ResultExport:
    """Hands out the results of one team; every role may. Looking at one on a page is no taking away.

    Each method raises NotFound when there is no such task.
    """

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def one(
        self,
        reference: int | str,
        kind: OneFormat = OneFormat.TXT,
        style: TextStyle | None = None,
        *,
        corrected: bool = False,
    ) -> Download[bytes]:
        """The text of one result in a format, on demand as it was corrected; without a style as is usual.

        Raises:
            NotFound: also when its result has no text.
            InputRefused: when the text is too long for the format.
            StillOpen: while there is no result.
        """
        with self._team.reading() as session:
            task, *_ = located(self._team, session, reference)
            result = read_result(session=session, task=task)
        if corrected:
            result = result.corrected()
        _refuse_unwritable(result, kind)
        data = kind.write(result, style or TextStyle(masks=kind.masks))
        self._note(task.task_id)
        return Download(name=result.file_name(f".{kind}"), media_type=kind.media_type, data=data)

    def part(self, reference: int | str, position: int, *, taken: bool = True) -> Download[bytes]:
        """One part exactly as the service sent it, by its 0-based place; not ``taken`` where a page only shows it."""
        with self._team.reading() as session:
            task, *_ = located(self._team, session, reference)
            part = read_part(session=session, task=task, position=position)
        if taken:
            self._note(task.task_id)
        return Download(name=part_name(task, part), media_type=part.media_type, data=part.data)

    def support(self, reference: int | str) -> Download[bytes]:
        """Every call that was made for a task, without texts, names and secrets."""
        with self._team.reading() as session:
            task, *_ = located(self._team, session, reference)
            made = read_bundle(session=session, task=task, now=self._team.clock())
        self._note(task.task_id, {"what": "support bundle"})
        return made

    def many(
        self,
        task_refs: Sequence[int],
        masks: MaskStyle = MaskStyle.ASTERISKS,
        *,
        kind: Bundle = Bundle.ZIP,
        corrected: bool = False,
    ) -> Download[Iterator[bytes]]:
        """Results as one file, in pieces, while it is made; unknown tasks and such without a result are left out.

        A ZIP holds everything, the other kinds the texts and what is known about them; ``corrected`` says whether
        a correction takes the place of the text as recognised.

        Raises:
            InputRefused: for more than MOST tasks, before the first piece.
        """
        if len(task_refs) > MOST:
            raise InputRefused(f"These are more than {MOST:,} results. Select fewer.")
        self._note(count_of(len(task_refs), "result"))
        chosen = Chosen(
            team=self._team, task_refs=list(dict.fromkeys(task_refs)), masks=masks, corrected=corrected
        )
        return Download(name=f"results.{kind}", media_type=kind.media_type, data=kind.write(chosen))

    def matching(self, wanted: BoardFilter) -> list[int]:
        """Our IDs of the tasks with a result that a filter leaves, newest first; raises InputRefused beyond MOST."""
        with self._team.reading() as session:
            found = board_rows.ids(
                session=session,
                team_id=self._team.team_id,
                wanted=wanted,
                now=self._team.clock(),
                limit=MOST + 1,
                with_result=True,
            )
        if len(found) > MOST:
            raise InputRefused(f"These are more than {MOST:,} results. Narrow the filter.")
        return found

    def _note(self, subject: str, detail: audit.Detail | None = None) -> None:
        with self._team.writing() as session:
            self._team.note(session, Action.RESULT_DOWNLOADED, subject, detail)


def _refuse_unwritable(result: StoredResult, kind: OneFormat) -> None:
    state = State(result.task.state)
    if state.is_open:
        raise StillOpen(f"The task is still {state.value}.")
    if result.text is None:
        raise NotFound(f"The task is {state.value.replace('_', ' ')} and has no text.")
    if kind is not OneFormat.TXT and len(result.text) > LONGEST_WRITTEN:  # which plain text does not add to
        raise InputRefused(f"This text is longer than {LONGEST_WRITTEN:,} characters. Take it as plain text.")
