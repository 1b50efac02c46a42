"""A submission on its way: leased to the process that sends it, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models.recognition import RecognitionSettings
from dashboard.models.values import CallCredential, Lane, Pause
from dashboard.models.words import Operation, SubmissionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One submission, leased to be sent once.

    Attributes:
        id: our ID of the submission.
        fence: what became of it is written only where this still stands.
        credential: the token to send it with; None in evaluation mode.
        claimed_at: by the database's clock.
        tries: how often it was tried before.
    """

    id: int
    team_id: int
    fence: str
    source_id: int
    api_url: str
    operation: Operation
    trial: bool
    credential: CallCredential | None
    settings: RecognitionSettings
    label: str
    claimed_at: datetime
    tries: int

    @property
    def lane(self) -> Lane:
        """Whom it shares its way to the service with."""
        return Lane(self.api_url, self.credential.credential_id if self.credential else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sending without a task ID means.

    Attributes:
        state: where the submission stands now.
        detail: why, in a sentence without secrets.
        again_in_seconds: when it is tried again; None where a person decides, or nothing more is to be done.
        pause: what the token is to rest for.
    """

    state: SubmissionState
    detail: str
    again_in_seconds: float | None = None
    pause: Pause | None = None
