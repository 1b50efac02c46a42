"""Single sign-on: who of those a provider vouches for belongs to which team, in which role.

A rule is written ``who=team:role``; rules are separated by commas or lines. ``who`` is an e-mail address
(``ann@example.org``), a domain (``*@example.org``), a group (``group:ocr-editors``), an account
(``subject:4711``) or everybody of the provider (``*``). ``team`` is a team's name in addresses (``?team=``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dashboard.models.actors import Role
from dashboard.models.mail_address import domain_of, in_small_letters, plain_address, plain_domain

_RULE = re.compile(r"(?P<who>[^=]+)=(?P<team>[^=:]+):(?P<role>[^=:]+)")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{,59}")
_EXAMPLE = "*@example.org=team:viewer"


class Who(StrEnum):
    """What a rule looks at."""

    EMAIL = "email"
    DOMAIN = "domain"
    GROUP = "group"
    SUBJECT = "subject"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a provider says somebody is.

    Attributes:
        issuer: the provider.
        subject: the account's stable ID there; unique with the issuer.
        name: what people call them; may be empty.
        email: only when the provider has verified that it is theirs. Rules know plain addresses only.
        groups: as the provider names them.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str | None = None
    groups: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What is stored to recognise the account again."""
        return f"{self.issuer} {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRule:
    """One rule; ``value`` is empty for everybody, and in small letters for addresses and domains."""

    who: Who
    value: str
    team: str
    role: Role

    def covers(self, identity: Identity) -> bool:
        """Whether somebody is meant."""
        match self.who:
            case Who.EMAIL:
                return plain_address(identity.email) == self.value
            case Who.DOMAIN:
                address = plain_address(identity.email)
                return address is not None and domain_of(address) == self.value
            case Who.GROUP:
                return self.value in identity.groups
            case Who.SUBJECT:
                return identity.subject == self.value
            case Who.EVERYBODY:
                return True


def parse_rules(text: str) -> tuple[MemberRule, ...]:
    """Read what was configured.

    Raises:
        ValueError: with a sentence that repeats the rule that cannot be read; rules are no secrets.
    """
    written = [rule.strip() for rule in re.split(r"[,\n]", text)]
    return tuple(_parse(rule) for rule in written if rule)


def roles_of(identity: Identity, rules: Iterable[MemberRule]) -> dict[str, Role]:
    """The teams somebody belongs to by the rules, each with the largest role that a rule gives."""
    roles: dict[str, Role] = {}
    for rule in rules:
        if rule.covers(identity) and not (rule.team in roles and roles[rule.team].covers(rule.role)):
            roles[rule.team] = rule.role
    return roles


def is_slug(text: str) -> bool:
    """Whether a text can be a team's name in addresses."""
    return _SLUG.fullmatch(text) is not None


def _parse(rule: str) -> MemberRule:
    found = _RULE.fullmatch(rule)
    if found is None:
        msg = f"“{rule}” is not a rule; write who=team:role, such as {_EXAMPLE}"
        raise ValueError(msg)
    team, role = found["team"].strip(), in_small_letters(found["role"].strip())
    if role not in set(Role):
        msg = f"“{rule}” names no role; there are {', '.join(Role)}"
        raise ValueError(msg)
    if not is_slug(team):
        msg = f"“{rule}” names no team; write it as in addresses after ?team=, such as {_EXAMPLE}"
        raise ValueError(msg)
    who, value = _who(found["who"].strip(), rule)
    return MemberRule(who=who, value=value, team=team, role=Role(role))


def _who(written: str, rule: str) -> tuple[Who, str]:
    kind, colon, value = written.partition(":")
    if colon and kind in (Who.GROUP, Who.SUBJECT) and value.strip():
        return Who(kind), value.strip()
    if written == "*":
        return Who.EVERYBODY, ""
    if written.startswith("*@") and (domain := plain_domain(written[2:])):
        return Who.DOMAIN, domain
    if "*" not in written and (address := plain_address(written)):
        return Who.EMAIL, address
    msg = (
        f"“{rule}” names nobody; before the = stands an e-mail address, *@domain, group:name, subject:id or *"
    )
    raise ValueError(msg)
