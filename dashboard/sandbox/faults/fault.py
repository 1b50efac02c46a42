"""What a fault is, and what it knows about the exchange it spoils."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from starlette.responses import Response

from dashboard.sandbox.task_life import Phase


class Call(StrEnum):
    """The kinds of call the service knows."""

    TOKEN = "token"  # noqa: S105 - the name of a call, not a secret
    SUBMIT = "submit"
    FETCH = "fetch"
    STATUS = "status"
    CANCEL = "cancel"


class Stage(StrEnum):
    """When a fault strikes."""

    BEFORE = "instead of the service"  # nothing has happened; a submitted image is not taken
    AFTER = "on the way back"  # the service has done its work


EVERY_CALL = frozenset(Call)
SERVICE_CALLS = EVERY_CALL - {Call.TOKEN}
ASKING = frozenset({Call.FETCH, Call.STATUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call and, once the service has done its work, its answer.

    Attributes:
        now: the sandbox's time, aware UTC.
        path: below ``/v5.0/ocr``, or ``connect/token``.
        address: path and query as asked for.
        task_id: the ID asked about, or the one just given out.
        phase: where that task stands; None when no task was looked at.
        envelope: the JSON object of the answer, if it is one.
        response: the answer as it should be.
    """

    call: Call
    now: datetime
    path: str
    address: str
    task_id: str | None = None
    phase: Phase | None = None
    envelope: dict[str, Any] | None = None
    response: Response | None = None


Answer = Callable[[Exchange], Response]


@dataclass(frozen=True, slots=True)
class Fault:
    """A named way to answer wrongly; strikes only calls of its kinds, on tasks in its phases."""

    name: str
    sentence: str
    calls: frozenset[Call]
    stage: Stage
    phases: frozenset[Phase] | None
    answer: Answer

    def fits(self, stage: Stage, exchange: Exchange) -> bool:
        """Whether it can spoil this exchange at this stage."""
        if stage is not self.stage or exchange.call not in self.calls:
            return False
        return self.phases is None or exchange.phase in self.phases


def fault(
    *,
    calls: frozenset[Call] = SERVICE_CALLS,
    stage: Stage = Stage.BEFORE,
    phases: frozenset[Phase] | None = None,
) -> Callable[[Answer], Fault]:
    """Make a fault of a function: its name is the fault's name, its docstring the sentence."""

    def made(answer: Answer) -> Fault:
        sentence = " ".join((answer.__doc__ or "").split())
        return Fault(getattr(answer, "__name__", ""), sentence, calls, stage, phases, answer)

    return made


def body_of(exchange: Exchange) -> bytes:
    """The bytes of the answer as it should be."""
    return bytes(exchange.response.body) if exchange.response is not None else b""


KNOWN = frozenset(Phase) - {Phase.NOT_EXIST}
"""The phases of a task that exists."""

Envelope = dict[str, Any]


def twist(
    *,
    phases: frozenset[Phase] = frozenset({Phase.COMPLETED}),
    calls: frozenset[Call] = frozenset({Call.FETCH}),
) -> Callable[[Callable[[Envelope], Any]], Fault]:
    """Make a fault of a function from the true envelope to the JSON value that is answered instead."""

    def made(change: Callable[[Envelope], Any]) -> Fault:
        def answer(exchange: Exchange) -> Response:
            twisted = change(dict(exchange.envelope or {}))
            return Response(json.dumps(twisted), media_type="application/json")

        answer.__name__, answer.__doc__ = change.__name__, change.__doc__
        return fault(calls=calls, stage=Stage.AFTER, phases=phases)(answer)

    return made
