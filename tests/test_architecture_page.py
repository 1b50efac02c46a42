"""The page that explains the house: what it names is there, and it answers in few files."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from dashboard.models import METADATA

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "dashboard" / "ARCHITECTURE.md"
SHEET = ROOT / "dashboard" / "cloud" / "SERVICE.md"
MOST_FILES = 2
"""So many files one opens for an answer to "where is …?", at most."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_NAMED = re.compile(r"\[`[^`]+`\]\(([^)\s#]+\.py)\)((?:,?\s(?:and\s)?`[\w.]+`)+)")
_CITED = re.compile(r"\((?:design|architecture)[,:]? *([^)]*)\)", re.IGNORECASE)


def section(title: str) -> str:
    """What the page says under a heading."""
    found = re.search(
        rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"no section {title!r}"
    return found[1]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Everything a module defines, methods and attributes of its classes with and without the class."""
    found: set[str] = set()

    def look(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            names: list[str] = []
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names = [node.name]
            elif isinstance(node, ast.Assign):
                names = [it.id for it in node.targets if isinstance(it, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            found.update(names, (f"{owner}{name}" for name in names))
            if isinstance(node, ast.ClassDef):
                look(node.body, f"{owner}{node.name}.")

    look(ast.parse(path.read_text("utf-8")).body, "")
    return frozenset(found)


@pytest.mark.parametrize("page", [PAGE, SHEET, ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Within the repository."""
    links = [link for link in _LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert links or page == SHEET
    gone = [link for link in links if link.split("#")[0] and not (page.parent / link.split("#")[0]).exists()]
    assert gone == []


def test_names_are_there() -> None:
    """Whatever stands behind a linked module is defined in it."""
    named = [
        (path, name)
        for path, names in _NAMED.findall(PAGE.read_text("utf-8"))
        for name in re.findall(r"`([\w.]+)`", names)
    ]
    assert len(named) > 30
    assert [(path, name) for path, name in named if name not in names_in(PAGE.parent / path)] == []


def test_every_room_has_a_line() -> None:
    """Each folder and each module that stands beside them."""
    rooms = {
        path.name + "/" * path.is_dir()
        for path in PAGE.parent.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    told = set(re.findall(r"`([\w/]+(?:\.py)?)`", section("Rooms")))
    assert rooms - told - {"__init__.py"} == set()


def test_every_table_has_a_place_among_machines() -> None:
    """Each one is told how it would be spread, the index of texts too, and none that is gone."""
    rows = [row.split("|") for row in section("Many machines").splitlines() if row.startswith("| `")]
    places = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[1])}
    tables = {*METADATA.tables, "search_text"}
    assert tables - places == set()
    assert places - tables == {"team_revision"}  # what the design adds


def test_answers_are_near() -> None:
    """A question of "where is …?" is answered in two files at most."""
    rows = [row for row in section("Where is …?").splitlines() if row.startswith("| ") and "](" in row]
    assert len(rows) >= 12
    assert [row for row in rows if len(set(_LINK.findall(row))) > MOST_FILES] == []


def test_citations_resolve() -> None:
    """Code that cites a section of the page cites one that is there."""
    cited = [
        (path.relative_to(ROOT).as_posix(), words)
        for folder in ("dashboard", "pages", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for words in _CITED.findall(path.read_text("utf-8"))
    ]
    headings = re.findall(r"^## (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert cited
    assert [one for one in cited if not any(one[1].lower() == heading.lower() for heading in headings)] == []
