"""Every word of the product has words for people."""

import re

import pytest

from dashboard.models import ATTENTION_STATES, Operation, ParkReason, State
from dashboard.ui import wording

TONES = {"good", "busy", "warn", "bad", "quiet"}


@pytest.mark.parametrize(
    "said", [*wording.STATES.values(), *wording.REASONS.values()], ids=lambda it: it.word
)
def test_everything_said_is_whole(said: wording.Wording) -> None:
    """A word, one sign, a tone, and a sentence that ends like one."""
    assert said.word[0].isupper()
    assert len(said.icon) == 1
    assert said.tone in TONES
    assert re.fullmatch(r"[A-Z].*\.", said.sentence)


def test_every_state_has_words_of_its_own() -> None:
    """No two can be mixed up."""
    assert set(wording.STATES) == set(State)
    assert len({said.word for said in wording.STATES.values()}) == len(State)
    assert len({said.sentence for said in wording.STATES.values()}) == len(State)


def test_every_reason_has_words_of_its_own() -> None:
    """No two can be mixed up."""
    assert set(wording.REASONS) == set(ParkReason)
    assert len({said.word for said in wording.REASONS.values()}) == len(ParkReason)


def test_every_operation_has_a_name_of_its_own() -> None:
    """No two can be mixed up."""
    assert set(wording.OPERATIONS) == set(Operation)
    assert len(set(wording.OPERATIONS.values())) == len(Operation)


@pytest.mark.parametrize("state", sorted(ATTENTION_STATES))
def test_what_needs_a_person_does_not_look_good(state: State) -> None:
    """Nobody else will look at it."""
    assert wording.STATES[state].tone in {"warn", "bad"}


@pytest.mark.parametrize(
    ("operation", "trial", "name"),
    [
        ("RecognizeImage", False, "Image"),
        ("RecognizeImage", True, "Image, trial"),
        ("RecognizeDreams", False, "RecognizeDreams"),
    ],
)
def test_an_operation_is_named(operation: str, name: str, *, trial: bool) -> None:
    """One we do not know by the service's own name."""
    assert wording.operation_name(operation, trial=trial) == name


@pytest.mark.parametrize("state", sorted(State))
def test_parking_shows_only_while_a_task_is_open(state: State) -> None:
    """A final state is the last word."""
    said = wording.of_task(state, ParkReason.UNREACHABLE)

    assert said is (wording.REASONS[ParkReason.UNREACHABLE] if state.is_open else wording.STATES[state])
    assert wording.of_task(state, None) is wording.STATES[state]
