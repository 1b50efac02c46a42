"""What lists of choices call their options: no two the same.

Streamlit knows a choice by the words it is shown with, and of several with the same words it takes the last one: with
two tokens of one name, work would be charged to the other account.
"""

from collections.abc import Collection, Mapping
from typing import TypeVar

from dashboard.unseen import as_seen

K = TypeVar("K")


def told_apart(names: Mapping[K, str], *, beside: Collection[str] = ()) -> dict[K, str]:
    """The same names in the same order, the second one that reads like another as ``Scans (2)``.

    Args:
        names: by what they stand for. Of our own IDs the lowest keeps its name, so that a new one changes no other.
        beside: what the list says besides, e.g. for none of them.
    """
    taken = {as_seen(word) for word in beside}
    numbers: dict[str, int] = {}  # where counting goes on: a file may have thousands of columns of one name
    called = {}
    for key in sorted(names, key=lambda one: one if isinstance(one, int) else -1):
        name, seen = names[key], as_seen(names[key])
        while as_seen(name) in taken:
            numbers[seen] = numbers.get(seen, 1) + 1
            name = f"{names[key]} ({numbers[seen]})".strip()
        taken.add(as_seen(name))
        called[key] = name
    return {key: called[key] for key in names}
