"""A script: the OCR service in a process of its own, so that it survives what is done to the dashboard.

``stand_in.py TASKS SPREAD LATENCY`` submits so many tasks to itself, done one after the other over so many
seconds, takes so many seconds for each answer, and prints one line of JSON when it listens.
"""

import json
import sys
import time

from dashboard.models import Operation
from dashboard.sandbox import SandboxServer, SandboxState, Tempo
from dashboard.sandbox.contract import Endpoint, Order
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask

ENDPOINT = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)


class SlowState(SandboxState):
    """Takes its time for each answer, so that a kill finds calls under way."""

    latency = 0.0

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """Where the task stands when the answer leaves."""
        time.sleep(self.latency)
        return super().find(task_id, endpoint)


def submit_all(state: SandboxState, *, tasks: int, spread: float) -> dict[str, str]:
    """Tasks of all tempos, each with an image of its own; task ID -> the image's digest, quoted in its text."""
    submitted = {}
    for number in range(tasks):
        image = latin().image + number.to_bytes(4, "big")  # readers of PNG ignore what follows its end
        tempo = Tempo(spread * number / tasks / 2, spread * number / tasks / 2)
        task = state.submit(ENDPOINT, Order(content=image, result_types=("Text",)), tempo=tempo)
        submitted[task.task_id] = task.sha256
    return submitted


def main(tasks: int, spread: float, latency: float) -> None:
    """Answer until killed."""
    state = SlowState()
    state.latency = latency
    server = SandboxServer(state=state)

    def announce(url: str) -> None:
        submitted = submit_all(state, tasks=tasks, spread=spread)
        sys.stdout.write(json.dumps({"url": url, "tasks": submitted}) + "\n")
        sys.stdout.flush()

    server.run(announce)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
