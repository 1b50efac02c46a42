"""One reader for the folder, because its models take a second to load; and what it is measured by."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from dashboard.sandbox.reading.process import ReaderProcess, is_installed
from dashboard.sandbox.samples import latin


@pytest.fixture(scope="session")
def reader() -> Iterator[ReaderProcess]:
    """The real reader in its process."""
    if not is_installed():
        pytest.skip("the extra 'local' is not installed")
    process = ReaderProcess()
    yield process
    process.end()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Image.Image]:
    """The sample as a picture to be changed."""
    path = tmp_path / "latin.png"
    path.write_bytes(latin().image)
    with Image.open(path) as picture:
        yield picture.convert("RGB")


@pytest.fixture
def word_errors() -> Callable[[str], float]:
    """Which share of the sample's words a text has wrong."""

    def measure(text: str) -> float:
        wanted, found = latin().text.split(), text.split()
        before = list(range(len(found) + 1))
        for n, word in enumerate(wanted, start=1):
            row = [n]
            for m, other in enumerate(found, start=1):
                row.append(min(before[m] + 1, row[-1] + 1, before[m - 1] + (word != other)))
            before = row
        return before[-1] / len(wanted)

    return measure
