"""Putting a result right: an edited text beside the service's own, and asterisks judged by a person."""

from collections.abc import Callable

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound, StillOpen
from dashboard.logs import get_logger
from dashboard.models import Action, Correction, Role, State, Task
from dashboard.results.files import part_at
from dashboard.results.masks import find_asterisks, flip, mask_report
from dashboard.services.results.result_reading import StoredResult, read_result
from dashboard.services.team_scope import TeamScope
from dashboard.store import corrections as rows
from dashboard.store import library_rows
from dashboard.store import parts as part_rows

log = get_logger(__name__)

LONGEST = 10_000_000
"""Characters of a corrected text."""


class Corrections:
    """The corrections of one team.

    Args:
        team: whose, and who corrects.
        renew: puts a task into the library's index again, after the transaction: what takes long locks nothing.
    """

    def __init__(self, team: TeamScope, *, renew: Callable[[int], None]) -> None:
        self._team = team
        self._renew = renew

    def correct(self, task_ref: int, text: str, *, based_on: int | None) -> None:
        """Keep an edited text beside the service's own.

        Args:
            task_ref: our ID.
            text: the whole text as it should be.
            based_on: ID of the version that was edited; None for the service's own text.

        Raises:
            InputRefused: when nothing was changed, the text is too long, or somebody else was faster.
            StillOpen: while there is no result.
            NotFound: when there is no such task, or it has no text.
            NotPermitted: for viewers.
        """
        edited = _clean(text)
        if len(edited) > LONGEST:
            raise InputRefused(f"A corrected text can have up to {LONGEST:,} characters.")
        with self._team.writing(Role.EDITOR) as session:
            result = self._readable(session, task_ref)
            latest = result.correction
            if (latest.id if latest else None) != based_on:
                whom = latest.author if latest else "Somebody"
                raise InputRefused(
                    f"{whom} has changed this text meanwhile. Your text is still in the editor: "
                    "copy what you need, then start again from the newer one."
                )
            if edited == (latest.text if latest else _clean(result.text or "")):
                raise InputRefused("Nothing was changed.")
            self._add(session, result.task, edited)
        self._renew(task_ref)

    def go_back(self, task_ref: int) -> None:
        """Let the service's own text count again; the corrections stay in the history.

        Raises:
            InputRefused: when there is no correction.
            NotFound, StillOpen, NotPermitted: as in :meth:`correct`.
        """
        with self._team.writing(Role.EDITOR) as session:
            result = self._readable(session, task_ref)
            if result.correction is None:
                raise InputRefused("There is no correction to take back.")
            self._add(session, result.task, None)
        self._renew(task_ref)

    def flip_mask(self, task_ref: int, offset: int) -> bool:
        """Turn our judgement of some asterisks around; twice is as before.

        Args:
            task_ref: our ID of a trial task; other tasks have no masks.
            offset: of any of the asterisks in the task's readable text.

        Returns:
            Whether they count as a masked word now.

        Raises:
            InputRefused: when the task is no trial task, or there is no asterisk.
            NotFound, StillOpen, NotPermitted: as in :meth:`correct`.
        """
        with self._team.writing(Role.EDITOR) as session:
            result = self._readable(session, task_ref)
            text, before = result.text or "", result.flipped
            if not result.task.trial:
                raise InputRefused(
                    "Only evaluation mode masks words; these asterisks are the document's own."
                )
            try:
                after = flip(text, before, offset)
            except ValueError as error:
                raise InputRefused(str(error)) from None
            now = self._team.clock()
            rows.set_flips(
                session=session, task_ref=task_ref, flips=after, author=self._team.actor.name, now=now
            )
            counts = [mask_report(text, trial=True, flipped=flips).masks for flips in (before, after)]
            place = part_at([(part.media_type, part.text) for part in result.parts], offset)
            part_rows.add_masks(session=session, part=result.parts[place], more=counts[1] - counts[0])
            self._finish(session, result.task, Action.MASK_JUDGED)
        self._renew(task_ref)
        return any(
            found.masked for found in find_asterisks(text, flipped=after) if found.start <= offset < found.end
        )

    def _add(self, session: Session, task: Task, text: str | None) -> None:
        rows.add(
            session=session,
            correction=Correction(
                task_ref=task.id or 0, text=text, author=self._team.actor.name, created_at=self._team.clock()
            ),
        )
        self._finish(session, task, Action.TEXT_CORRECTED)

    def _finish(self, session: Session, task: Task, action: Action) -> None:
        library_rows.outdate(session=session, task_ref=task.id or 0)
        self._team.note(session, action, task.task_id)
        self._team.touch(session)
        log.info("result.put_right", what=action.value, id=task.id)

    def _readable(self, session: Session, task_ref: int) -> StoredResult:
        task = self._team.task(session, task_ref)
        if State(task.state).is_open:
            raise StillOpen(f"The task is still {task.state}.")
        result = read_result(session=session, task=task)
        if result.text is None:
            raise NotFound("This result has no text.")
        return result


def _clean(text: str) -> str:
    """As both databases and every browser can keep it: line feeds, no NUL, no lone surrogates."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return unified.encode("utf-8", "replace").decode()
