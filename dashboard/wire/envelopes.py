"""The JSON object that answers a GET (fact sheet 3.3)."""

from collections.abc import Sequence
from typing import Any


def envelope(
    task_id: str,
    *,
    task_status: str,
    code: str,
    results: Sequence[object] | None = None,
    messages: Sequence[str] = (),
) -> dict[str, Any]:
    """An envelope with its keys in the order in which the service writes them.

    Args:
        task_id: as it was asked for.
        task_status: ``taskStatus``.
        code: ``responseStatusCode``.
        results: entries with ``type`` and ``data``; None where there is no result.
        messages: what the service has to say; ``error`` is null without any.
    """
    return {
        "id": task_id,
        "responseStatusCode": code,
        "taskStatus": task_status,
        "results": results,
        "error": {"messages": list(messages), "warnings": None} if messages else None,
    }
