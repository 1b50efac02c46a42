"""Which teams and roles single sign-on gives."""

import pytest

from dashboard.models import Role
from dashboard.models.membership_rules import Identity, parse_rules, roles_of


def somebody(**given: object) -> Identity:
    """An account of a provider."""
    known: dict[str, object] = {"issuer": "https://id.example.org", "subject": "4711"}
    return Identity(**known | given)  # type: ignore[arg-type]  # each test names real fields


ANN = somebody(email="ann@example.org", groups=frozenset({"ocr-editors", "Staff, Berlin"}))
UNVERIFIED = somebody(email=None)


@pytest.mark.parametrize(
    ("rules", "who", "expected"),
    [
        pytest.param("ann@example.org=team:owner", ANN, {"team": Role.OWNER}, id="an address"),
        pytest.param(" Ann@Example.ORG = team : Owner ", ANN, {"team": Role.OWNER}, id="as people type it"),
        pytest.param("bob@example.org=team:owner", ANN, {}, id="somebody else"),
        pytest.param("*@example.org=team:viewer", ANN, {"team": Role.VIEWER}, id="a domain"),
        pytest.param("*@EXAMPLE.org=team:viewer", ANN, {"team": Role.VIEWER}, id="a domain in capitals"),
        pytest.param("*@ample.org=team:viewer", ANN, {}, id="the end of a domain is another domain"),
        pytest.param(
            "*@example.org=team:viewer",
            somebody(email="ann@example.org@evil.test"),
            {},
            id="the domain is what stands after the last @",
        ),
        pytest.param("*@example.org=team:viewer", UNVERIFIED, {}, id="no verified address, no domain"),
        pytest.param("group:ocr-editors=team:editor", ANN, {"team": Role.EDITOR}, id="a group"),
        pytest.param("group:OCR-editors=team:editor", ANN, {}, id="groups are as the provider writes them"),
        pytest.param("group:ocr=team:editor", ANN, {}, id="the beginning of a group is another group"),
        pytest.param("subject:4711=team:editor", ANN, {"team": Role.EDITOR}, id="an account"),
        pytest.param("subject:471=team:editor", ANN, {}, id="another account"),
        pytest.param("*=team:viewer", UNVERIFIED, {"team": Role.VIEWER}, id="everybody"),
        pytest.param(
            "*=team:viewer,ann@example.org=team:owner,*@example.org=team:editor",
            ANN,
            {"team": Role.OWNER},
            id="the largest role counts, whatever the order",
        ),
        pytest.param(
            "*=team:viewer\ngroup:ocr-editors=scans-2:editor\n",
            ANN,
            {"team": Role.VIEWER, "scans-2": Role.EDITOR},
            id="several teams, a line each",
        ),
        pytest.param("", ANN, {}, id="no rule, nobody"),
        pytest.param(" , ,\n", ANN, {}, id="only commas"),
    ],
)
def test_rules_name_teams_and_roles(rules: str, who: Identity, expected: dict[str, Role]) -> None:
    """Who is meant, and with what."""
    assert roles_of(who, parse_rules(rules)) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param("ann@example.org", "who=team:role", id="no team"),
        pytest.param("ann@example.org=team", "who=team:role", id="no role"),
        pytest.param("=team:viewer", "who=team:role", id="nobody"),
        pytest.param("ann@example.org=team:admin", "viewer, editor, owner", id="no such role"),
        pytest.param("ann@example.org=My Team:viewer", "?team=", id="a team's title instead of its name"),
        pytest.param("ann=team:viewer", "e-mail address", id="a name"),
        pytest.param("*@=team:viewer", "e-mail address", id="no domain"),
        pytest.param("*@*.org=team:viewer", "e-mail address", id="a pattern"),
        pytest.param("*nn@example.org=team:viewer", "e-mail address", id="half a pattern"),
        pytest.param("group:=team:viewer", "e-mail address", id="a group without a name"),
        pytest.param("a@b=c=team:viewer", "who=team:role", id="two equal signs"),
    ],
)
def test_a_rule_that_cannot_be_read_is_repeated(rule: str, said: str) -> None:
    """A typing mistake must neither lock people out silently nor let anybody in."""
    with pytest.raises(ValueError, match=r"rule|role|team|nobody") as refused:
        parse_rules(f"*@example.org=team:viewer,{rule}")

    assert said in str(refused.value)
    assert rule in str(refused.value)


SAM = "sam@example.org=team:owner"
ALL = "*@example.org=team:viewer"


@pytest.mark.parametrize(
    ("email", "by_address", "by_domain"),
    [
        pytest.param("sam@example.org", True, True, id="as written"),
        pytest.param("SAM@EXAMPLE.ORG", True, True, id="in capitals"),
        pytest.param("sam.o'neill+ocr@example.org", False, True, id="signs that addresses may have"),
        pytest.param("s\u00e4m@example.org", False, True, id="another letter of the same domain"),
        pytest.param("\u017fam@example.org", False, True, id="long s folds to s"),
        pytest.param("sam@example.or\u1d4d", False, False, id="a raised g normalises to g"),
        pytest.param("sam@e\u1e8bample.org", False, False, id="x with a dot"),
        pytest.param("\uff53\uff41\uff4d@example.org", False, True, id="full width"),
        pytest.param("sam@\uff45xample.org", False, False, id="a domain in full width"),
        pytest.param("sam\uff20example.org", False, False, id="a full-width @"),
        pytest.param("sam@example\u3002org", False, False, id="an ideographic full stop"),
        pytest.param("sam@example\uff0eorg", False, False, id="a full-width dot"),
        pytest.param("s\u0430m@example.org", False, True, id="a Cyrillic a"),
        pytest.param("sa\u200bm@example.org", False, False, id="a zero-width space"),
        pytest.param("sam@example.org\u200b", False, False, id="a zero-width space at the end"),
        pytest.param("sam@exam\u00adple.org", False, False, id="a soft hyphen"),
        pytest.param("\u202esam@example.org", False, False, id="written backwards"),
        pytest.param("evil@x@example.org", False, False, id="two @"),
        pytest.param("sam@example.org@evil.test", False, False, id="the domain first"),
        pytest.param('"evil@x"@example.org', False, False, id="quoted"),
        pytest.param('"sam"@example.org', False, False, id="quoted without need"),
        pytest.param("sam(at work)@example.org", False, False, id="a comment"),
        pytest.param("Sam <sam@example.org>", False, False, id="a name before it"),
        pytest.param("evil%x@example.org", False, False, id="the percent hack"),
        pytest.param("x!evil@example.org", False, False, id="a bang path"),
        pytest.param("@x,@y:sam@example.org", False, False, id="a source route"),
        pytest.param("evil@x,sam@example.org", False, False, id="two addresses"),
        pytest.param("evil@x;sam@example.org", False, False, id="two addresses by a semicolon"),
        pytest.param("evil@x sam@example.org", False, False, id="a blank"),
        pytest.param(" sam@example.org", False, False, id="a blank before it"),
        pytest.param("sam@example.org\n", False, False, id="a line feed"),
        pytest.param("sam@example.org\0", False, False, id="a zero byte"),
        pytest.param("sam@example.org\r\nBcc: evil@x", False, False, id="a header"),
        pytest.param("evil@x\t@example.org", False, False, id="a tab"),
        pytest.param("sam\\@example.org", False, False, id="a backslash"),
        pytest.param("sam@example.org.", False, False, id="a dot at the end"),
        pytest.param("sam@.example.org", False, False, id="a dot before the domain"),
        pytest.param(".sam@example.org", False, False, id="a dot at the start"),
        pytest.param("sam..x@example.org", False, False, id="two dots"),
        pytest.param("sam@sub.example.org", False, False, id="below the domain"),
        pytest.param("sam@[127.0.0.1]", False, False, id="an address literal"),
        pytest.param("mailto:sam@example.org", False, False, id="a URL"),
        pytest.param("@example.org", False, False, id="nobody"),
        pytest.param("sam@", False, False, id="nowhere"),
        pytest.param("example.org", False, False, id="no @"),
        pytest.param("", False, False, id="empty"),
        pytest.param("s" * 243 + "@example.org", False, False, id="too long"),
    ],
)
def test_only_plain_addresses_are_somebody(*, email: str, by_address: bool, by_domain: bool) -> None:
    """No other sign becomes a letter of somebody's address, and nothing but one @ leads to a domain."""
    who = somebody(email=email)

    assert roles_of(who, parse_rules(SAM)) == ({"team": Role.OWNER} if by_address else {})
    assert roles_of(who, parse_rules(ALL)) == ({"team": Role.VIEWER} if by_domain else {})


@pytest.mark.parametrize(
    ("rule", "email"),
    [
        pytest.param("\u017fam@example.org=team:owner", "sam@example.org", id="long s"),
        pytest.param("*@\u212aelvin.org=team:owner", "ann@kelvin.org", id="the Kelvin sign"),
        pytest.param("sa\u0131d@example.org=team:owner", "said@example.org", id="a dotless i"),
        pytest.param("*@stra\u00dfe.example=team:owner", "ann@strasse.example", id="a sharp s"),
    ],
)
def test_rules_fold_only_a_to_z_either(rule: str, email: str) -> None:
    """What an operator pasted is compared as it stands."""
    assert roles_of(somebody(email=email), parse_rules(rule)) == {}


def test_addresses_of_every_script_can_be_named() -> None:
    """RFC 6531; compared sign by sign."""
    who = somebody(email="J\u00f6rg@B\u00fccher.example")
    assert roles_of(who, parse_rules("j\u00f6rg@b\u00fccher.example=team:owner")) == {"team": Role.OWNER}
    assert roles_of(who, parse_rules("*@b\u00fccher.example=team:viewer")) == {"team": Role.VIEWER}
