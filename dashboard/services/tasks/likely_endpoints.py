"""Which endpoints may have taken an image, the likely ones first. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dashboard.models import Operation

MOST_PAID = 6
"""Endpoints of one search that may be billed; asking all of them is no way to treat an account (fact sheet 2)."""

_SPEECH = "TTS"
"""What IDs of speech begin with (fact sheet 3.2)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One endpoint."""

    operation: Operation
    trial: bool

    @property
    def is_free(self) -> bool:
        """Whether asking there costs nothing: evaluation mode is asked without a token."""
        return self.trial


_ALL = tuple(
    Place(operation, trial)
    for operation in Operation  # which are in the order in which people use them
    for trial in (False, True)
    if operation.has_trial or not trial
)


def in_likely_order(task_id: str, *, asked: Place, history: Mapping[Place, int]) -> tuple[Place, ...]:
    """The endpoints to be asked about an ID, in their order: free ones first, then as often as the team used them.

    Args:
        task_id: as the service gave it.
        asked: where it was not found.
        history: how many of the team's tasks each endpoint knew.
    """
    is_speech = task_id.upper().startswith(_SPEECH)
    possible = [
        place
        for place in _ALL
        if place != asked and (place.operation is Operation.TEXT_TO_SPEECH) is is_speech
    ]
    likely = sorted(possible, key=lambda place: -history.get(place, 0))  # the others stay in their order
    free = [place for place in likely if place.is_free]
    paid = [place for place in likely if not place.is_free]
    return (*free, *paid[:MOST_PAID])


def most_calls(places: Collection[Place]) -> int:
    """The calls with a token that a search may take: a status, each endpoint, and the result where it is there."""
    paid = sum(not place.is_free for place in places)
    return paid + 2 if paid else 0
