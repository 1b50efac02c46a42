"""Labels and names as stored. Pure."""

from dashboard.errors import InputRefused
from dashboard.redaction import holds_secret, without_secrets
from dashboard.unseen import cut, is_visible, without_unseen

MAX_LABEL = 200
"""Characters of a label that are kept."""


def clean_label(label: str, *, most: int = MAX_LABEL) -> str:
    """A label or a name as stored: one line, nothing unseen without a meaning, no secrets, so many characters.

    Empty when there would be nothing to see: whoever needs a name refuses that, or takes another one.
    """
    kept = cut(" ".join(without_secrets(without_unseen(label)).split()), most).rstrip()
    return kept if is_visible(kept) else ""


def typed_label(label: str, *, most: int = MAX_LABEL) -> str:
    """The same for what somebody is typing just now, who can be told.

    Raises:
        InputRefused: when it holds a secret; the sentence does not repeat it.
    """
    if any(holds_secret(text) for text in (label, without_unseen(label))):
        raise InputRefused(
            "That holds a secret, such as an access token, and everybody in the team would see it. "
            "Nothing was stored. Register tokens on Tokens."
        )
    return clean_label(label, most=most)
