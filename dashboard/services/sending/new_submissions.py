"""What is stored of a source that is to be sent: where to, as what, and by which settings. Pure."""

from datetime import datetime

from dashboard.errors import InputRefused
from dashboard.models import Operation, Source, Submission
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.services.labels import clean_label

_OPERATIONS = {"application/pdf": Operation.RECOGNIZE_PDF, "image/vnd.djvu": Operation.DJVU_TO_PDF}
"""What only one operation takes, by media type (fact sheet 5)."""


def new_submission(
    source: Source,
    settings: SubmissionSettings,
    *,
    position: int,
    label: str,
    api_url: str,
    credential_id: int | None,
    now: datetime,
) -> Submission:
    """One submission of a batch, which is due at once.

    Args:
        source: what is sent.
        settings: how.
        position: in the batch, from 0.
        label: of the task; empty for the name of the file.
        api_url: the service.
        credential_id: the token; None in evaluation mode.
        now: aware.

    Raises:
        InputRefused: when the service does not do this with such a file.
    """
    operation = _OPERATIONS.get(source.media_type, settings.operation)
    if settings.trial and not operation.has_trial:
        raise InputRefused(
            f"{source.name}: there is no evaluation mode for this kind of file. Choose a token for it."
        )
    settings.recognition.check(operation)
    return Submission(
        batch_id=0,
        team_id=source.team_id,
        source_id=source.id,
        position=position,
        label=clean_label(label) or source.name,
        api_url=api_url,
        operation=operation.value,
        trial=settings.trial,
        credential_id=credential_id,
        settings=settings.recognition.stored(),
        next_at=now,
    )
