"""Keeping a file that was dropped or uploaded: from the disk into the database, piece by piece."""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlmodel import Session

from dashboard.elapsed import elapsed
from dashboard.errors import InputRefused, NotFound
from dashboard.models import Role, Source
from dashboard.models.dispatches import Pieces
from dashboard.models.source_tables import CHUNK_BYTES
from dashboard.services.labels import clean_label
from dashboard.services.team_scope import TeamScope
from dashboard.store import sources as rows
from dashboard.store.sources import Known

RECOUNTED_SECONDS = 10.0
"""How long it is believed how many bytes there are; replicas may exceed the limit by what they keep meanwhile."""

UNUSED_FOR = timedelta(days=1)
"""How long a source is kept of which nothing has been made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """A source that is held, without its bytes.

    Attributes:
        id: ours.
        name: of the file.
        known: the same bytes held before, with the newest task made of them; None when they are new.
    """

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    known: Known | None = None


class SourceRoom:
    """How much room there is for the sources of all teams; safe to share between threads.

    Adding up what there is takes a walk through all of them, so it is done again only after a while, and before
    anything is refused.

    Args:
        most_bytes: of all sources together; None for no limit.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._used = 0
        self._counted_at: float | None = None

    def refuse_overflow(self, session: Session, size: int) -> None:
        """Refuse so many more bytes where there is no room for them, else count them in; raises InputRefused."""
        if self._most_bytes is None:
            return
        with self._lock:
            is_old = self._counted_at is None or elapsed() - self._counted_at > RECOUNTED_SECONDS
            if is_old or self._used + size > self._most_bytes:
                self._used, self._counted_at = rows.used_bytes(session=session), elapsed()
            if self._used + size > self._most_bytes:
                raise InputRefused(
                    f"There is no room for it: images take up to {self._most_bytes / 1e9:g} GB here. Delete tasks "
                    "with images, or ask whoever runs the dashboard for more (OCR_DASHBOARD_SOURCES_GB)."
                )
            self._used += size


class KeptSources:
    """The sources of one team that wait to be sent, or were.

    Args:
        team: whose.
        room: how many bytes there may be.
    """

    def __init__(self, team: TeamScope, *, room: SourceRoom) -> None:
        self._team = team
        self.room = room

    def keep(self, *, name: str, data: Pieces, media_type: str, thumbnail: bytes | None = None) -> KeptSource:
        """Keep a file; it is read twice, and a large one piece by piece.

        Args:
            name: as people know it.
            data: its bytes.
            media_type: as it was recognised by its content.
            thumbnail: a small picture of its first page.

        Raises:
            InputRefused: when it is empty, or there is no room for it.
            NotPermitted: for viewers.
            StoreUnavailable: when the database refuses; nothing of it is kept then.
        """
        size, digest = _measured(data)
        if not size:
            raise InputRefused(f"{name}: the file is empty.")
        source = Source(
            team_id=self._team.team_id,
            name=clean_label(name) or "image",
            media_type=media_type,
            size=size,
            sha256=digest,
            added_at=self._team.clock(),
            thumbnail=thumbnail,
        )
        with self._team.writing(Role.EDITOR) as session:
            self.room.refuse_overflow(session, size)
            known = rows.known(session=session, team_id=self._team.team_id, digests=[digest]).get(digest)
            is_small = size <= CHUNK_BYTES
            add = partial(rows.add_whole, data=b"".join(data.read())) if is_small else rows.add
            source_id = add(session=session, source=source)
        kept = KeptSource(
            id=source_id, name=source.name, media_type=media_type, size=size, sha256=digest, known=known
        )
        if is_small:
            return kept
        try:
            for number, piece in enumerate(_chunked(data)):
                with self._team.writing(Role.EDITOR) as session:
                    rows.add_chunk(session=session, source_id=source_id, number=number, data=piece)
            with self._team.writing(Role.EDITOR) as session:
                rows.set_whole(session=session, source_id=source_id)
        except BaseException:
            self._forget(source_id)
            raise
        return kept

    def stream(self, source_id: int) -> Iterator[bytes]:
        """The bytes of a source, piece by piece; raises NotFound."""
        with self._team.reading() as session:
            found = rows.get(session=session, team_id=self._team.team_id, source_id=source_id)
        if found is None:
            raise NotFound("There is no such image here. It may have been deleted.")
        return self._chunks(source_id)

    def facts(self, source_ids: Iterable[int]) -> dict[int, KeptSource]:
        """What is known of these sources of the team, by ID."""
        with self._team.reading() as session:
            found = rows.some(session=session, team_id=self._team.team_id, source_ids=source_ids)
        return {
            one.id: KeptSource(
                id=one.id, name=one.name, media_type=one.media_type, size=one.size, sha256=one.sha256
            )
            for one in found
            if one.id is not None
        }

    def known(self, digests: Iterable[str]) -> dict[str, Known]:
        """Which files (by SHA-256) are held already, with the newest task made of each."""
        with self._team.reading() as session:
            return rows.known(session=session, team_id=self._team.team_id, digests=digests)

    def thumbnail(self, source_id: int) -> bytes:
        """The small picture of a source; raises NotFound where there is none."""
        with self._team.reading() as session:
            found = rows.get(session=session, team_id=self._team.team_id, source_id=source_id)
            if found is None or found.thumbnail is None:
                raise NotFound("There is no picture of this.")
            return found.thumbnail

    def attach(self, source_id: int, task_refs: Iterable[int]) -> None:
        """Say that tasks were made of a source; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            if rows.get(session=session, team_id=self._team.team_id, source_id=source_id) is None:
                raise NotFound("There is no such image here. It may have been deleted.")
            for task_ref in task_refs:
                task = self._team.task(session, task_ref)
                rows.link(session=session, task_ref=task.id or 0, source_id=source_id)
            self._team.touch(session)

    def pictured(self, task_refs: Iterable[int]) -> dict[int, int]:
        """Of these tasks, the source of each of which there is a small picture."""
        with self._team.reading() as session:
            return rows.pictured(session=session, team_id=self._team.team_id, task_refs=task_refs)

    def _chunks(self, source_id: int) -> Iterator[bytes]:
        number = 0
        while True:
            with self._team.reading() as session:
                piece = rows.chunk(session=session, source_id=source_id, number=number)
            if piece is None:
                return
            yield piece
            number += 1

    def _forget(self, source_id: int) -> None:
        with self._team.database.writing() as session:
            rows.delete_many(session=session, source_ids=[source_id])


def _measured(data: Pieces) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for piece in data.read():
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def _chunked(data: Pieces) -> Iterator[bytes]:
    """The same bytes, each piece but the last one as large as a row takes."""
    gathered = bytearray()
    for piece in data.read():
        gathered += piece
        while len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered[:CHUNK_BYTES])
            del gathered[:CHUNK_BYTES]
    if gathered:
        yield bytes(gathered)
