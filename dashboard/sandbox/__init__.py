"""The sandbox: our own stand-in of the OCR service, for trying, demonstrations and tests.

It speaks the service's wire format (fact sheet 1 to 8) and recognises the samples that come with it. Other images it
reads where the extra ``local`` is installed, and says plainly what they are where it is not. It can be told to fail
in every way the service is known or feared to.
"""

from dashboard.sandbox.issued_tokens import DEMO_ACCESS_TOKEN, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from dashboard.sandbox.reading.reader import reader_here
from dashboard.sandbox.seeds import seed
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
    "reader_here",
    "seed",
]
