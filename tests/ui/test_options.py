"""No two options of a list of choices read the same."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dashboard.ui.options import told_apart

SOURCES = sorted((Path(__file__).parents[2] / "dashboard" / "ui").rglob("*.py"))

CHOICES = {"selectbox", "radio", "multiselect", "pills", "segmented_control", "select_slider"}

OURS = {
    ("token_dialogs.py", "str.capitalize"): "an enum's words",
    ("token_dialogs.py", "names.__getitem__"): "told apart, beside the word for none",
    ("paste_token.py", "names.__getitem__"): "the same",
    (
        "paste_form.py",
        "lambda value: f'{OPERATIONS[Operation(value)]} ({value})'",
    ): "with the enum's own word",
    ("submit_settings.py", "lambda value: f'{OPERATIONS[Operation(value)]} ({value})'"): "the same",
    ("task_actions.py", "lambda one: f'{OPERATIONS[one]} ({one.value})'"): "the same",
    ("live.py", "lambda interval: f'↻ {interval}'"): "constants",
    (
        "board_menu.py",
        "lambda one: names.get(one, one if isinstance(one, str) else 'removed')",
    ): "of its callers",
    ("board_filter.py", "_word"): "our own words",
    ("team_links.py", "lambda one: one.value.capitalize()"): "an enum's words",
    ("team_keys.py", "lambda one: one.value.capitalize()"): "an enum's words",
    ("team_members.py", "_NAMES.__getitem__"): "constants",
    ("team_audit.py", "lambda one: one.value if one else 'anything'"): "an enum's words",
    ("token_fields.py", "lambda kind: KINDS[kind]"): "constants",
    ("drop_in_form.py", "lambda it: _KINDS[it]"): "constants",
    ("submit_settings.py", "_TITLES.__getitem__"): "constants",
    ("submit_settings.py", "words.__getitem__"): "constants",
    ("library_filter.py", "lambda one: _SORTS[Sort(one)]"): "constants",
    (
        "library_filter.py",
        "lambda one: next((STATES[s].word for s in STATES if s.value == one))",
    ): "constants",
    ("library_filter.py", "lambda one: OPERATIONS[Operation(one)] if one else 'Any'"): "constants",
    ("library_filter.py", "lambda one: tokens.get(one, 'removed')"): "told apart above",
    ("library_filter.py", "_TRIAL.__getitem__"): "constants",
    ("library_filter.py", "_ARCHIVED.__getitem__"): "constants",
    ("regular_run_view.py", "tokens.__getitem__"): "told apart by its caller",
}


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ({}, {}),
        ({1: "Scans", 2: "Bills"}, {1: "Scans", 2: "Bills"}),
        ({1: "Scans", 2: "Scans", 3: "Scans"}, {1: "Scans", 2: "Scans (2)", 3: "Scans (3)"}),
        ({9: "Scans", 4: "Scans"}, {9: "Scans (2)", 4: "Scans"}),  # newest first: the older one keeps its name
        ({1: "Scans", 2: "Scans (2)", 3: "Scans"}, {1: "Scans", 2: "Scans (2)", 3: "Scans (3)"}),
        ({1: "Scans", 2: "Scans", 3: "Scans (2)"}, {1: "Scans", 2: "Scans (2)", 3: "Scans (2) (2)"}),
        ({1: "Scans", 2: " scans\u200b "}, {1: "Scans", 2: "scans\u200b  (2)"}),
        ({None: "not there", 0: "ID", 1: "ID", 2: "not there"},
         {None: "not there", 0: "ID", 1: "ID (2)", 2: "not there (2)"}),
        ({0: "", 1: ""}, {0: "", 1: "(2)"}),
        ({"": "Any", "Any": "Any"}, {"": "Any", "Any": "Any (2)"}),
    ],
)  # fmt: skip
def test_the_second_of_a_name_has_a_number(names: Mapping[object, str], called: Mapping[object, str]) -> None:
    """Whatever stands before it, and in the order of the list."""
    assert told_apart(names) == called
    assert list(told_apart(names)) == list(names)


def test_words_that_a_list_has_besides() -> None:
    """A token that is called like the word for those that are gone."""
    assert told_apart({1: "Removed"}, beside=["removed"]) == {1: "Removed (2)"}


def test_many_of_one_name() -> None:
    """A file with ten thousand columns without a name is no work."""
    called = told_apart(dict.fromkeys(range(10_000), ""))
    assert len(set(called.values())) == 10_000
    assert called[9_999] == "(10000)"


def formats_of(source: str) -> Iterator[str]:
    """How the options of each list of choices are called."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHOICES:
            yield from (ast.unparse(given.value) for given in node.keywords if given.arg == "format_func")


def told_apart_in(source: str) -> set[str]:
    """The names that hold what :func:`told_apart` gave, or :func:`~dashboard.ui.token_words.names_of` by it."""
    return {
        ast.unparse(node.targets[0]) + ".__getitem__"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) in ("told_apart", "names_of")
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_list_tells_its_options_apart(path: Path) -> None:
    """Names that people or the service give stand in a list only after :func:`told_apart` has seen them."""
    source = path.read_text(encoding="utf-8")
    fine = told_apart_in(source)
    found = list(formats_of(source))
    assert [one for one in found if one not in fine and (path.name, one) not in OURS] == []
    assert {one for name, one in OURS if name == path.name} <= set(found)  # none is out of date
