"""Having the image of a trial result read again without evaluation mode, so that no word is masked."""

from dashboard.errors import InputRefused, StoreError
from dashboard.logs import get_logger
from dashboard.models import CallCredential, CallKind, Operation, Origin, Role, Task
from dashboard.polling.ports import OcrApi, Tokens
from dashboard.results.files import Download
from dashboard.results.pictures import pages_of
from dashboard.results.sniffing import WEBP
from dashboard.services.credentials.calling import Calls
from dashboard.services.results.sources import Sources
from dashboard.services.tasks.intake import Intake, NewTask
from dashboard.services.team_scope import TeamScope

log = get_logger(__name__)


class RegularRun:
    """Sends images of one team's trial tasks again; editors may, because it costs a call."""

    def __init__(
        self, team: TeamScope, *, tokens: Tokens, api: OcrApi, intake: Intake, sources: Sources
    ) -> None:
        self._team = team
        self._calls = Calls(team, tokens=tokens)
        self._api = api
        self._intake = intake
        self._sources = sources

    def send(self, task_ref: int, *, credential_id: int) -> int:
        """Send the image that is held for a trial task, with a token and the usual settings.

        Never repeated by itself: a second call would make a second, possibly billed, task (fact sheet 7).

        Returns:
            Our ID of the new task, which is polled like any other; the image is kept with it as well.

        Raises:
            InputRefused: when the task is no trial task, or the token belongs to another service.
            NotFound: when there is no such task or token, or no image is held.
            CloudError: when the service gave no task ID.
            NotPermitted: for viewers.
        """
        with self._team.reading(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            credential = self._team.credential(session, credential_id)
        if not task.trial:
            raise InputRefused("No word of this result is masked; there is nothing to read again.")
        if credential.api_url != task.api_url:
            raise InputRefused("That token belongs to another service.")
        image = self._sources.image(task_ref)
        _refuse_unread(image)
        task_id = self._submit(task, image.data, credential.call_credential())
        log.info("result.sent_again", id=task_ref, task_id=task_id)
        return self._register(task, task_id, credential_id, image.name, image.data)

    def _submit(self, task: Task, image: bytes, credential: CallCredential) -> str:
        def submit(access_token: str | None) -> str:
            return self._api.submit(
                api_url=task.api_url,
                operation=Operation(task.operation),
                trial=False,
                image=image,
                access_token=access_token,
            )

        return self._calls.make(CallKind.SUBMIT, credential, submit)

    def _register(self, task: Task, task_id: str, credential_id: int, name: str, image: bytes) -> int:
        entry = NewTask(
            task_id=task_id,
            operation=Operation(task.operation),
            credential_id=credential_id,
            label=task.label,
            submitted_at=self._team.clock(),
            api_url=task.api_url,
            origin=Origin.SUBMITTED,
        )
        try:
            done = self._intake.register([entry])
        except StoreError as error:
            # The service has taken it: the ID must not get lost with the error.
            raise StoreError(
                f"The image was sent and is task {task_id}, but it could not be saved: {error}"
            ) from error
        task_ref = {**done.known, **done.registered}[task_id]
        self._sources.add(task_ref, name=name, data=image)
        return task_ref


def _refuse_unread(image: Download[bytes]) -> None:
    """Send nothing that the service is known not to read (fact sheet 5): it may be billed all the same."""
    if image.media_type == WEBP.media_type:
        raise InputRefused("The OCR service does not read WebP. Add the image as PNG or JPEG to send it.")
    if pages_of(image.data) > 1:
        raise InputRefused(
            "The OCR service reads TIFF files of one page only. Add the page as PNG or JPEG to send it."
        )
