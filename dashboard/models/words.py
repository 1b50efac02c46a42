"""The words of the product as enums: operations, task states, reasons for parking.

The service's own words (``Completed``, ``NotExist`` ...) are translated into ours in exactly one
place, ``dashboard.cloud.envelope``.
"""

from enum import StrEnum


class Operation(StrEnum):
    """Which endpoint took the image; the value is its path below ``/v5.0/ocr`` (fact sheet 2).

    A result can only be fetched from the endpoint that took the image, so this is kept with every task.
    """

    RECOGNIZE_IMAGE = "RecognizeImage"
    RECOGNIZE_PDF = "RecognizePdf"
    RECOGNIZE_RECEIPT = "RecognizeReceipt"
    RECOGNIZE_TABLE = "RecognizeTable"
    RECOGNIZE_REGIONS = "RecognizeRegions"
    RECOGNIZE_LABEL = "RecognizeLabel"
    RECOGNIZE_INVOICE = "RecognizeAndParseInvoice"
    IDENTIFY_FONT = "IdentifyFont"
    DETECT_REGIONS = "DetectRegions"
    DJVU_TO_PDF = "DjVu2PDF"
    BINARIZE_IMAGE = "BinarizeImage"
    DESKEW_IMAGE = "DeskewImage"
    DEWARP_IMAGE = "DewarpImage"
    UPSCALE_IMAGE = "UpscaleImage"
    TEXT_TO_SPEECH = "ConvertTextToSpeech"

    @property
    def has_trial(self) -> bool:
        """Whether the service offers this operation in evaluation mode, without a token."""
        return self in (Operation.RECOGNIZE_IMAGE, Operation.TEXT_TO_SPEECH)

    def path(self, *, trial: bool) -> str:
        """The path below ``/v5.0/ocr``, for example ``RecognizeImageTrial``."""
        return f"{self.value}Trial" if trial else self.value


class State(StrEnum):
    """Where a task stands. Being parked is orthogonal: see :class:`ParkReason`."""

    PENDING = "pending"  # queued at the service, or not asked yet
    PROCESSING = "processing"  # the service is reading the image
    COMPLETED = "completed"  # stored here, nothing to add
    COMPLETED_WITH_NOTICES = "completed_with_notices"  # stored here, and the service had something to say
    COMPLETED_EMPTY = "completed_empty"  # the service finished and found no text
    PARTIAL = "partial"  # some of the result was missing; what there was is stored
    FAILED = "failed"  # the service gave up on the image
    NOT_FOUND = "not_found"  # the service never knew this ID (here, with this operation)
    EXPIRED = "expired"  # it existed, or its 24 hours are over, and it is gone
    DATA_LOST = "data_lost"  # the service finished it and then lost the result
    CANCELLED = "cancelled"  # cancelled from here

    @property
    def is_open(self) -> bool:
        """Whether the poller still has to ask about it."""
        return self in OPEN_STATES

    @property
    def has_result(self) -> bool:
        """Whether something worth reading was stored."""
        return self in RESULT_STATES


OPEN_STATES = frozenset({State.PENDING, State.PROCESSING})
RESULT_STATES = frozenset(
    {State.COMPLETED, State.COMPLETED_WITH_NOTICES, State.COMPLETED_EMPTY, State.PARTIAL}
)
# A person should look at these: nobody else will.
ATTENTION_STATES = frozenset({State.PARTIAL, State.FAILED, State.NOT_FOUND, State.EXPIRED, State.DATA_LOST})


class ParkReason(StrEnum):
    """Why an open task cannot be asked about right now. It never fails because *we* could not ask."""

    TOKEN_MISSING = "token_missing"  # noqa: S105 - a reason, not a secret
    TOKEN_REJECTED = "token_rejected"  # noqa: S105 - a reason, not a secret
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason, not a secret
    PLAN_REFUSED = "plan_refused"  # the account may not do this: 402, 403, or a used-up quota
    LOGIN_LOCKED = "login_locked"  # the service takes no logins with this pair for some minutes
    RATE_LIMITED = "rate_limited"
    BUDGET_REACHED = "budget_reached"
    UNREACHABLE = "unreachable"
    SERVICE_NOT_LISTED = "service_not_listed"  # the operator does not let the dashboard call it
    KEY_MISSING = "key_missing"  # this server lacks the key that the token is encrypted with


NEEDS_PERSON = frozenset(
    {
        ParkReason.TOKEN_MISSING,
        ParkReason.TOKEN_REJECTED,
        ParkReason.TOKEN_EXPIRED,
        ParkReason.SERVICE_NOT_LISTED,
        ParkReason.KEY_MISSING,
    }
)
"""Reasons for being parked that no waiting cures."""


class SubmissionState(StrEnum):
    """Where the sending of a source stands. What became of it then is the state of its task."""

    WAITING = "waiting"  # its turn has not come, or it cannot be sent now
    SENDING = "sending"  # somebody is sending it
    SENT = "sent"  # the service has given its task ID
    PERHAPS_SENT = "perhaps_sent"  # it may have arrived, and nobody has heard its task ID: a person decides
    REFUSED = "refused"  # the service or we do not take it
    CANCELLED = "cancelled"  # a person ended it before it was sent

    @property
    def is_open(self) -> bool:
        """Whether it is still going to be sent."""
        return self in (SubmissionState.WAITING, SubmissionState.SENDING)


class Origin(StrEnum):
    """How a task came to us."""

    REGISTERED = "registered"  # a person or script gave us the ID
    SUBMITTED = "submitted"  # we sent the image ourselves, so the submission time is exact
    SAMPLE = "sample"  # seeded with the sandbox


class CallKind(StrEnum):
    """Which call was made; calls are counted by it, because each may be billed (fact sheet 5)."""

    POLL = "poll"  # asked for the result, and there was none
    RESULT = "result"  # asked for the result, and got it
    STATUS = "status"  # asked for the status alone
    CANCEL = "cancel"
    SUBMIT = "submit"
    LOGIN = "login"  # asked for an access token; costs nothing


class CredentialKind(StrEnum):
    """What kind of secret a credential holds."""

    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a kind, not a secret
    CLIENT_CREDENTIALS = "client_credentials"  # a client ID and secret, from which access tokens are minted


class PollCost(StrEnum):
    """What a call with a token is worth to its owner: dearer ones are made less often."""

    CHEAP = "cheap"
    NORMAL = "normal"
    DEAR = "dear"

    @property
    def factor(self) -> float:
        """By which the usual cost of a call is multiplied."""
        return {PollCost.CHEAP: 0.25, PollCost.NORMAL: 1.0, PollCost.DEAR: 4.0}[self]
