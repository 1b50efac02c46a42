"""Sentences that say where something is done lead there, on every page that shows them."""

import pytest

from dashboard.models import ParkReason
from dashboard.ui import messages, routes
from dashboard.ui.wording import REASONS


@pytest.fixture(autouse=True)
def team(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows a team whose name needs quoting."""
    monkeypatch.setattr(routes, "with_team", lambda params: {**params, "team": "a&b"})


def test_the_page_is_a_link() -> None:
    """Also in the middle of a sentence; what else is in it is text."""
    assert messages.led("<b> Paste a new one on Tokens and it continues.") == (
        '&lt;b&gt; Paste a new one on <a href="tokens?team=a%26b" target="_self">Tokens</a> and it continues.'
    )
    assert '<a href="team?team=a%26b"' in messages.led("They can do so on Team.")


@pytest.mark.parametrize(
    "text", ["Tokens are secrets.", "The team “Team”", "Tokens on Tuesday", "on Tokenside"]
)
def test_other_words_are_none(text: str) -> None:
    """A link is where a sentence sends somebody."""
    assert "<a" not in messages.led(text)


@pytest.mark.parametrize("reason", [it for it in ParkReason if "Tokens" in REASONS[it].sentence])
def test_parked_sentences_lead_there(reason: ParkReason) -> None:
    """Every one of them that names the page."""
    assert 'href="tokens' in messages.led(REASONS[reason].sentence)
