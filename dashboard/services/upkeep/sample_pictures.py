"""The pictures of the sandbox's samples: kept once each, and put beside the tasks that were made of them."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from dashboard import private_files
from dashboard.dropping.opening import Piece, open_dropped
from dashboard.models.dispatches import Pieces
from dashboard.sandbox.samples import Sample
from dashboard.services.sending.kept_sources import KeptSources

_LARGEST = 10_000_000


def keep(sources: KeptSources, pictures: Mapping[int, Sample]) -> None:
    """Keep the pictures of these tasks; one that several tasks were made of only once.

    Raises:
        InputRefused: when there is no room for them.
        NotPermitted: for viewers.
        OSError: the folder for what is on its way cannot be written.
    """
    by_name = {sample.name: sample for sample in pictures.values()}
    with tempfile.TemporaryDirectory(prefix="ocr-dashboard-") as folder:
        for name, sample in by_name.items():
            source_id = _kept(sources, sample, Path(folder) / name)
            if source_id is not None:
                sources.attach(source_id, _tasks_of(name, pictures))


def _kept(sources: KeptSources, sample: Sample, path: Path) -> int | None:
    with private_files.replacing(path, lasting=False) as file:
        file.write(sample.image)
    made = path.with_suffix(".made")
    private_files.make_folder(made)
    (found,) = open_dropped(path, name=sample.name, folder=made, largest=_LARGEST)
    if not isinstance(found, Piece):
        return None  # too much is being opened just now: a sample without a picture is one all the same
    thumbnail = found.thumbnail.read_bytes() if found.thumbnail else None
    kept = sources.keep(
        name=sample.name,
        data=Pieces.of_file(path),
        media_type=found.file_type.media_type,
        thumbnail=thumbnail,
    )
    return kept.id


def _tasks_of(name: str, pictures: Mapping[int, Sample]) -> Iterable[int]:
    return [task_ref for task_ref, sample in pictures.items() if sample.name == name]
