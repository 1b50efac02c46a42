"""The sandbox: our own stand-in of the OCR service, for trying, demonstrations and tests.

It speaks the service's wire format (fact sheet 1 to 8), recognises the samples that come with it, says
plainly what every other image is, and can be told to fail in every way the service is known or feared to.
"""

from dashboard.sandbox.issued_tokens import DEMO_ACCESS_TOKEN, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
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
    "seed",
]
