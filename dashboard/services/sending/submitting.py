"""Sending files that a script or a command gives, in one go: looked at, kept, and put into a batch."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from dashboard.dropping.staging import Dropped
from dashboard.errors import InputRefused
from dashboard.models.dispatches import Pieces
from dashboard.models.submission_settings import SubmissionSettings
from dashboard.private_files import replacing
from dashboard.services.sending.batches import Batches
from dashboard.services.sending.kept_sources import KeptSources
from dashboard.services.tasks.dropped_files import DroppedFiles

_NO_TRIAL = "There is no evaluation mode for this kind of file. Send it with a token."
_MOST_SAID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file as it is given.

    Attributes:
        name: as people know it; hostile input.
        size: in bytes, as far as it is known.
        data: open for reading.
    """

    name: str
    size: int
    data: IO[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of the files.

    Attributes:
        batch_id: ours.
        refused: the name of each that is not sent, and why.
    """

    batch_id: int
    refused: tuple[tuple[str, str], ...]


class Submitting:
    """Whole submissions of one team, for editors; a page does the same in steps.

    Args:
        dropped: says what each file is.
        kept_sources: keep them.
        batches: have them sent.
    """

    def __init__(self, *, dropped: DroppedFiles, kept_sources: KeptSources, batches: Batches) -> None:
        self._dropped = dropped
        self._kept = kept_sources
        self._batches = batches

    def send(self, files: Iterable[Given], *, settings: SubmissionSettings, name: str = "") -> Submitted:
        """Have these files sent, in this order, those that can be; each is read once.

        Raises:
            InputRefused: when none can be sent, or not with this token and these settings.
            NotPermitted: for viewers.
            DiskFull: when there is no room to look at them.
        """
        self._batches.cost(1, settings=settings)  # without a token nothing needs to be looked at
        taken: list[Dropped] = []
        refused: list[tuple[str, str]] = []
        try:
            for file in files:
                found, said = self._take(file)
                taken += found
                refused += said
            refused += [(one.name, _NO_TRIAL) for one in taken if not _fits(one, settings)]
            fitting = [one for one in taken if _fits(one, settings)]
            if not fitting:
                raise InputRefused(_sentence(refused))
            sources = [keep_dropped(self._kept, one) for one in fitting]
            batch_id = self._batches.submit(sources, settings=settings, name=name)
        finally:  # whoever gave them still has them
            self._dropped.remove([one.id for one in taken])
        return Submitted(batch_id=batch_id, refused=tuple(refused))

    def _take(self, file: Given) -> tuple[list[Dropped], list[tuple[str, str]]]:
        try:
            incoming = self._dropped.begin(file.size)
        except InputRefused as refusal:
            return [], [(file.name, str(refusal))]
        try:
            with replacing(incoming.path, lasting=False) as there:
                shutil.copyfileobj(file.data, there)
        except BaseException:
            incoming.give_up()
            raise
        waiting = self._dropped.take(incoming, file.name)
        self._dropped.remove([one.id for one in waiting.not_taken])
        return list(waiting.files), [(one.name, one.sentence) for one in waiting.not_taken]


def keep_dropped(kept_sources: KeptSources, one: Dropped) -> int:
    """Keep what was dropped, with its small picture; the ID of its source. Raises what ``KeptSources.keep`` does."""
    thumbnail = one.thumbnail.read_bytes() if one.thumbnail else None
    kept = kept_sources.keep(
        name=one.name, data=Pieces.of_file(one.path), media_type=one.media_type, thumbnail=thumbnail
    )
    return kept.id


def _fits(one: Dropped, settings: SubmissionSettings) -> bool:
    return not settings.trial or one.operation is None or one.operation.has_trial


def _sentence(refused: list[tuple[str, str]]) -> str:
    if not refused:
        return "There is nothing to send. Add at least one image."
    said = " ".join(f"{name}: {reason}" for name, reason in refused[:_MOST_SAID])
    more = len(refused) - _MOST_SAID
    return f"{said} And {more} more." if more > 0 else said
