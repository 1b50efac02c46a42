"""Every error we raise on purpose.

::

    DashboardError                 the message is a sentence a person can act on
    ├── SettingsRefused            a setting is wrong; the message names it
    ├── StoreError
    │   ├── StoreUnavailable       locked, unwritable or unreachable: nothing was changed, try again
    │   │   ├── DatabaseUnfit      damaged, replaced or gone: a person has to act, and then start anew
    │   │   └── DiskFull           there is no room for it
    │   ├── DatabaseTooNew         written by a newer version of this product
    │   └── SecretsUnreadable      stored tokens cannot be decrypted with the configured keys
    ├── InputRefused               what a person or script gave us cannot be used
    ├── NotFound                   no such task, part or token in this team
    ├── NotPermitted               somebody's role in the team is not enough
    ├── StillOpen                  the result was asked for before there was one
    ├── ServerAway                 the dashboard that a script talks to does not answer as one does
    └── CloudError                 a call to the OCR service brought no usable answer
        ├── TokenHeld              no call was made: the token is paused, out of budget or gone
        │   ├── TokenUnreadable    no call was made: this process lacks the key of the token
        │   └── ServiceNotListed   no call was made: the service is not on the operator's list
        ├── NoAnswer               nothing came back: connection, DNS, TLS, deadline
        └── BadAnswer              something came back and it was not what we need
            ├── TokenRejected      401: the token is wrong or expired
            │   ├── NotAllowed     402, 403, 429 because of a quota: a token that may not do this
            │   └── LoginRefused   no token for this client ID and secret
            ├── RateLimited        429
            │   └── LoginLocked    429 at the token endpoint: too many refused logins
            ├── ServiceFault       408, 425, 5xx: the service's own trouble
            ├── UnreadableAnswer   2xx that is HTML, truncated, too large or not an envelope
            └── RequestRefused     any other 4xx: asking again the same way will not help

What polling needs to know of a CloudError is whether a call was made, and whether an answer arrived.
No error carries a token, a header or a request body.
"""


class DashboardError(Exception):
    """Something this product understands went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class SettingsRefused(DashboardError):
    """A setting has a value that cannot work."""


class StoreError(DashboardError):
    """The database refused."""


class StoreUnavailable(StoreError):
    """The database cannot be used right now; nothing was changed."""


class DatabaseUnfit(StoreUnavailable):
    """The database is damaged or is not the one that was opened; nothing is stored any more."""


class DiskFull(StoreUnavailable):
    """The disk is full; nothing was changed."""


class DatabaseTooNew(StoreError):
    """The database was written by a newer version of this product."""


class SecretsUnreadable(StoreError):
    """The stored tokens cannot be decrypted with the configured keys."""


class InputRefused(DashboardError):
    """This input cannot be used."""


class NotFound(DashboardError):
    """There is nothing by that name here."""


class NotPermitted(DashboardError):
    """Your role in this team is not enough for that."""


class StillOpen(DashboardError):
    """The task has no result yet."""


class ServerAway(DashboardError):
    """The dashboard does not answer."""


class CloudError(DashboardError):
    """A call to the OCR service brought no usable answer."""

    word = "error"
    """One short word for the timeline."""

    def __init__(
        self,
        message: str | None = None,
        *,
        http_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.retry_after = retry_after
        """Seconds the service asked us to wait, if it did."""


class NoAnswer(CloudError):
    """The OCR service did not answer."""

    word = "no answer"

    def __init__(
        self,
        message: str | None = None,
        *,
        http_status: int | None = None,
        retry_after: float | None = None,
        has_arrived: bool = True,
    ) -> None:
        super().__init__(message, http_status=http_status, retry_after=retry_after)
        self.has_arrived = has_arrived
        """Whether the request may have arrived all the same; False where no connection was made."""


class BadAnswer(CloudError):
    """The OCR service gave an answer that is of no use."""

    word = "bad answer"


class TokenRejected(BadAnswer):
    """The OCR service did not accept the token."""

    word = "token rejected"


class NotAllowed(TokenRejected):
    """The OCR service knows the token and does not allow this with it."""

    word = "not allowed"


class LoginRefused(TokenRejected):
    """The OCR service gives no token for this client ID and secret: wrong, or not active yet."""

    word = "login refused"


class RateLimited(BadAnswer):
    """The OCR service asks us to slow down."""

    word = "rate limited"


class LoginLocked(RateLimited):
    """The OCR service takes no logins with this client ID and secret for some minutes."""

    word = "login locked"


class TokenHeld(CloudError):
    """No call was made with this token."""

    word = "held"

    def __init__(
        self,
        message: str | None = None,
        *,
        is_paused: bool = True,
        is_outage: bool = False,
        has_tried: bool = False,
    ) -> None:
        super().__init__(message)
        self.has_tried = has_tried
        """Whether a login was tried just now, so that something is learned of the service."""
        self.is_outage = is_outage
        """Whether it is held only because nobody could be reached: its tasks are not given up for that."""
        self.is_paused = is_paused
        """Whether its pause is stored, so that tasks come up again by themselves when it ends."""


class TokenUnreadable(TokenHeld):
    """No call was made: the token cannot be decrypted here."""

    word = "unreadable token"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, is_paused=False)


class ServiceNotListed(TokenHeld):
    """No call was made: the service is not on the operator's list."""

    word = "not listed"

    def __init__(self) -> None:
        super().__init__(
            "This service is not among those the dashboard may call (OCR_DASHBOARD_API_URL and "
            "OCR_DASHBOARD_MORE_API_URLS), so nothing is sent to it. Whoever runs the dashboard can add it.",
            is_paused=False,
        )


class ServiceFault(BadAnswer):
    """The OCR service has trouble of its own."""

    word = "service fault"


class UnreadableAnswer(BadAnswer):
    """The OCR service's answer cannot be read."""

    word = "unreadable"


class RequestRefused(BadAnswer):
    """The OCR service refused the request."""

    word = "refused"
