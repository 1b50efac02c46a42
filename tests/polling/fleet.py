"""A deployment in virtual time: processes that poll, their shared rows, people, and a service with a fate.

No thread, no network, no database and no clock: events in a heap. What decides is the product's own and pure: which
tasks are asked about (``fair_shares``), how a service that is away is asked and taken back (``outages``), when it is
asked next (``schedule``, ``waits``, ``learning``), and what an answer means (``transition``). The rows are a list here;
that the statements of the store do the same is tested there, on both databases.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, islice
from random import Random
from typing import Any, cast

from dashboard.errors import CloudError, NoAnswer, RateLimited, ServiceFault, TokenHeld, TokenRejected
from dashboard.models import (
    Answer,
    CallCredential,
    Change,
    Claim,
    CredentialKind,
    Lane,
    Operation,
    Outage,
    ParkReason,
    Pause,
    State,
    TaskAddress,
    TaskKind,
)
from dashboard.polling.fair_shares import FRESH, in_turn, share_out
from dashboard.polling.history import History
from dashboard.polling.learning import Learning, seen_in
from dashboard.polling.outages import (
    LAST_CHANCE_SECONDS,
    STEP_SECONDS,
    Heard,
    calls_after_return,
    has_returned,
    is_away,
    is_settled,
    learned,
    may_probe,
    probe_seconds,
    says_nothing_new,
)
from dashboard.polling.report import Report
from dashboard.polling.schedule import LAST_POLL_MARGIN_SECONDS, LEASE_SECONDS
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.testing import completed, not_found, pending, processing

NOW = datetime(2026, 5, 1, 12, 0, 0).astimezone()
DAY, HOUR = 86_400.0, 3600.0
API_URL = "https://ocr.example"
SPACING = 0.05
FREED_AFTER = 6.0
HANGS = 30.0
"""Seconds until a call that nobody answers is given up."""

AT_RISK = 2 * HOUR
_MOST = 400
"""Of an order that are looked at: more than are claimed in half a second."""

_YIELDING = (ParkReason.BUDGET_REACHED, ParkReason.RATE_LIMITED)
"""Pauses that give way to the last poll."""

DONE = decode_parts(completed("All men.").raw_parts, trial=False)


def moment(at: float) -> datetime:
    """A virtual second as a time."""
    return NOW + timedelta(seconds=at)


def second(at: datetime) -> float:
    """And back."""
    return (at - NOW).total_seconds()


@dataclass(kw_only=True)
class Service:
    """What the service does, and when; all times in virtual seconds."""

    rng: Random
    outages: tuple[tuple[float, float], ...] = ()
    hangs: bool = False
    failure_rate: float = 0.0
    calls_a_second: int | None = None
    skew: float = 0.0
    known_after: float = 0.0
    ready: dict[int, float] = field(default_factory=dict)
    submitted: dict[int, float] = field(default_factory=dict)
    calls: list[tuple[float, int]] = field(default_factory=list)
    _second: Counter[int] = field(default_factory=Counter)

    def is_reachable(self, at: float) -> bool:
        """Whether it answers."""
        return not any(begin <= at < end for begin, end in self.outages)

    def call(self, task: int, at: float, *, is_rejected: bool) -> tuple[float, Answer | CloudError]:
        """How long a call takes, and what it brings."""
        self.calls.append((at, task))
        if not self.is_reachable(at):
            return (HANGS if self.hangs else 0.01), NoAnswer("nobody there")
        refusal = self._refusal(at, is_rejected=is_rejected)
        return self.rng.uniform(0.05, 0.3), refusal or self._answer(task, at)

    def _refusal(self, at: float, *, is_rejected: bool) -> CloudError | None:
        self._second[int(at)] += 1
        if self.calls_a_second is not None and self._second[int(at)] > self.calls_a_second:
            return RateLimited("slow down", http_status=429, retry_after=5.0)
        if is_rejected:
            return TokenRejected("Expired.", http_status=401)
        return ServiceFault("HTTP 500", http_status=500) if self.rng.random() < self.failure_rate else None

    def _answer(self, task: int, at: float) -> Answer:
        age = at - self.submitted[task]
        if age < self.known_after or age >= DAY:
            return not_found()
        if at < self.ready[task]:
            return pending() if age < 1 else processing()
        return completed("All men.")


@dataclass(slots=True)
class Row:
    """A task as it is stored."""

    claim: Claim
    lane: Lane
    due: float | None
    fence: str = ""
    holder: int | None = None
    parts: bool = False
    expires: float = 0.0
    asked: list[float] = field(default_factory=list)


@dataclass(kw_only=True)
class Token:
    """A credential: paused, rejected by the service at times, with a budget."""

    id: int
    rejected: tuple[float, float] = (math.inf, math.inf)
    """The service refuses it meanwhile; a person pastes a new one at its end."""
    daily_budget: int | None = None
    paused_until: float = 0.0
    reason: ParkReason | None = None
    used: Counter[int] = field(default_factory=Counter)
    last_polls: Counter[int] = field(default_factory=Counter)


class Fleet:
    """Processes that poll the same rows.

    Args:
        service: what they ask.
        seed: of jitter and of what crashes.
        slots: calls that one process makes at once.
        processes: how many there are.
        crashes: when which of them is killed, and for how long it is gone.
    """

    def __init__(
        self,
        service: Service,
        *,
        seed: int,
        slots: int = 16,
        processes: int = 2,
        tokens: Iterable[Token] = (),
        crashes: Sequence[tuple[float, int, float]] = (),
        history: History | None = None,
        operation: Operation = Operation.RECOGNIZE_IMAGE,
    ) -> None:
        self.service, self.rng, self.slots = service, Random(seed), slots  # noqa: S311 - jitter
        self.tokens = {token.id: token for token in tokens} or {1: Token(id=1)}
        self.rows: dict[int, Row] = {}
        self.now = 0.0
        self.changed: list[Row] = []
        """Since somebody looked."""
        self.under_way: list[dict[int, Row]] = [{} for _ in range(processes)]
        self.most_under_way = 0
        self.probes: list[float] = []
        self.gone = [(at, at + gone + FREED_AFTER) for at, _, gone in crashes]
        """While one of the processes was dead, or what it held was not yet freed."""
        self.outage: Outage | None = None
        self.learning = Learning()
        self._history = history or History()
        self._kind = TaskKind(API_URL, operation, trial=False)
        self.learning.learn({self._kind: self._history})
        self._schedule: list[tuple[float, int]] = []
        self._due: dict[int, Row] = {}
        self._lanes: dict[Lane, dict[int, Row]] = {}
        self._orders: dict[Lane, tuple[float, tuple[list[int], list[int], list[int]]]] = {}
        self._alive = [1] * processes
        """Which life of a process this is; negative while it is dead."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers, self._fences = count(), count()
        self._turn_at = [math.inf] * processes
        self._last_turn = [-1.0] * processes
        self._turns = count()
        for at, process, gone in crashes:
            self.at(at, lambda process=process: self._crash(process))  # type: ignore[misc]
            self.at(at + gone, lambda process=process: self._restart(process))  # type: ignore[misc]
        for token in self.tokens.values():
            if token.rejected[1] < math.inf:
                self.at(token.rejected[1], lambda token=token: self._paste(token))  # type: ignore[misc]

    def at(self, when: float, do: Callable[[], None]) -> None:
        """Have something happen."""
        heapq.heappush(self._events, (when, next(self._numbers), do))

    def add(
        self,
        *,
        submitted: float,
        takes: float,
        registered: float | None = None,
        told: float | None = None,
        token: int = 1,
        known: bool = True,
    ) -> int:
        """A task that somebody sent, and that is registered here at once or later; its number.

        Args:
            submitted: when the service took it.
            takes: how long it works on it.
            registered: when it is added here.
            told: when people say it was sent, by a clock that may be wrong; the truth where nothing is given.
            token: which one it is asked with.
            known: whether anybody says so.
        """
        task = len(self.service.submitted)
        self.service.submitted[task], self.service.ready[task] = submitted, submitted + takes
        at = submitted if registered is None else registered
        said = (submitted if told is None else told) if known else None
        expires = min(at if said is None else said, at) + DAY
        claim = Claim(
            id=task,
            team_id=1,
            fence="",
            claimed_at=moment(at),
            address=TaskAddress(
                api_url=API_URL, operation=self._kind.operation, trial=False, task_id=str(task)
            ),
            credential_id=token,
            credential=CallCredential(
                credential_id=token,
                team_id=1,
                kind=CredentialKind.ACCESS_TOKEN,
                api_url=API_URL,
                secret="x",
            ),
            state=State.PENDING,
            registered_at=moment(at),
            submitted_at=None if said is None else moment(said),
            expires_at=moment(expires),
            expiry_exact=said is not None,
            polls=0,
            doubts=0,
            errors=0,
            seen_at=None,
            parked=None,
            parked_since=None,
        )

        def register() -> None:
            wait = 0.0
            if registered is None and said is not None:
                wait = self.learning.first_wait(claim.address, age=0.0)
            self.rows[task] = Row(claim, claim.lane, None, expires=expires)
            self._put(self.rows[task], self.now + wait)
            self._wake()

        self.at(at, register)
        return task

    def run(self, until: float = math.inf, *, checked: Callable[["Fleet"], None] | None = None) -> None:
        """Let events happen until this moment, or until none is left."""
        while self._events and self._events[0][0] <= until:
            self.now, _, do = heapq.heappop(self._events)
            do()
            if checked:
                checked(self)
        if until < math.inf:
            self.now = until

    # Processes

    def _put(self, row: Row, due: float | None) -> None:
        """Move a task in the schedule."""
        row.due = due
        self.changed.append(row)
        self._due.pop(row.claim.id, None)
        self._lanes.setdefault(row.lane, {}).pop(row.claim.id, None)
        if due is not None:
            heapq.heappush(self._schedule, (due, row.claim.id))

    def _soonest(self) -> float:
        """When something is due; what is, stands in ``_due`` then."""
        while self._schedule:
            due, task = self._schedule[0]
            if self.rows[task].due == due and due > self.now:
                break
            heapq.heappop(self._schedule)
            if self.rows[task].due == due:
                row = self.rows[task]
                self._due[task] = self._lanes[row.lane][task] = row
        if self._due:
            return self.now
        return self._schedule[0][0] if self._schedule else math.inf

    def _wake(self) -> None:
        soonest = self._soonest()
        if soonest == math.inf:
            return
        if self.outage is not None and self.outage.probe_at is not None:
            soonest = (
                self._next_probe() if is_away(self.outage) else min(soonest, second(self.outage.probe_at))
            )
        elif soonest <= self.now and not any(map(self._may_ask, self._due.values())):
            soonest = max(self.now + SPACING, min(self._next_in_schedule(), self._allowed_at()))
        free = [
            process
            for process, life in enumerate(self._alive)
            if life > 0 and len(self.under_way[process]) < self.slots
        ]
        if not free:
            return  # woken by a restart, or by a call that ends
        # One looks, and wakes the next where something is left: others would find nothing.
        process = min(free, key=lambda it: max(self._last_turn[it] + SPACING, self.now))
        when = max(soonest, self.now, self._last_turn[process] + SPACING)
        if when < min(self._turn_at):
            life = self._alive[process]
            self._turn_at[process] = when
            self.at(when, lambda: self._turn(process, life, when))

    def _next_probe(self) -> float:
        """When a service that is away is asked next: sooner where the time of a task is nearly over."""
        assert self.outage is not None
        assert self.outage.probe_at is not None
        if not self._askable():
            return max(self.now + SPACING, min(self._next_in_schedule(), self._allowed_at()))
        at = second(self.outage.probe_at)
        early = at - probe_seconds(self.outage.failures) + LAST_CHANCE_SECONDS
        ends = (row.expires for row in self.rows.values() if row.due is not None and row.expires > self.now)
        last_chance = min(ends, default=math.inf) - LAST_POLL_MARGIN_SECONDS
        when = min(at, max(early, last_chance))
        return (
            when if when > self.now else self.now + (SPACING if at <= self.now else LAST_CHANCE_SECONDS / 4)
        )

    def _next_in_schedule(self) -> float:
        return self._schedule[0][0] if self._schedule else math.inf

    def _allowed_at(self) -> float:
        """When one of those that are due may be asked about: a pause ends, or a last chance begins."""
        moments = [math.inf]
        for row in (it for it in self.rows.values() if it.due is not None):
            token = self.tokens[row.claim.credential_id or 0]
            moments += [token.paused_until, row.expires]
            if token.reason in _YIELDING:
                moments.append(row.expires - LAST_POLL_MARGIN_SECONDS)
        return min((it for it in moments if it > self.now), default=math.inf)

    def _turn(self, process: int, life: int, when: float) -> None:
        if self._turn_at[process] != when or self._alive[process] != life:
            return
        self._turn_at[process], self._last_turn[process] = math.inf, self.now
        self._bring_back()
        for task in self._chosen(process):
            self._ask(process, life, self.rows[task])
        self._wake()

    def _crash(self, process: int) -> None:
        """Killed: what it asked is never written; others free what it held."""
        if self._alive[process] < 0:
            return
        self._alive[process] = -self._alive[process] - 1
        self._turn_at[process] = math.inf
        held = self.under_way[process]
        self.under_way[process] = {}
        self.at(self.now + FREED_AFTER, lambda: self._free(held, process))

    def _free(self, held: dict[int, Row], process: int) -> None:
        for row in held.values():
            if row.holder == process and row.due is not None and row.fence:
                row.fence, row.holder = "", None
                self._put(row, self.now)
        self._wake()

    def _restart(self, process: int) -> None:
        if self._alive[process] < 0:
            self._alive[process] = -self._alive[process]
            self._last_turn[process], self._turn_at[process] = self.now, math.inf
            self._wake()

    def _paste(self, token: Token) -> None:
        token.paused_until, token.reason = 0.0, None
        self._wake()

    # Which tasks

    def _chosen(self, process: int) -> list[int]:
        free = self.slots - len(self.under_way[process])
        if is_away(self.outage):
            return self._probe() if free > 0 else []
        self._soonest()
        due: dict[Lane, list[Row]] = {}
        for lane, rows in self._lanes.items():
            is_paused = self.tokens[lane.credential_id or 0].paused_until > self.now
            due[lane] = (
                [row for row in rows.values() if self._may_ask(row)] if is_paused else [*rows.values()]
            )
        due = {lane: found for lane, found in due.items() if found}
        busy = Counter(row.lane for row in self.under_way[process].values())
        numbers = {lane: len(rows) for lane, rows in due.items()}
        if self.outage is not None and has_returned(self.outage):
            room = max(calls_after_return(self.outage, moment(self.now)) - sum(busy.values()), 0)
            free = min(free, room)
        shares = share_out(free, due=numbers, busy=busy, turn=next(self._turns)) if free > 0 else {}
        chosen: list[int] = []
        for lane, share in shares.items():
            at_risk, fresh, longest_due = self._ordered(lane, due[lane])
            chosen += in_turn(
                share,
                at_risk=_still(share, at_risk, self._due),
                fresh=_still(share, fresh, self._due),
                longest_due=_still(share, longest_due, self._due),
                turn=next(self._turns),
            )
        return chosen[:free]

    def _ordered(self, lane: Lane, rows: list[Row]) -> tuple[list[int], list[int], list[int]]:
        """Those of a lane that are due in each order; of thousands as they were up to half a second ago."""
        known = self._orders.get(lane)
        if known is not None and len(rows) > 500 and self.now - known[0] < 0.5:
            return known[1]
        at_risk = [it for it in rows if self.now < it.expires <= self.now + AT_RISK]
        fresh = [it for it in rows if it.expires > self.now + DAY - FRESH.total_seconds()]
        found = (
            _first(_MOST, at_risk, lambda it: it.expires),
            _first(_MOST, fresh, lambda it: -it.expires),
            _first(_MOST, rows, lambda it: it.due or 0.0),
        )
        self._orders[lane] = self.now, found
        return found

    def _may_ask(self, row: Row) -> bool:
        token = self.tokens[row.claim.credential_id or 0]
        if token.paused_until <= self.now or row.expires <= self.now:
            return True
        return token.reason in _YIELDING and row.expires <= self.now + LAST_POLL_MARGIN_SECONDS

    def _askable(self) -> list[Row]:
        """Those that a probe may ask about."""
        return [
            row
            for row in self.rows.values()
            if row.due is not None and (row.due <= self.now or not row.fence) and self._may_ask(row)
        ]

    def _probe(self) -> list[int]:
        outage = self.outage
        assert outage is not None
        now = moment(self.now)
        askable = self._askable()
        last = [
            row
            for row in askable
            if row.due is not None
            and row.due <= self.now < row.expires <= self.now + LAST_POLL_MARGIN_SECONDS
        ]
        if last and may_probe(outage, now, last_chance=True):
            chosen = min(last, key=lambda it: it.expires)
        elif askable and may_probe(outage, now):
            chosen = min(askable, key=lambda it: (it.claim.errors > 0, it.expires))
        else:
            return []
        outage.failures += 1
        outage.probe_at = now + timedelta(seconds=probe_seconds(outage.failures))
        self.probes.append(self.now)
        return [chosen.claim.id]

    def _bring_back(self) -> None:
        """Make due what was put off, more of it with each step; the nearest deadline first."""
        outage, now = self.outage, moment(self.now)
        if (
            outage is None
            or not has_returned(outage)
            or (outage.probe_at is not None and outage.probe_at > now)
        ):
            return
        put_off = [
            row
            for row in self.rows.values()
            if row.due is not None and row.due > self.now and not row.fence and row.claim.errors > 0
        ]
        for task in _first(calls_after_return(outage, now), put_off, lambda it: it.expires):
            self._put(self.rows[task], self.now)
        if not put_off and is_settled(outage, now):
            self.outage = None
        else:
            outage.probe_at = now + timedelta(seconds=STEP_SECONDS * (1 if put_off else 10))

    # What becomes of them

    def _ask(self, process: int, life: int, row: Row) -> None:
        fence = f"{process} {next(self._fences)}"
        row.fence, row.holder = fence, process
        self._put(row, self.now + LEASE_SECONDS)
        claim = replace(row.claim, fence=fence, claimed_at=moment(self.now), polls=row.claim.polls + 1)
        row.claim = claim
        self.under_way[process][claim.id] = row
        self.most_under_way = max(self.most_under_way, *(len(it) for it in self.under_way))
        token = self.tokens[claim.credential_id or 0]
        is_last = self.now < row.expires <= self.now + LAST_POLL_MARGIN_SECONDS
        today = int(self.now // DAY)
        said: Answer | CloudError
        if token.daily_budget is not None and token.used[today] >= token.daily_budget and not is_last:
            token.paused_until, token.reason = (today + 1) * DAY, ParkReason.BUDGET_REACHED
            took, said = 0.0, TokenHeld("The call budget of this token is used up.")
        else:
            if token.daily_budget is not None and token.used[today] >= token.daily_budget:
                token.last_polls[today] += 1
            token.used[today] += 1
            row.asked.append(self.now)
            is_rejected = token.rejected[0] <= self.now < token.rejected[1]
            took, said = self.service.call(claim.id, self.now, is_rejected=is_rejected)
        began = self.now
        self.at(self.now + took, lambda: self._hear(process, life, row, claim, began, said))

    def _hear(
        self, process: int, life: int, row: Row, claim: Claim, began: float, said: Answer | CloudError
    ) -> None:
        if self._alive[process] != life:
            return  # it was killed meanwhile
        self.under_way[process].pop(claim.id, None)
        if row.fence == claim.fence:
            self._record(row, self._decided(claim, began, said))
        self._wake()

    def _decided(self, claim: Claim, began: float, said: Answer | CloudError) -> Change:
        answer, error = (said, None) if isinstance(said, Answer) else (None, said)
        now = moment(self.now)
        report = Report(
            started_at=moment(began),
            duration_ms=round((self.now - began) * 1000),
            answer=answer,
            parts=DONE if answer and answer.state is State.COMPLETED else (),
            error=error,
            service_time=now + timedelta(seconds=self.service.skew),
        )
        cost = self.learning.cost
        return decide(
            claim,
            report,
            now=now,
            cost=cost,
            rng=self.rng,
            learned=self.learning.for_claim(claim, cost),
        )

    def _record(self, row: Row, change: Change) -> None:
        values = dict(change.values)
        if "state" in values:
            values["state"] = State(values["state"])
        if values.get("parked"):
            values["parked"] = ParkReason(values["parked"])
        kept = {name: value for name, value in values.items() if name in Claim.__dataclass_fields__}
        row.claim = replace(row.claim, **kept)
        delay = change.next_delay_seconds
        self._put(row, None if delay is None else self.now + delay)
        row.fence, row.holder = "", None
        if change.parts is not None:
            row.parts = bool(change.parts)
        if change.pause is not None:
            self._pause(self.tokens[row.claim.credential_id or 0], change.pause)
        self._hear_of_service(change)
        for seen in seen_in([change], cost=self.learning.cost).values():
            self._history = self._history.with_seen(seen)
            self.learning.learn({self._kind: self._history})

    def _pause(self, token: Token, pause: Pause) -> None:
        until = math.inf if pause.until is None else second(pause.until)
        if token.rejected[0] <= self.now < token.rejected[1] or pause.until is not None:
            token.paused_until, token.reason = max(token.paused_until, until), pause.reason

    def _hear_of_service(self, change: Change) -> None:
        if change.answered is None or change.attempt is None:
            return
        failures = [] if change.answered else [(change.attempt.started_at, "")]
        heard = Heard(answered=change.answered, failures=failures)
        if says_nothing_new(self.outage, heard):
            return
        after = learned(self.outage, heard, moment(self.now))
        self.outage = None if after is None else _outage(after)


@dataclass(slots=True)
class _Away:
    """The columns of ``Outage``; SQLModel takes longer to make one than the rest of a poll."""

    failures: int
    since: datetime
    probe_at: datetime | None
    detail: str


def _outage(columns: Mapping[str, Any]) -> Outage:
    return cast("Outage", _Away(**columns))


def _still(most: int, tasks: list[int], due: Mapping[int, Row]) -> list[int]:
    return list(islice((task for task in tasks if task in due), most))


def _first(most: int, rows: list[Row], by: Callable[[Row], float]) -> list[int]:
    return [row.claim.id for row in heapq.nsmallest(most, rows, key=by)]
