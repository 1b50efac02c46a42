"""What the team's page keeps in its address: the open tab, and what the audit log shows."""

from dashboard.models import Action
from dashboard.ui import address
from dashboard.ui.address import Address, Field

TABS = {
    "members": "Members",
    "urls": "Team URLs",
    "keys": "API keys",
    "audit": "Audit log",
    "settings": "Settings",
}
"""Their words in the address, and their names as the page has them."""

TABS_KEY = "team_tabs"
WHAT_KEY = "team_audit_what"
WHO_KEY = "team_audit_who"
LONGEST_NAME = 200

_WORDS = {name: word for word, name in TABS.items()}
_USUAL = "members"


def in_address() -> Address:
    """The fields of the page as owners see it."""
    return Address(
        "team",
        [
            Field(
                name="tab",
                key=TABS_KEY,
                shows=lambda word: TABS.get(word, TABS[_USUAL]),
                says=lambda name: "" if name == TABS[_USUAL] else _WORDS.get(name, ""),
            ),
            Field(
                name="what",
                key=WHAT_KEY,
                shows=lambda word: Action(word) if word in set(Action) else None,
            ),
            address.text("who", WHO_KEY, most=LONGEST_NAME),
        ],
    )
