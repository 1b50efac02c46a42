"""A script: the OCR service in a process of its own, so that it survives what is done to the dashboard.

``stand_in.py TASKS SPREAD LATENCY ASKED`` submits so many tasks to itself, done one after the other over so many
seconds, takes so many seconds for each answer, prints one line of JSON when it listens, and adds a line to the file
``ASKED`` for each question: when, and about which task.
"""

import json
import os
import sys
import time
from pathlib import Path

from dashboard.models import Operation
from dashboard.sandbox import SandboxServer, SandboxState, Tempo
from dashboard.sandbox.samples import latin
from dashboard.sandbox.task_life import Phase, SandboxTask
from dashboard.wire.contract import Order
from dashboard.wire.endpoints import Endpoint

ENDPOINT = Endpoint(Operation.RECOGNIZE_IMAGE, trial=False)


class SlowState(SandboxState):
    """Takes its time for each answer, so that a kill finds calls under way."""

    latency = 0.0
    asked = Path(os.devnull)

    def find(self, task_id: str, endpoint: Endpoint | None) -> tuple[SandboxTask | None, Phase]:
        """Where the task stands when the answer leaves."""
        with self.asked.open("a") as file:
            file.write(f"{time.time()} {task_id}\n")
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


def main(tasks: int, spread: float, latency: float, asked: Path) -> None:
    """Answer until killed."""
    state = SlowState()
    state.latency, state.asked = latency, asked
    server = SandboxServer(state=state)

    def announce(url: str) -> None:
        submitted = submit_all(state, tasks=tasks, spread=spread)
        sys.stdout.write(json.dumps({"url": url, "tasks": submitted}) + "\n")
        sys.stdout.flush()

    server.run(announce)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
