"""The sandbox: our own stand-in of the OCR service, for trying, demonstrations and tests.

It speaks the service's wire format (fact sheet 1 to 8) and recognises the samples that come with it. Other images it
reads where the extra ``local`` is installed, and says plainly what they are where it is not. It can be told to fail
in every way the service is known or feared to.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dashboard.sandbox.issued_tokens import DEMO_ACCESS_TOKEN, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

if TYPE_CHECKING:
    from dashboard.sandbox.reading.reader import reader_here
    from dashboard.sandbox.seeds import picture_of, seed
    from dashboard.sandbox.server import SandboxServer
    from dashboard.sandbox.state import SandboxState
    from dashboard.sandbox.task_life import Tempo

__all__ = [
    "DEMO_ACCESS_TOKEN",
    "DEMO_CLIENT_ID",
    "DEMO_CLIENT_SECRET",
    "SandboxServer",
    "SandboxState",
    "Tempo",
    "picture_of",
    "reader_here",
    "seed",
]

_LOADED_WHEN_USED = {
    "SandboxServer": "server",
    "SandboxState": "state",
    "Tempo": "task_life",
    "picture_of": "seeds",
    "reader_here": "reading.reader",
    "seed": "seeds",
}
"""Name -> its module here: whoever never starts a sandbox, as a worker, does without the web server it is made of."""


def __getattr__(name: str) -> object:
    if name not in _LOADED_WHEN_USED:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_LOADED_WHEN_USED[name]}"), name)
