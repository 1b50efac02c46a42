"""E-mail addresses as rules of single sign-on compare them: only plain ones, only the letters A to Z folded. Pure.

Unicode knows many signs that some folding or normalising turns into an ASCII letter, the long s into
``s`` and the Kelvin sign into ``k``. Whoever could register such an address would be let in as somebody else.
"""

import re
from string import ascii_lowercase, ascii_uppercase

MAX_ADDRESS = 254
"""Characters of an address (RFC 5321 4.5.3.1.3, erratum 1690)."""

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
# An atom of RFC 5322 without the percent sign and the exclamation mark, by which mail was once routed elsewhere.
# \w takes the letters and digits of every script, so that RFC 6531's addresses are known too; none is an @ or a dot.
_ATOM = r"[\w#$&'*+/=?^`{|}~-]+"
_LABEL = r"\w(?:[\w-]*\w)?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def in_small_letters(text: str) -> str:
    """The text with A to Z in small letters; nothing else is folded."""
    return text.translate(_SMALL)


def plain_address(text: object) -> str | None:
    """An address in small letters; None for what is none, or is quoted, commented, routed or broken."""
    if not isinstance(text, str) or len(text) > MAX_ADDRESS or not _ADDRESS.fullmatch(text):
        return None
    return in_small_letters(text)


def domain_of(address: str) -> str:
    """What stands behind the only @ of a plain address."""
    return address.partition("@")[2]


def plain_domain(text: str) -> str | None:
    """A domain in small letters; None for what is none."""
    return in_small_letters(text) if _DOMAIN.fullmatch(text) else None
