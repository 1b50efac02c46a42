"""Every dialog has a way out, names what it is about, and is red where something is destroyed; read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "dashboard" / "ui"
DESTROY = ("Delete", "Remove", "Revoke", "Sign out", "Cancel")
ABOUT_NOTHING = {"_new_team", "_filters"}
"""What makes something new has no name to say yet, and what is looked at is not changed."""


def dialogs() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function that is drawn as a dialog."""
    for file in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                "st.dialog" in ast.unparse(it) for it in node.decorator_list
            ):
                yield file.name, node


FOUND = [pytest.param(node, id=f"{file}:{node.name}") for file, node in dialogs()]


def calls(node: ast.FunctionDef, name: str) -> list[ast.Call]:
    """The calls of a function inside it."""
    return [it for it in ast.walk(node) if isinstance(it, ast.Call) and ast.unparse(it.func) == name]


def test_there_are_dialogs() -> None:
    """So the tests below are about something."""
    assert len(FOUND) > 12


@pytest.mark.parametrize("node", FOUND)
def test_each_has_a_way_out(node: ast.FunctionDef) -> None:
    """Beside the button that does it, which is red where it destroys."""
    (ending,) = calls(node, "confirming.confirmed")
    does = ast.unparse(ending.args[0]).lstrip("f").strip("'\"")
    destroys = any(it.arg == "destroys" and ast.unparse(it.value) == "True" for it in ending.keywords)
    assert destroys == does.startswith(DESTROY)
    if does.startswith("Cancel"):
        assert any(it.arg == "leave" for it in ending.keywords), "two buttons called Cancel"


@pytest.mark.parametrize("node", FOUND)
def test_each_names_what_it_is_about(node: ast.FunctionDef) -> None:
    """The thing, or how many of them."""
    said = {ast.unparse(it.func) for it in ast.walk(node) if isinstance(it, ast.Call)}
    assert node.name in ABOUT_NOTHING or said & {"messages.plain", "messages.named", "_name", "count_of"}
