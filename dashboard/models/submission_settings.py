"""How a batch is sent: the operation, with which token or none, and the settings of the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from dashboard.errors import InputRefused
from dashboard.models.recognition import RecognitionSettings
from dashboard.models.words import Operation

_OPERATIONS = {name.casefold(): it for it in Operation for name in (it.value, it.name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSettings:
    """What is the same for all files of a batch.

    Attributes:
        operation: the endpoint; files that only another one takes (PDF, DjVu) go there all the same.
        trial: evaluation mode, which needs no token and masks one word in ten.
        credential_id: our ID of the token; None for the default one of the service.
        recognition: how the service is to read.
    """

    operation: Operation = Operation.RECOGNIZE_IMAGE
    trial: bool = False
    credential_id: int | None = None
    recognition: RecognitionSettings = field(default_factory=RecognitionSettings)

    def stored(self) -> dict[str, object]:
        """The same as JSON; :meth:`read` reads it."""
        return {
            "operation": self.operation.value,
            "trial": self.trial,
            "credential_id": self.credential_id,
            **self.recognition.stored(),
        }

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Self:
        """Settings as people, scripts and columns give them; raises InputRefused, naming what cannot be."""
        rest = dict(given)
        operation = _operation(rest.pop("operation", Operation.RECOGNIZE_IMAGE.value))
        trial, credential_id = rest.pop("trial", False), rest.pop("credential_id", None)
        if not isinstance(trial, bool):
            raise InputRefused("trial is true or false.")
        if credential_id is not None and (
            not isinstance(credential_id, int) or isinstance(credential_id, bool)
        ):
            raise InputRefused("credential_id is the number of a token.")
        if operation is Operation.TEXT_TO_SPEECH:
            raise InputRefused("Text to speech takes a text, not an image.")
        if trial and not operation.has_trial:
            raise InputRefused(
                f"{operation.value} has no evaluation mode. Choose a token, or another operation."
            )
        return cls(
            operation=operation,
            trial=trial,
            credential_id=None if trial else credential_id,
            recognition=RecognitionSettings.read(rest, operation=operation),
        )


def _operation(given: object) -> Operation:
    found = _OPERATIONS.get(given.casefold()) if isinstance(given, str) else None
    if found is None:
        raise InputRefused(f"operation is one of {', '.join(it.value for it in Operation)}.")
    return found
