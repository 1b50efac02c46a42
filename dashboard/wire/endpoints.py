"""The paths of the service, and how its answers are labelled (fact sheet 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.models import Operation

TOKEN_PATH = "/connect/token"  # noqa: S105 - a path
PREFIX = "/v5.0/ocr/"
STATUS_PATH = "Utilities/GetTaskStatus"

BODY_LIMIT = 30_000_000
"""Bytes; the default of the web server the service is believed to run on (fact sheet 5)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path below ``/v5.0/ocr``."""

    operation: Operation
    trial: bool

    @property
    def path(self) -> str:
        """For example ``RecognizeImageTrial``."""
        return self.operation.path(trial=self.trial)


ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.path.lower(): endpoint  # fact sheet D4: the docs write some paths in lower case
    for operation in Operation
    for endpoint in (Endpoint(operation, trial=False), Endpoint(operation, trial=True))
    if operation.has_trial or not endpoint.trial
}
"""All endpoints by their path in lower case."""


def endpoint_of(path: str) -> Endpoint | None:
    """The endpoint with this path below :data:`PREFIX`, in any case; None where there is none."""
    return ENDPOINTS.get(path.lower())


def is_status(path: str) -> bool:
    """Whether this path below :data:`PREFIX` is ``GetTaskStatus``."""
    return path.lower() == STATUS_PATH.lower()


def wants_json(accept: str, *, of_get: bool) -> bool | None:
    """Whether an answer is to be labelled JSON; None when neither JSON nor text is acceptable.

    The docs ask with ``Accept: text/plain`` even where JSON comes back (fact sheet 2).

    Args:
        accept: the header; empty where there is none.
        of_get: whether a GET is answered: only there anything else than text is the usual answer.
    """
    accepted = [kind.partition(";")[0].strip().lower() for kind in (accept or "*/*").split(",")]
    json_kinds = {"application/json", "text/json", "application/*"}
    plain_kinds = {"*/*", "text/plain", "text/*", ""}
    for kind in accepted:
        if kind in json_kinds:
            return True
        if kind in plain_kinds:
            return of_get and kind == "*/*"
    return None
