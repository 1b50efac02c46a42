"""Keeps the sandbox's tasks over a restart, in one small JSON file."""

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from dashboard import private_files
from dashboard.sandbox.task_life import SandboxTask

_log = logging.getLogger(__name__)


def load(path: Path) -> list[SandboxTask]:
    """The tasks kept in this file; none when there is no such file or it cannot be read as one of ours."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return [SandboxTask.from_json(task) for task in kept["tasks"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        # A stand-in must not keep the dashboard from starting.
        _log.warning("the sandbox starts empty, %s cannot be read: %s", path, error)
        return []


def save(path: Path, tasks: Iterable[SandboxTask]) -> None:
    """Replace the file in one step, so that a crash leaves the old content or the new, never half of one.

    Raises:
        OSError: the folder cannot be written to.
    """
    private_files.make_folder(path.parent)
    with private_files.replacing(path) as file:
        file.write(json.dumps({"tasks": [task.to_json() for task in tasks]}).encode())
