"""Sending sources together: what is to be sent is stored first, and sent by the process's own loop."""

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session

from dashboard.counts import count_of
from dashboard.errors import InputRefused, NotFound
from dashboard.logs import get_logger
from dashboard.models import (
    Action,
    Batch,
    Credential,
    Role,
    Source,
    Submission,
    SubmissionState,
)
from dashboard.models.default_token import taken_by_default
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.labels import clean_label
from dashboard.services.sending.batch_views import BatchItem, BatchView, Cost, about_seconds
from dashboard.services.sending.new_submissions import new_submission
from dashboard.services.sending.presets import remember
from dashboard.services.team_scope import TeamScope
from dashboard.store import batches as rows
from dashboard.store import credentials as credential_rows
from dashboard.store import sources as source_rows
from dashboard.store.batches import Progress
from dashboard.store.call_counts import calls_used

log = get_logger(__name__)

MOST_AT_ONCE = 5_000
"""Files in one batch."""

NO_SUCH_BATCH = "There is no such batch here. It may have been deleted."

_AGAIN = (SubmissionState.PERHAPS_SENT, SubmissionState.REFUSED, SubmissionState.CANCELLED)


class Batches:
    """What one team sends.

    Args:
        team: whose.
        default_api_url: the service of a batch whose token names none.
        check_api_url: refuses services that are not called.
        wake: has the loop look at once.
    """

    def __init__(
        self,
        team: TeamScope,
        *,
        default_api_url: Callable[[], str],
        check_api_url: Callable[[str], str],
        wake: Callable[[], None],
    ) -> None:
        self._team = team
        self._default_api_url = default_api_url
        self._check_api_url = check_api_url
        self._wake = wake

    def submit(
        self,
        source_ids: Sequence[int],
        *,
        settings: SubmissionSettings,
        name: str = "",
        labels: Mapping[int, str] | None = None,
    ) -> int:
        """Have sources sent, in this order; returns the ID of the batch at once.

        Args:
            source_ids: of sources that are held.
            settings: how.
            name: of the batch; by default told from its files.
            labels: of the tasks by source; by default the name of the file.

        Raises:
            InputRefused: when there is nothing to send, too much, or a token or setting cannot be.
            NotFound: when a source or token is not there.
            NotPermitted: for viewers.
        """
        wanted = list(source_ids)
        if not wanted:
            raise InputRefused("There is nothing to send. Add at least one image.")
        if len(wanted) > MOST_AT_ONCE:
            raise InputRefused(f"A batch has at most {MOST_AT_ONCE:,} files. Send the others as another one.")
        now = self._team.clock()
        with self._team.writing(Role.EDITOR) as session:
            sources = self._sources(session, wanted)
            credential = self._credential(session, settings)
            api_url = self._check_api_url(credential.api_url if credential else self._default_api_url())
            submissions = [
                new_submission(
                    sources[source_id],
                    settings,
                    position=position,
                    label=(labels or {}).get(source_id, ""),
                    api_url=api_url,
                    credential_id=credential.id if credential else None,
                    now=now,
                )
                for position, source_id in enumerate(wanted)
            ]
            first = sources[wanted[0]].name
            batch = Batch(
                team_id=self._team.team_id,
                name=clean_label(name) or _name_of(first, len(wanted)),
                created_at=now,
                created_by=self._team.actor.name,
            )
            batch_id = rows.add(session=session, batch=batch, submissions=submissions)
            remember(self._team, session, settings)
            self._team.note(
                session,
                Action.IMAGES_SENT,
                count_of(len(wanted), "image"),
                {"batch": batch.name, "first": first},
            )
            self._team.touch(session)
        self._wake()
        log.info("batch.submitted", id=batch_id, files=len(wanted), trial=settings.trial)
        return batch_id

    def cost(self, files: int, *, settings: SubmissionSettings) -> Cost:
        """What sending so many files will at least cost, beside what the token's budget has left."""
        with self._team.reading() as session:
            credential = self._credential(session, settings)
            if credential is None or credential.id is None:
                return Cost(calls=0, left=None)
            used = calls_used(session=session, credential_ids={credential.id}, moment=self._team.clock())
        day, month = used.get(credential.id, (0, 0))
        limits = [
            limit - spent
            for limit, spent in ((credential.daily_budget, day), (credential.monthly_budget, month))
            if limit is not None
        ]
        return Cost(calls=2 * files, left=max(0, min(limits)) if limits else None)

    def view(self, batch_id: int) -> BatchView:
        """A batch with how far it is; raises NotFound."""
        with self._team.reading() as session:
            batch = self._batch(session, batch_id)
            progress = rows.progress(session=session, batch_ids=[batch_id])
        return self._viewed(batch, progress[batch_id])

    def newest(self, limit: int = 20) -> list[BatchView]:
        """The newest batches, each with how far it is."""
        with self._team.reading() as session:
            found = rows.newest(session=session, team_id=self._team.team_id, limit=limit)
            progress = rows.progress(session=session, batch_ids=[batch.id or 0 for batch in found])
        return [self._viewed(batch, progress[it]) for batch in found if (it := batch.id or 0) in progress]

    def items(self, batch_id: int, *, start: int = 0, limit: int | None = None) -> list[BatchItem]:
        """What a batch consists of, in its order; raises NotFound."""
        with self._team.reading() as session:
            self._batch(session, batch_id)
            found = rows.submissions(session=session, batch_id=batch_id, start=start, limit=limit)
        return [BatchItem(submission=submission, task=task) for submission, task in found]

    def task_refs(self, batch_id: int) -> list[int]:
        """Our IDs of the tasks that a batch has become so far; raises NotFound."""
        return [item.task.id for item in self.items(batch_id) if item.task is not None and item.task.id]

    def of_task(self, task_ref: int) -> Submission | None:
        """The submission that became a task; None where it was registered by its ID."""
        with self._team.reading() as session:
            return rows.of_task(session=session, team_id=self._team.team_id, task_ref=task_ref)

    def pause(self, batch_id: int) -> None:
        """Send nothing more of it for now; raises NotFound, NotPermitted."""
        self._set_paused(batch_id, is_paused=True)

    def resume(self, batch_id: int) -> None:
        """Go on with it; raises NotFound, NotPermitted."""
        self._set_paused(batch_id, is_paused=False)

    def cancel(self, batch_id: int) -> int:
        """Send nothing more of it for good; returns how many are not sent. Raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            batch = self._batch(session, batch_id)
            count = rows.cancel(session=session, batch_id=batch_id)
            self._team.note(session, Action.BATCH_CHANGED, batch.name, {"cancelled": count})
            self._team.touch(session)
        return count

    def send_again(self, submission_id: int) -> None:
        """Send something once more that perhaps arrived, was refused or cancelled.

        Raises:
            NotFound: when there is no such submission.
            InputRefused: when it is not one of those, or its image is not held any more.
            NotPermitted: for viewers.
        """
        with self._team.writing(Role.EDITOR) as session:
            found = rows.submission(session=session, team_id=self._team.team_id, submission_id=submission_id)
            if found is None:
                raise NotFound("There is no such file in a batch of this team.")
            if not rows.send_again(
                session=session, submission_id=submission_id, from_states=_AGAIN, now=self._team.clock()
            ):
                why = (
                    "Its image is not held any more."
                    if found.source_id is None
                    else "It is on its way already."
                )
                raise InputRefused(f"{found.label} cannot be sent again. {why}")
            self._team.note(session, Action.IMAGES_SENT, found.label, {"again": True})
            self._team.touch(session)
        self._wake()

    def give_up(self, submission_id: int) -> None:
        """Leave what has perhaps arrived as it is; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            found = rows.submission(session=session, team_id=self._team.team_id, submission_id=submission_id)
            if found is None or not rows.give_up(session=session, submission_id=submission_id):
                raise NotFound("There is nothing of this batch to decide about any more.")
            self._team.note(session, Action.BATCH_CHANGED, found.label, {"given up": True})
            self._team.touch(session)

    def _sources(self, session: Session, wanted: Sequence[int]) -> dict[int, Source]:
        found = {
            one.id: one
            for one in source_rows.some(session=session, team_id=self._team.team_id, source_ids=wanted)
            if one.id is not None
        }
        if missing := [it for it in wanted if it not in found]:
            raise NotFound(
                f"{count_of(len(missing), 'file')} of these {len(wanted)} are not held here any more. Add them again."
            )
        return found

    def _credential(self, session: Session, settings: SubmissionSettings) -> Credential | None:
        if settings.trial:
            return None  # evaluation mode needs no token and must not be sent one (fact sheet 1)
        if settings.credential_id is not None:
            return self._team.credential(session, settings.credential_id)
        default = self._default_api_url()
        mine = credential_rows.all_of_team(session=session, team_id=self._team.team_id)
        found = taken_by_default(one for one in mine if one.api_url == default)
        if found is None:
            raise InputRefused("There is no token to send it with. Add one, or choose evaluation mode.")
        return found

    def _batch(self, session: Session, batch_id: int) -> Batch:
        found = rows.get(session=session, team_id=self._team.team_id, batch_id=batch_id)
        if found is None:
            raise NotFound(NO_SUCH_BATCH)
        return found

    def _set_paused(self, batch_id: int, *, is_paused: bool) -> None:
        with self._team.writing(Role.EDITOR) as session:
            batch = self._batch(session, batch_id)
            rows.set_paused(session=session, batch_id=batch_id, is_paused=is_paused)
            self._team.note(session, Action.BATCH_CHANGED, batch.name, {"paused": is_paused})
            self._team.touch(session)
        if not is_paused:
            self._wake()

    def _viewed(self, batch: Batch, progress: Progress) -> BatchView:
        return BatchView(
            id=batch.id or 0,
            name=batch.name,
            created_at=batch.created_at,
            created_by=batch.created_by,
            is_paused=batch.is_paused,
            progress=progress,
            about_seconds=about_seconds(
                progress,
                elapsed=(self._team.clock() - batch.created_at).total_seconds(),
                is_paused=batch.is_paused,
            ),
        )


def _name_of(first: str, count: int) -> str:
    return first if count == 1 else f"{first} and {count_of(count - 1, 'other')}"
