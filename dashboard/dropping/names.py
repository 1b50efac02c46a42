"""What dropped files are called: hostile input, from a browser or out of a ZIP. Pure."""

import re

from dashboard.unseen import cut, without_unseen

MOST = 200
"""Characters that are kept."""

_FOLDERS = re.compile(r"[/\\]")
_JUNK = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})


def shown_name(name: str, *, otherwise: str = "image") -> str:
    """The name without folders and unseen characters, on one line."""
    last = _FOLDERS.split(without_unseen(name.replace("\0", "")))[-1]
    return cut(" ".join(last.split()), MOST).strip() or otherwise


def page_name(name: str, page: int, pages: int) -> str:
    """The name of one page of several; what belongs together stays together when it is sorted."""
    number = str(page).zfill(len(str(pages)))
    return f"{shown_name(name)}, page {number}" if pages > 1 else shown_name(name)


def is_junk(name: str) -> bool:
    """Whether systems put such a thing into archives without anybody wanting it."""
    parts = [part for part in _FOLDERS.split(name) if part]
    if not parts or name.endswith("/"):
        return True
    return "__MACOSX" in parts or parts[-1].lower() in _JUNK or parts[-1].startswith("._")
