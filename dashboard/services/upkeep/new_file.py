"""A file that somebody asked for by name on the command line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard import full_disk, private_files
from dashboard.errors import InputRefused


@contextmanager
def new_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """An empty file of the owner's alone, which gets the name when the block ends well: whole, or not at all.

    Args:
        path: where to; its folder has to be there.
        overwrite: whether it takes the place of a file, or of a link to one, that has the name. What a link leads to,
            and other names of the file, stay as they are.

    Raises:
        InputRefused: when the file exists and must not be overwritten, is no file, or cannot be written.
    """
    if (path.exists() and not path.is_file()) or path.absolute().is_relative_to("/dev"):
        raise InputRefused(f"{path} is no file that could be replaced. Name another one.")
    try:
        if not overwrite:
            _refuse_taken(path)  # before the work, which may be long
        with private_files.beside(path, only_new=not overwrite) as fresh:
            yield fresh
    except FileExistsError:
        raise InputRefused(f"{path} exists already. Name another file, or add --force.") from None
    except OSError as error:
        raise InputRefused(f"{path} cannot be written ({full_disk.reason(error)}).") from None


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError
