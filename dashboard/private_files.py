"""Files and folders that nobody but their owner gets to see, whatever the umask and whoever made them before.

Everything this product writes is made through here or has its permissions taken back here: 0600 for files, 0700 for
folders. Windows has other means (a person's folders are closed there as they are), so nothing happens on it.
"""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

IS_POSIX = os.name == "posix"

OURS = ("dashboard.db", "secret.key", "sandbox.json", "backups", "dropped")
"""What we keep in a data folder; side files, copies and files being written begin with the same names."""

_HARMLESS = frozenset({"lost+found", ".env"})
_OTHERS = 0o077

# Folders of the whole machine, which close for everybody when they are closed.
_SHARED = frozenset(
    f"/{name}"
    for name in (
        *(
            "bin",
            "boot",
            "dev",
            "dev/shm",
            "etc",
            "home",
            "lib",
            "lib64",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
        ),
        *("run", "sbin", "srv", "sys", "tmp", "usr", "usr/local", "usr/share", "var", "var/lib", "var/log"),
        *("var/run", "var/tmp", "Applications", "Library", "System", "Users", "Volumes", "private/tmp"),
    )
)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and so every one above it that is missing; raises OSError."""
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file that only its owner can read; raises OSError, where the name is taken FileExistsError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def making(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read: it is there as a whole when the block ends well, or not at all.

    Raises:
        FileExistsError: the name is taken; whatever has it is as it was.
        OSError: it cannot be written.
    """
    with beside(path, only_new=True) as fresh, fresh.open("r+b") as file:
        yield file


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[IO[bytes]]:
    """A new file that takes the place of another one when the block ends well: whole, or not at all.

    It is written beside it and put there in one step. Whatever had the name, a link for example, is not written
    through: what a link leads to, and other names of the same file, stay as they are.

    Args:
        path: whose place it takes.
        lasting: whether it has to outlive a power failure in the next seconds, which takes some time to make sure of.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    with beside(path, lasting=lasting) as fresh, fresh.open("r+b") as file:
        yield file


@contextmanager
def beside(path: Path, *, only_new: bool = False, lasting: bool = True) -> Iterator[Path]:
    """The same for those who open the file themselves: an empty one, which is closed again at the end of the block.

    Raises:
        OSError: as above; FileExistsError where something has the name and must be ``only_new``.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with 0600
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        if lasting:
            settle(fresh)
        if only_new:
            _take_name(fresh, path)
        else:
            fresh.replace(path)
        if lasting:
            settle(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def settle(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk, also after a power cut; raises OSError."""
    is_folder = path.is_dir()
    if is_folder and not IS_POSIX:
        return  # Windows settles folders by itself
    handle = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        knows_no_such_thing = is_folder and error.errno in (errno.EINVAL, errno.ENOTSUP)  # network disks
        if not knows_no_such_thing:
            raise
    finally:
        os.close(handle)


def _take_name(fresh: Path, path: Path) -> None:
    """Rename, unless something has the name: renaming itself would not ask."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise
    except OSError:  # a disk without such links: for a moment there is a file that is not whole
        make_file(path)
        try:
            fresh.replace(path)
        except BaseException:
            path.unlink()
            raise


def close_files(folder: Path) -> list[Path]:
    """Take back what others may do with our files in a folder; returns those for which it was necessary."""
    if not IS_POSIX:
        return []
    return [path for path in _ours_in(folder) if close_file(path)]


def close_file(path: Path) -> bool:
    """Take back what others may do with a file, if that is ours to do; returns whether anything was taken."""
    if not is_exposed(path) or _why_not_ours(path):
        return False
    with contextlib.suppress(OSError):
        # By name and without opening it: closing a file that SQLite has open as well ends SQLite's locks.
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
        return True
    return False


def close_folder(folder: Path) -> None:
    """Take back what others may do with a data folder, unless it is a place that others need as well."""
    if is_exposed(folder) and not why_shared(folder):
        with contextlib.suppress(OSError):
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~_OTHERS)


def is_exposed(path: Path) -> bool:
    """Whether others than its owner may do anything with a file or folder; False when there is none."""
    with contextlib.suppress(OSError):
        return IS_POSIX and bool(path.stat().st_mode & _OTHERS)
    return False


def permissions(path: Path) -> str:
    """The mode as ``ls`` numbers it, for example ``0600``; raises OSError."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def still_exposed(folder: Path) -> list[tuple[Path, str]]:
    """The data folder and files of ours in it that others can get at all the same, and why that is so."""
    if not IS_POSIX:
        return []
    found = [(folder, why_shared(folder))] if is_exposed(folder) else []
    return found + [(path, _why_not_ours(path)) for path in _ours_in(folder) if is_exposed(path)]


def why_shared(folder: Path) -> str:
    """Why a folder is not ours alone and must not be closed to others; empty when it is."""
    try:
        real = folder.resolve()
        status = real.stat()
        names = [entry.name for entry in real.iterdir()]
    except OSError:
        return "it cannot be looked into"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    homes = _homes()
    if real in homes:
        return "it is a home folder"
    is_above_home = any(home.is_relative_to(real) for home in homes)
    if str(real) in _SHARED or is_above_home or real == Path(tempfile.gettempdir()).resolve():
        return "it is a folder of the whole machine"
    if status.st_mode & stat.S_ISVTX:
        return "everybody may put files there"
    return "" if all(map(_is_ours, names)) else "it holds other files too"


def _ours_in(folder: Path) -> Sequence[Path]:
    try:
        found = sorted(
            path for path in folder.iterdir() if _is_ours(path.name) and path.name not in _HARMLESS
        )
    except OSError:
        return ()
    return [path for path in found if path.is_file()]


def _why_not_ours(path: Path) -> str:
    """Why a file may be somebody else's, though its name is ours, and keeps its permissions; empty when it is not."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return "it is a link"
    if status.st_nlink > 1:
        return "it has other names too"
    return "" if status.st_uid == os.geteuid() else "it belongs to another user"


def _is_ours(name: str) -> bool:
    return name in _HARMLESS or name.removeprefix(".").startswith(OURS)


def _homes() -> set[Path]:
    import pwd  # there is none on Windows

    found = set()
    with contextlib.suppress(RuntimeError, OSError):
        found.add(Path.home().resolve())
    with contextlib.suppress(KeyError, OSError):
        found.add(Path(pwd.getpwuid(os.geteuid()).pw_dir).resolve())
    return found
