"""Keeps a list of the foreign hosts that a Python process looks up or connects to."""

from pathlib import Path

_HOOK = """
import sys

def _is_ours(host):
    return host in (None, "", "localhost", "::1", "::", "0.0.0.0") or str(host).startswith("127.")

def _note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    with open({path!r}, "a", encoding="utf-8") as file:
        file.write(("ours " if _is_ours(host) else "foreign ") + repr(host) + "\\n")

sys.addaudithook(_note)
"""


class Outward:
    """Watches the processes that run with ``environment``.

    Args:
        folder: for the hook and its list.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._list = folder / "hosts"
        # Python imports this module at its start, before anything else of ours.
        (folder / "sitecustomize.py").write_text(_HOOK.format(path=str(self._list)), "utf-8")
        self.environment = {"PYTHONPATH": str(folder)}

    def hosts(self) -> dict[str, list[str]]:
        """What was looked up or connected to, by ``ours`` (this machine) and ``foreign``."""
        found: dict[str, list[str]] = {"ours": [], "foreign": []}
        if self._list.exists():
            for line in self._list.read_text("utf-8").splitlines():
                whose, host = line.split(" ", 1)
                found[whose].append(host)
        return found
