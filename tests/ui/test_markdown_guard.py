"""Nothing that a person typed reaches a place that Streamlit reads as Markdown, but through ``messages.plain``.

Read from the source, so that a page somebody writes tomorrow is held to it too: what goes to such a place is a
constant, a number, a word of our own tables, or goes through ``plain``. Everything else fails here and is either mended
or, when it is ours after all, added to ``OURS``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    [
        *(ROOT / "dashboard" / "ui").rglob("*.py"),
        *(ROOT / "pages").glob("*.py"),
        ROOT / "dashboard" / "app.py",
    ]
)

BODY_FIRST = frozenset({
    "badge", "button", "caption", "checkbox", "confirmed", "date_input", "datetime_input", "dialog",
    "download_button", "error", "exception", "expander", "feedback", "file_uploader",
    "form_submit_button", "header", "info", "link_button", "markdown", "menu_button", "metric",
    "multiselect", "number_input", "pills", "popover", "progress", "radio", "segmented_control",
    "select_slider", "selectbox", "slider", "spinner", "status", "subheader", "success", "tabs",
    "text_area", "text_input", "time_input", "title", "toast", "toggle", "warning", "write",
})  # fmt: skip
"""Calls whose first argument is Markdown."""

NAMED = frozenset({"body", "caption", "captions", "help", "label", "text", "title"})
"""Arguments that are Markdown wherever they stand."""

OPTIONS = frozenset({"pills", "radio", "segmented_control", "select_slider"})
"""Calls that read their options as Markdown too; those of ``selectbox`` and ``multiselect`` are plain text."""

OTHERS = frozenset({"log"})
"""What has methods of the same names and shows nothing."""

PLAIN = frozenset({"messages.plain", "messages.named", "plain"})
NUMBERS = frozenset({"len", "sum", "round", "min", "max", "int"})

_FILE = "f'{part_view.file_name_of(part)} · {part_view.size_of(part.size)}'"
_SELECTED = "said(len(selected), elsewhere) if selected else '**Everything found**'"

OURS = {
    ("board_actions.py", "outcome.sentence"): "made of counts by the functions above it",
    ("board_actions.py", "f'**{outcome.sentence}**'"): "the same",
    ("board_actions.py", "said(len(selection.ids), elsewhere)"): "made of counts",
    ("board_menu.py", "what"): "constants of the same module",
    ("board_filter.py", "_word"): "our own words for a state or a group",
    ("comparison_view.py", "named.__getitem__"): "plain when they are told apart",
    ("part_view.py", "names.__getitem__"): "the same",
    ("unmasking.py", "label"): "the same",
    ("confirming.py", "do"): "given by confirmed(), whose callers are looked at here",
    ("confirming.py", "leave"): "the same",
    ("correction_view.py", "list(Shown)"): "an enum's words",
    ("library_actions.py", _SELECTED): "made of counts",
    ("paste_preview.py", "' · '.join(facts)"): "counts and our own words",
    ("drop_zone.py", "photo.getbuffer()"): "bytes that are written to the disk",
    ("submit_form.py", "number / len(plan.sent)"): "a number",
    ("submit_settings.py", "title"): "constants of submit_words",
    ("submit_settings.py", "text"): "the same",
    ("token_dialogs.py", "str.capitalize"): "of an enum's words",
    ("ways_out.py", "choice.label"): "constants of the formats",
    ("ways_out.py", "choice.explained"): "the same",
    ("library_actions.py", "choice.label"): "the same",
    ("library_actions.py", "choice.explained"): "the same",
    ("result_view.py", "list(shown)"): "names of kinds of files, with counts",
    ("ways_out.py", _FILE): "what we detected it as, and its size",
}
"""What cannot be seen to be ours by reading, and why it is: (file, expression)."""


class Ours:
    """Says of an expression in one file whether its text can only be ours."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        self.scopes = {
            child: function
            for function in ast.walk(self.tree)
            if isinstance(function, ast.FunctionDef)
            for child in ast.walk(function)
        }
        self._asked: set[str] = set()

    def holds(self, node: ast.expr) -> bool:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of expression
        """Whether this is ours."""
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr(values=values):
                return all(map(self.holds, values))
            case ast.FormattedValue(
                value=value, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(how))])
            ):
                return how[-1] in ",d%f" or self.holds(value)  # such a format takes numbers only
            case ast.FormattedValue(value=value):
                return self.holds(value)
            case ast.IfExp(body=one, orelse=other):
                return self.holds(one) and self.holds(other)
            case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                return all(map(self.holds, values))
            case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant(value=int())):
                return True  # a number
            case ast.BinOp(left=left, right=right):
                return self.holds(left) and self.holds(right)
            case ast.GeneratorExp(
                elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=it), iter=all_)]
            ):
                return name == it and self.holds(all_)
            case ast.Lambda(body=body) | ast.ListComp(elt=body) | ast.GeneratorExp(elt=body):
                return self.holds(body)
            case ast.Subscript(value=table):
                return self.holds(table)
            case ast.Attribute(value=table, attr=name):
                return name.isupper() or self.holds(table)  # a member of an enum; ``STATES[…].word``
            case ast.Call():
                return self._call(node)
            case ast.Name():
                return self._name(node)
            case _:
                return False

    def _call(self, node: ast.Call) -> bool:
        called = ast.unparse(node.func)
        if called in PLAIN or called in NUMBERS:
            return True
        if called == "count_of":
            return all(map(self.holds, node.args[1:]))  # a number and a noun
        if called == "list":
            return all(map(self.holds, node.args))
        if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            return self.holds(node.args[0])
        function = self.functions.get(called)
        if function is None or called in self._asked:
            return False
        self._asked.add(called)
        try:
            returned = [one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value]
            return bool(returned) and all(map(self.holds, returned))
        finally:
            self._asked.discard(called)

    def _name(self, node: ast.Name) -> bool:
        if node.id.lstrip("_").isupper():
            return True  # a constant, of this file or another
        scope = self.scopes.get(node)
        key = f"{scope.name if scope else ''}:{node.id}"
        if scope is None or key in self._asked:
            return False
        self._asked.add(key)
        try:
            given = list(_assigned(scope, node.id))
            return bool(given) and all(map(self.holds, given))
        finally:
            self._asked.discard(key)


def _assigned(scope: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """Everything that a name of a function is given; for one that is given otherwise, something that is not ours."""
    unknown = ast.Name("?")
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=given)], value=value) if given == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=given), value=ast.expr() as value) if given == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=given), value=value) if given == name:
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=given), attr="append"), args=[value]) if (
                given == name
            ):
                yield value
            case ast.Assign(targets=[ast.Name(id=given)]) | ast.AnnAssign(target=ast.Name(id=given)) if (
                given == name
            ):
                yield unknown
            case ast.For(target=target, iter=table) if _names(target, name):
                yield table.func.value if _is_items(table) else unknown  # type: ignore[attr-defined]
            case ast.Assign(targets=targets) if any(_names(it, name) for it in targets):
                yield unknown
            case ast.arg(arg=given) if given == name:
                yield unknown


def _names(target: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(target))


def _is_items(table: ast.expr) -> bool:
    return (
        isinstance(table, ast.Call) and isinstance(table.func, ast.Attribute) and table.func.attr == "items"
    )


def markdown_of(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression that Streamlit would read as Markdown."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called, owner = node.func.attr, ast.unparse(node.func.value).split(".")[0]
        is_streamlit = called in BODY_FIRST | OPTIONS | {"page_link", "image", "Page"} and owner not in OTHERS
        if not is_streamlit:
            continue
        if called in BODY_FIRST and node.args:
            yield from node.args if called == "write" else node.args[:1]
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        yield from (value for name, value in named.items() if name in NAMED)
        if called in OPTIONS:
            yield named["format_func"] if "format_func" in named else named.get("options") or node.args[1]


def doubtful(source: str) -> list[str]:
    """What is not seen to be ours."""
    ours = Ours(source)
    return [ast.unparse(one) for one in markdown_of(ours.tree) if not ours.holds(one)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_typed_is_markdown(path: Path) -> None:
    """All of it is ours, or goes through ``messages.plain``."""
    found = doubtful(path.read_text(encoding="utf-8"))
    assert [one for one in found if (path.name, one) not in OURS] == []
    assert {expression for file, expression in OURS if file == path.name} <= set(found)  # none is out of date


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(name)",
        "st.write(f'Hello {name}')",
        "st.write('Hello', name)",
        "st.button(f'Open {task.label}', key='x')",
        "left.selectbox(label=task.label, options=[])",
        "st.text_input('x', help=f'by {task.author}')",
        "st.radio('x', names)",
        "st.radio('x', [1, 2], format_func=lambda one: names[one])",
        "st.pills('x', ['a'], format_func=str)",
        "st.page_link('a.py', label='Go to ' + name)",
        "st.tabs([one.label for one in tasks])",
        "st.caption(' · '.join(one.label for one in tasks))",
        "st.toast('%s done' % name)",
        "st.expander(name if name else 'Nobody')",
        "st.info(title(name))",
        "said = f'{name}!'\n    st.success(said)",
        "facts = ['a']\n    facts.append(name)\n    st.caption(', '.join(facts))",
        "for word in names:\n        st.error(word)",
        "word, other = names\n    st.error(word)",
        "messages.plain(name)\n    st.error(name)",
    ],
)
def test_the_guard_sees(line: str) -> None:
    """Each of these would be read as Markdown."""
    assert doubtful(f"def show(name, names, task, tasks, title):\n    {line}\n") != []


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown('**ours**')",
        "st.write(f'Hello {messages.plain(name)}')",
        "st.button(f'{count:,} of {share:.0%}')",
        "st.selectbox('x', names, format_func=lambda one: names[one])",
        "st.radio('x', names, format_func=lambda one: messages.plain(names[one]))",
        "st.caption(WORDS[name].sentence)",
        "word = 'a' if name else 'b'\n    st.error(f'{word}.')",
        "for word, _ in WORDS.items():\n        st.error(word)",
        "log.error(name)",
        "st.html(name)",
    ],
)
def test_the_guard_lets_be(line: str) -> None:
    """None of these is read as Markdown with somebody's words in it."""
    assert doubtful(f"def show(name, names, count, share):\n    {line}\n") == []
