"""The house rules that imports and file sizes can break (architecture, rooms)."""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "dashboard").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))

# What each room may import of ours; every room may import the ground floor and itself.
GROUND = {
    "addresses",
    "folding",
    "models",
    "settings",
    "service_urls",
    "private_files",
    "errors",
    "logs",
    "redaction",
    "unseen",
    "counts",
    "retrying",
    "elapsed",
    "zones",
    "background",
    "ending",
    "full_disk",
}
ROOMS: dict[str, set[str]] = {
    "addresses": set(),
    "folding": set(),
    "models": {"folding", "errors"},
    "private_files": set(),
    "errors": set(),
    "redaction": set(),
    "unseen": set(),
    "counts": set(),
    "retrying": set(),
    "elapsed": set(),
    "zones": set(),
    "background": set(),
    "ending": set(),
    "full_disk": {"errors"},
    "freed_memory": set(),
    "service_urls": set(),
    "networks": set(),
    "settings": {"addresses", "errors", "networks", "service_urls"},
    "log_repeats": set(),
    "logs": {"redaction", "log_repeats", "loading"},
    "testing": {"models", "errors"},
    "client": {
        "errors",
        "private_files",
        "client_calls",
        "client_form",
        "client_values",
    },  # for scripts: ready in no time
    "client_form": {"errors"},
    "client_values": set(),
    "client_calls": {"errors", "retrying"},
    "cloud": GROUND,
    "store": GROUND | {"polling"},  # its rules of when, see below
    "results": GROUND,
    "dropping": GROUND | {"results"},
    "wire": GROUND,
    "sandbox": GROUND | {"wire"},
    "polling": GROUND,  # reaches cloud and store through Protocols
    "services": GROUND | {"store", "polling", "cloud", "results", "dropping", "sandbox", "wire"},
}
ROOMS["parts"] = ROOMS["services"] | {"services"}
ROOMS["bootstrap"] = ROOMS["parts"] | {"parts", "networks"}
ROOMS["ui"] = ROOMS["bootstrap"] | {"bootstrap"}
ROOMS["web"] = ROOMS["bootstrap"] | {"bootstrap", ""}
ROOMS["app"] = {"ui", *GROUND}
ROOMS["cli_run"] = {"errors", "full_disk"}
ROOMS["cli_progress"] = set()
ROOMS["script_settings"] = {"errors", "settings"}
ROOMS["cli_in_place"] = ROOMS["web"] | {"web", "client_values"}
ROOMS["cli_place"] = {"client", "client_values", "cli_in_place", "script_settings"}
ROOMS["cli_scripts"] = {
    "errors",
    "private_files",
    "services",  # loaded when something is piped in
    "client_values",
    "cli_run",
    "cli_place",
    "cli_progress",
}
ROOMS["cli_submit"] = {"errors", "client_values", "cli_run", "cli_place", "cli_progress", "cli_scripts"}
ROOMS["watched_folder"] = {"errors", "private_files", "client_values", "cli_place", "cli_submit"}
ROOMS["cli_watch"] = {
    "errors",
    "full_disk",
    "cli_run",
    "cli_place",
    "cli_progress",
    "cli_submit",
    "watched_folder",
}
ROOMS["loading"] = set()
ROOMS["cli"] = {"", "cli_run", "loading"}  # and each of the others by name, once it is run
ROOMS["cli_serve"] = ROOMS["web"] | {"server", "freed_memory", "loading", "cli_team"}
ROOMS["cli_token"] = ROOMS["bootstrap"] | {"bootstrap"}
ROOMS["cli_team"] = ROOMS["bootstrap"] | {"bootstrap", "cli_token"}
ROOMS["cli_reindex"] = ROOMS["bootstrap"] | {"bootstrap", "cli_token"}
ROOMS["cli_secrets"] = ROOMS["bootstrap"] | {"bootstrap"}
ROOMS["cli_backup"] = ROOMS["bootstrap"] | {"bootstrap"}
ROOMS["cli_compact"] = ROOMS["bootstrap"]
ROOMS["server"] = {"web", "services", "bootstrap", "networks", *GROUND}
ROOMS["__main__"] = {"cli"}
ROOMS[""] = set()
PAGE_MAY = {"ui", "bootstrap", "services", "models", "errors"}

SQL_ROOMS = ("dashboard/store/", "dashboard/models/")
SQL = {"sqlalchemy", "sqlmodel"}
STREAMLIT_ROOMS = ("dashboard/app.py", "dashboard/server.py", "dashboard/ui/", "pages/")


WRITING = frozenset({"write_text", "write_bytes", "mkstemp", "NamedTemporaryFile"})


def path_of(file: Path) -> str:
    """A file as this test names it."""
    return file.relative_to(ROOT).as_posix()


def room_of(file: Path) -> str:
    """The room a module of ours belongs to; empty for the package itself."""
    first = file.relative_to(ROOT / "dashboard").parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


@cache
def tree_of(file: Path) -> ast.Module:
    """What a file says."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(file: Path) -> frozenset[tuple[str, str]]:
    """Every module that is imported anywhere in a file, with every name taken from it (or nothing)."""
    return frozenset(_imports(file))


def _imports(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path_of(file)}: relative imports hide where things live"
            yield from ((node.module or "", alias.name) for alias in node.names)


def rooms_imported(file: Path) -> set[str]:
    """The rooms of ours that a file imports."""
    rooms = set()
    for module, name in imports(file):
        first, _, rest = module.partition(".")
        if first == "dashboard":
            own = rest.partition(".")[0] or name
            rooms.add("" if own.startswith("__") else own)
    return rooms


def offenders(found: Mapping[str, Collection[object]]) -> dict[str, Collection[object]]:
    """The files in which anything was found, and what."""
    return {path: what for path, what in found.items() if what}


def longer_than(most: int, files: Sequence[Path]) -> dict[str, int]:
    """The files with more lines, and how many they have."""
    lines = {path_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    return {path: number for path, number in lines.items() if number > most}


def test_imports_point_down() -> None:
    """A room uses the rooms below it, never one beside or above it."""
    new = {room_of(file) for file in MODULES} - ROOMS.keys()
    assert new == set(), "new rooms: say here what they may use"

    up = {path_of(file): rooms_imported(file) - ROOMS[room_of(file)] - {room_of(file)} for file in MODULES}
    assert offenders(up) == {}


def test_pages_are_short_and_stand_on_the_ui() -> None:
    """What is this screen, what does one choose, what is shown: at most 60 lines."""
    assert offenders({path_of(file): rooms_imported(file) - PAGE_MAY for file in PAGES}) == {}
    assert longer_than(60, PAGES) == {}


def test_libraries_stay_in_their_rooms() -> None:
    """Streamlit on the screen, requests towards the service and in scripts, SQL in the store, pytest nowhere."""
    assert offenders({path_of(file): misplaced(file) for file in [*MODULES, *PAGES]}) == {}


def misplaced(file: Path) -> set[str]:
    """What a file imports though it is not for its room."""
    path = path_of(file)
    used = {module.partition(".")[0] for module, _ in imports(file)}
    wrong = used & {"pytest", "hypothesis", "unittest", "tests"}
    if not path.startswith(STREAMLIT_ROOMS):
        wrong |= used & {"streamlit", "streamlit_autorefresh"}
    if not path.startswith("dashboard/cloud/"):
        wrong |= used & ({"urllib3"} if path == "dashboard/client_calls.py" else {"requests", "urllib3"})
    if not path.startswith(SQL_ROOMS):
        wrong |= used & {"sqlalchemy"}
        wrong |= {name for module, name in imports(file) if module == "sqlmodel"} - {"Session"}
    return wrong


def test_polling_is_importable_without_a_database() -> None:
    """It says when to ask and what an answer means; the store is behind its Protocols."""
    polling = [file for file in MODULES if room_of(file) == "polling"]

    assert len(polling) > 5
    for file in polling:
        assert {module.partition(".")[0] for module, _ in imports(file)} & SQL == set(), path_of(file)
        assert "store" not in rooms_imported(file), path_of(file)


def test_the_store_knows_the_rules_of_polling_alone() -> None:
    """What is scheduled by them is looked for by them; who asks, and how, is nothing to the store."""
    rules = {
        f"dashboard.polling.{name}"
        for name in ("schedule", "history", "learning", "silence", "fair_shares", "outages", "sending")
    }
    for file in MODULES:
        if room_of(file) == "store":
            used = {module for module, _ in imports(file) if module.startswith("dashboard.polling")}
            assert used <= rules, path_of(file)


def test_statements_stand_in_the_store_alone() -> None:
    """Models say what the tables are; what is done with them is the store's."""
    verbs = {"select", "insert", "update", "delete"}
    for file in MODULES:
        if not path_of(file).startswith("dashboard/store/"):
            taken = {name for module, name in imports(file) if module.partition(".")[0] in SQL}
            assert taken & verbs == set(), path_of(file)


def test_modules_have_a_readable_size() -> None:
    """One job each, never more than 300 lines."""
    assert longer_than(300, [*MODULES, *PAGES]) == {}


def test_no_module_bears_a_standard_library_name() -> None:
    """The folder of the entry script is first on the import path, so it would be imported instead."""
    top = {file.stem for file in (ROOT / "dashboard").iterdir() if file.suffix == ".py" or file.is_dir()}

    assert top & (sys.stdlib_module_names - {"__main__"}) == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Whatever fits into such a module belongs somewhere else."""
    names = {"utils", "util", "helpers", "common", "misc", "manager"}

    assert [path_of(file) for file in MODULES if file.stem in names] == []


def test_this_test_sees_something() -> None:
    """An empty list of files would pass everything."""
    assert len(MODULES) > 50
    assert len(PAGES) >= 4
    assert "streamlit" in {module for module, _ in imports(ROOT / "dashboard" / "app.py")}
    assert {"store", "results"} <= rooms_imported(
        ROOT / "dashboard" / "services" / "results" / "result_reading.py"
    )


def test_files_are_written_in_one_place() -> None:
    """There they are whole or not there at all, whatever ends us: a full disk, a power cut or a signal."""
    others = [file for file in MODULES if path_of(file) != "dashboard/private_files.py"]
    assert offenders({path_of(file): lines_that_write(file) for file in others}) == {}


def lines_that_write(file: Path) -> list[int]:
    """Where a file is written."""
    calls = [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if _writes_a_file(call)]


def _writes_a_file(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in WRITING:
        return True
    place = 0 if isinstance(call.func, ast.Attribute) else 1  # of the mode: path.open("wb"), open(path, "wb")
    given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    modes = [it.value for it in given if isinstance(it, ast.Constant) and isinstance(it.value, str)]
    return name == "open" and any(set(mode) & set("wax+") and len(mode) <= 3 for mode in modes)
