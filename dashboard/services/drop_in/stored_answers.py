"""The service's answer about a task, made of what is stored: byte for byte where it was kept so. Pure.

What is kept of an envelope has a size in place of each part's data (:mod:`dashboard.cloud.outlines`); they are put in
again here.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.models import Origin, Part, State, Task
from dashboard.results.decoding import NO_DATA, NOT_BASE64
from dashboard.results.sniffing import PLAIN
from dashboard.wire.envelopes import envelope

_NOTE = re.compile(r'((?<!\\)"\s*data\s*"\s*:\s*)"<\d+ characters>"', re.IGNORECASE)
_UNKNOWN = ("NotExist", "TaskNotFound")

_WORDS: Mapping[State, tuple[str, str]] = {
    State.PENDING: ("Pending", "NotReady"),
    State.PROCESSING: ("Processing", "NotReady"),
    State.COMPLETED: ("Completed", "Ok"),
    State.COMPLETED_WITH_NOTICES: ("Completed", "Ok"),
    State.COMPLETED_EMPTY: ("Completed", "NoAnyResultData"),
    State.PARTIAL: ("Completed", "PartiallyNotFound"),
    State.FAILED: ("Error", "Error"),
    State.DATA_LOST: ("Completed", "ResultDataLost"),
    State.NOT_FOUND: _UNKNOWN,
    State.EXPIRED: _UNKNOWN,
    State.CANCELLED: _UNKNOWN,
}
"""The service's words for our states (fact sheet 4), where its own answer is not kept or no longer true."""

_OPEN_WORDS = frozenset({"pending", "processing"})


def as_received(task: Task, parts: Sequence[Part], *, asked_id: str) -> str:
    """The answer to a GET as JSON text.

    Args:
        task: open or ended.
        parts: with their bytes, in the service's order.
        asked_id: the task ID in the spelling that was asked for.
    """
    if _holds(task):
        whole = _filled(task.envelope or "", [one for one in parts if NO_DATA not in one.remarks])
        if whole is not None:
            return whole
    return json.dumps(_made(task, parts, asked_id))


def without_results(task: Task, *, asked_id: str) -> str:
    """The answer of ``GetTaskStatus``: the same envelope, which brings no results (fact sheet 2)."""
    words = _WORDS[State(task.state)]
    if _holds(task):
        words = (task.task_status or words[0], task.response_status_code or words[1])
    return _said(task, asked_id, words, None)


def corrected(task: Task, parts: Sequence[Part], text: str, *, asked_id: str) -> str:
    """The answer to a GET with a text that people have corrected in place of the readable parts."""
    results: list[Any] = []
    is_in = False
    for part in parts:
        is_plain = part.media_type == PLAIN.media_type and part.text is not None
        if is_plain and is_in:
            continue
        is_in |= is_plain
        data = base64.b64encode(text.encode()).decode() if is_plain else data_of(part)
        results.append({"type": part.type, "data": data})
    if not is_in:
        results.append({"type": "Text", "data": base64.b64encode(text.encode()).decode()})
    return _said(task, asked_id, _WORDS[State.COMPLETED], results)


def unknown(task_id: str) -> str:
    """What the service says of an ID that it does not know (fact sheet 9D)."""
    return json.dumps(envelope(task_id, task_status=_UNKNOWN[0], code=_UNKNOWN[1]))


def data_of(part: Part) -> str | None:
    """The data of a part as the service wrote it."""
    if NO_DATA in part.remarks:
        return None
    if part.wire is not None:
        return part.wire
    if NOT_BASE64 in part.remarks:
        return part.data.decode("utf-8", "replace")
    return base64.b64encode(part.data).decode("ascii")


def _holds(task: Task) -> bool:
    """Whether the last answer still says how the task stands."""
    state = State(task.state)
    if state.is_open:
        # Just after a submission the service may not know its own ID yet (fact sheet 4.5): a script would give up.
        return task.origin != Origin.SUBMITTED or (task.task_status or "").casefold() in _OPEN_WORDS
    return state not in (State.EXPIRED, State.CANCELLED)


def _filled(kept: str, parts: Sequence[Part]) -> str | None:
    """The envelope with its data again; None where there is not one place for each of them, or it was cut."""
    if len(_NOTE.findall(kept)) != len(parts) or not kept:
        return None
    datas = iter([json.dumps(data_of(part), ensure_ascii=False) for part in parts])
    whole = _NOTE.sub(lambda found: found[1] + next(datas), kept)
    # What was cut at its limit, or changed because of a secret in it, may be no JSON any more.
    try:
        json.loads(_NOTE.sub(r'\1""', kept))
    except (ValueError, RecursionError):
        return None
    return whole


def _made(task: Task, parts: Sequence[Part], asked_id: str) -> dict[str, Any]:
    results: list[Any] = []
    for part in parts:
        results += [None] * (part.position - len(results))
        results.append({"type": part.type, "data": data_of(part)})
    return json.loads(_said(task, asked_id, _WORDS[State(task.state)], results or None))  # type: ignore[no-any-return]  # an object


def _said(task: Task, asked_id: str, words: tuple[str, str], results: Sequence[object] | None) -> str:
    messages = [str(notice) for notice in task.notices] if not State(task.state).is_open else []
    return json.dumps(
        envelope(asked_id, task_status=words[0], code=words[1], results=results, messages=messages)
    )
