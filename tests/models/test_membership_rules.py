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
