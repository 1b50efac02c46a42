"""What of a browser's message somebody has chosen, and what in it is only older than our last answer.

With each message a browser sends what all its widgets show. A message that was on its way when we set a widget (after
Back, a click on *All*, a page number that begins at 1 again) still says what the widget showed before, and is no wish
to have that back. So each answer that sets something has a number, its turn, which a hidden widget sends back: what
differs from what that turn has shown was chosen, and the rest follows what we know by now. Nothing here knows
Streamlit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

_KEPT = 20
"""Turns: who is further behind than that has waited for many answers."""


@dataclass(slots=True)
class _Turn:
    """One answer: what the widgets show after it, by parameter, and the addresses that the browser may have then."""

    shown: dict[str, str]
    addresses: list[dict[str, str]]


@dataclass(slots=True)
class Known:
    """What is known of one place: the widgets' values as parameters of the address, now and in the turns before."""

    place: str
    turn: int = 0
    values: dict[str, str] = field(default_factory=dict)
    usual: set[str] = field(default_factory=set)
    """Keys of widgets that show the usual choice next."""
    set_by_us: set[str] = field(default_factory=set)
    """Keys of what a button has set since the last answer: a choice, although no browser has sent it."""
    _turns: dict[int, _Turn] = field(default_factory=dict)

    def expects(self, turn: int, address: Mapping[str, str]) -> bool:
        """Whether a browser that has seen this turn may have this address without anybody having gone elsewhere."""
        return any(
            address in one.addresses for number, one in self._turns.items() if number >= self._at(turn)
        )

    def chosen(self, turn: int, sent: Mapping[str, str], ours: Collection[str] = ()) -> set[str]:
        """The names of what somebody has chosen.

        Args:
            turn: the last one that the browser had seen when it sent this.
            sent: what the widgets show by its message, by parameter.
            ours: names of what a button has set.
        """
        shown = self._turns[self._at(turn)].shown
        return {
            name
            for name, value in sent.items()
            if value != self.values.get(name) and (name in ours or value != shown.get(name))
        }

    def settle(
        self,
        values: Mapping[str, str],
        address: Mapping[str, str],
        *,
        next_turn: int,
        turn: int = 0,
        sent: Mapping[str, str] | None = None,
        ours: Collection[str] = (),
    ) -> None:
        """Note what the widgets show from now on.

        Args:
            values: as parameters.
            address: that the browser has until we correct it; the same where it is told at once.
            next_turn: the number of this answer, if it sets anything.
            turn: the last one that the browser had seen.
            sent: what its widgets had shown; None where that does not count.
            ours: names of what a button has set.
        """
        if sent is not None and (before := self._turns.get(turn)):
            before.shown |= {name: value for name, value in sent.items() if name not in ours}
        corrected = sent is not None and self._at(turn) == self.turn and sent != values
        if values != self.values or corrected or not self._turns:
            self.turn = next_turn
        self.values = dict(values)
        self._turns[self.turn] = _Turn(dict(values), [dict(values), dict(address)])
        for old in sorted(self._turns)[:-_KEPT]:
            del self._turns[old]
        self.usual.clear()
        self.set_by_us.clear()

    def _at(self, turn: int) -> int:
        return turn if turn in self._turns else self.turn
