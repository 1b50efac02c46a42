"""Keeps what is to be read, and what was read, for as long as the sandbox has a task of it."""

import contextlib
import json
import logging
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from dashboard import private_files
from dashboard.sandbox.reading.pages import Reading

_log = logging.getLogger(__name__)


class Shelf:
    """Files named by the digest of an image: the image until it was read, and then what stands on it.

    Args:
        folder: where they stay over a restart; None makes one that goes with :meth:`close`.
    """

    def __init__(self, folder: Path | None) -> None:
        self._kept = folder is not None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="ocr-dashboard-reading-"))

    def put(self, digest: str, content: bytes) -> Path:
        """Keep an image for reading; raises OSError."""
        private_files.make_folder(self._folder)
        path = self.image(digest)
        with private_files.replacing(path, lasting=False) as file:
            file.write(content)
        return path

    def image(self, digest: str) -> Path:
        """Where an image is, or would be."""
        return self._folder / f"{digest}.image"

    def store(self, digest: str, reading: Reading) -> None:
        """Keep what was read, and let the image go; raises OSError."""
        private_files.make_folder(self._folder)
        with private_files.replacing(self._path(digest), lasting=False) as file:
            file.write(json.dumps(reading.to_json()).encode())
        self.image(digest).unlink(missing_ok=True)

    def reading(self, digest: str) -> Reading | None:
        """What was read of this image; None when it was not, or is no longer kept."""
        try:
            return Reading.from_json(json.loads(self._path(digest).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("what was read is lost, %s cannot be used: %s", self._path(digest), error)
            return None

    def forget(self, digests: Collection[str]) -> None:
        """Let go of what was read of these, and of images that were not."""
        for digest in digests:
            for path in (self._path(digest), self.image(digest)):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove what was not to stay."""
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
