"""Which faults are switched on, and for which calls."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dashboard.errors import InputRefused
from dashboard.sandbox.faults.catalogue import CATALOGUE
from dashboard.sandbox.faults.fault import Exchange, Fault, Stage

_KEYS = frozenset({"fault", "times", "operation", "task_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One fault, switched on.

    Attributes:
        times: how many calls it still spoils; None for all.
        operation: only calls of this path, for example ``RecognizeImageTrial`` or ``connect/token``.
        task_id: only calls about this task.
    """

    fault: str
    times: int | None = None
    operation: str | None = None
    task_id: str | None = None

    def fits(self, exchange: Exchange) -> bool:
        """Whether it is meant for this exchange."""
        if self.operation is not None and self.operation.lower() != exchange.path.lower():
            return False
        return self.task_id is None or self.task_id == exchange.task_id


class Switchboard:
    """The switched-on faults, oldest first; the first that fits an exchange spoils it. Thread-safe."""

    def __init__(self) -> None:
        self._switches: list[Switch] = []
        self._lock = threading.Lock()

    def switch_on(self, wish: Mapping[str, Any]) -> Switch:
        """Switch a fault on, as asked for in JSON.

        Raises:
            InputRefused: no such fault, or a value of the wrong kind; the message says which.
        """
        name, times = wish.get("fault"), wish.get("times")
        if unknown := set(wish) - _KEYS:
            raise InputRefused(f"unknown key: {', '.join(sorted(unknown))}")
        if not isinstance(name, str) or name not in CATALOGUE:
            raise InputRefused("fault: no such fault, GET /sandbox/faults lists them")
        if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
            raise InputRefused("times: a whole number of 1 or more, or null")
        for key in ("operation", "task_id"):
            if not isinstance(wish.get(key), str | None):
                raise InputRefused(f"{key}: a string or null")
        switch = Switch(fault=name, times=times, operation=wish.get("operation"), task_id=wish.get("task_id"))
        with self._lock:
            self._switches.append(switch)
        return switch

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._switches.clear()

    def active(self) -> list[dict[str, Any]]:
        """The switched-on faults as JSON values."""
        with self._lock:
            return [asdict(switch) for switch in self._switches]

    def take(self, stage: Stage, exchange: Exchange) -> Fault | None:
        """The fault that spoils this exchange at this stage, if any; counts it as used."""
        with self._lock:
            for at, switch in enumerate(self._switches):
                fault = CATALOGUE[switch.fault]
                if not switch.fits(exchange) or not fault.fits(stage, exchange):
                    continue
                if switch.times == 1:
                    del self._switches[at]
                elif switch.times is not None:
                    self._switches[at] = replace(switch, times=switch.times - 1)
                return fault
        return None
