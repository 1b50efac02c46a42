"""A service that holds its answers back until a test has done its mischief."""

import threading

from dashboard.models import Operation
from dashboard.sandbox import SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

PATIENCE_SECONDS = 20.0


class GatedState(SandboxState):
    """Answers every question about a task only while its gate is open, and counts the questions."""

    def __init__(self) -> None:
        super().__init__(tempo=Tempo(0, 0))
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[str] = []

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """Where the task stands, once the gate is open."""
        self.asked.append(task_id)
        self.gate.wait(PATIENCE_SECONDS)
        return super().find(task_id, endpoint)

    def cancel(self, task_id: str, endpoint: Endpoint) -> None:
        """Let finished tasks be, like the service; without a look at the gate."""


def submit(state: SandboxState, number: int, *, trial: bool = True) -> list[str]:
    """So many new tasks with three parts each; gives back the service's IDs."""
    endpoint = Endpoint(Operation.RECOGNIZE_IMAGE, trial)
    order = Order(content=latin().image, result_types=("Text", "Pdf", "Hocr"))
    return [state.submit(endpoint, order).task_id for _ in range(number)]
