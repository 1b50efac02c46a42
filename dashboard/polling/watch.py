"""Who has stopped beating: a process that holds tasks and shows no sign of life while others can. Pure.

No clocks are compared, for none has to be right: whoever looks sees whether a number has changed since the look
before, and measures by its own watch for how long it has not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

BEAT_SECONDS = 2.0
"""How often a process with calls under way beats, and how often each looks at the others."""

SILENT_SECONDS = 6.0
"""Without a beat for so long, what a process holds is given to others: three beats were missed."""

GAP_SECONDS = 4.0
"""Whose own looks are further apart than this saw nothing of what went on, and observes anew: it was frozen itself,
or the database was away, and nobody could beat."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A process whose tasks others may have, if its beats are still these; None for one that is not known at all."""

    holder: str
    beats: int | None


@dataclass(slots=True)
class _Seen:
    beats: int | None
    since: float


class Watch:
    """What one process knows of the others."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._looked_at: float | None = None

    @property
    def suspects(self) -> bool:
        """Whether somebody seems silent. Then the observer must write itself, to see that it can be done."""
        looked_at = self._looked_at
        return looked_at is not None and any(looked_at > it.since for it in self._seen.values())

    def look(self, beats: Mapping[str, int | None], *, at: float) -> list[Silent]:
        """Note what is seen now; whose tasks are to be given to others.

        Args:
            beats: of each other process that holds tasks.
            at: now, by the watch of this process, in seconds that only grow.
        """
        if self._looked_at is not None and at - self._looked_at > GAP_SECONDS:
            self.begin_anew()
        self._looked_at = at
        self._seen = {holder: self._seen_now(holder, beat, at) for holder, beat in beats.items()}
        return [
            Silent(holder, seen.beats)
            for holder, seen in self._seen.items()
            if at - seen.since >= SILENT_SECONDS
        ]

    def begin_anew(self) -> None:
        """Forget what was seen: an own look or an own beat failed, so that of others means nothing."""
        self._seen, self._looked_at = {}, None

    def _seen_now(self, holder: str, beats: int | None, at: float) -> _Seen:
        before = self._seen.get(holder)
        # Whatever it was: a row that was deleted begins anew.
        return before if before is not None and before.beats == beats else _Seen(beats, at)
