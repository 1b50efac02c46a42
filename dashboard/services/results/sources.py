"""The image beside the text: kept when somebody adds it, shown next to what was recognised."""

import hashlib
from dataclasses import dataclass
from typing import Self

from sqlmodel import Session

from dashboard.errors import InputRefused, NotFound
from dashboard.models import Action, Role, Source, Task
from dashboard.results.files import Download, file_name
from dashboard.results.pictures import pages_of, too_large
from dashboard.results.sheets import Unreadable
from dashboard.results.sniffing import (
    AVIF,
    BMP,
    GIF,
    HEIC,
    JPEG,
    PDF,
    PNG,
    TIFF,
    WEBP,
    FileType,
    binary_type,
    image_type,
)
from dashboard.results.source_pictures import NotNow, page_as_shown
from dashboard.services.labels import clean_label
from dashboard.services.team_scope import TeamScope
from dashboard.store import sources as rows
from dashboard.store import tasks as task_rows

LARGEST = 20_000_000
"""Bytes of an image."""

SHOWN = (PNG, JPEG, GIF, BMP, WEBP)
"""What every browser shows."""

_KEPT = (*SHOWN, TIFF, PDF)

_UNKNOWN_TO_ALL = {HEIC: "HEIC", AVIF: "AVIF"}
_REFUSED = "This is not an image that can be shown here. Add it as PNG, JPEG, GIF, TIFF, BMP or WebP."


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """An image that is held, without its bytes."""

    name: str
    media_type: str
    size: int
    sha256: str

    @classmethod
    def of(cls, image: Source) -> Self:
        """Those of an image."""
        return cls(name=image.name, media_type=image.media_type, size=image.size, sha256=image.sha256)

    @property
    def may_have_pages(self) -> bool:
        """Whether it is shown page by page, each made into a picture for browsers."""
        return self.media_type == TIFF.media_type


class Sources:
    """The images of one team's tasks; everybody may look, editors add and remove."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def image(self, task_ref: int) -> Download[bytes]:
        """The image as a file, as it was added; raises NotFound."""
        with self._team.reading() as session:
            found = (
                rows.of_task(session=session, team_id=self._team.team_id, task_ref=task_ref)
                if 0 < task_ref <= task_rows.MAX_ID
                else None
            )
            if found is None or found.id is None:
                raise NotFound("There is no image for this task.")
            data = rows.data_of(session=session, source_id=found.id)
        kind = next((one for one in _KEPT if one.media_type == found.media_type), PNG)
        name = file_name(found.name, "", extension=kind.extension)
        return Download(name=name, media_type=found.media_type, data=data)

    def pages(self, task_ref: int) -> int:
        """How many pages the image has; raises NotFound."""
        return pages_of(self.image(task_ref).data)

    def page(self, task_ref: int, number: int) -> Download[bytes]:
        """One page (from 1) as a picture that browsers show; the image itself where they do.

        Raises:
            NotFound: when there is no image, or no such page.
            InputRefused: when it cannot be read.
        """
        image = self.image(task_ref)
        if not 1 <= number <= pages_of(image.data):
            raise NotFound("There is no such page in this image.")
        if image.media_type != TIFF.media_type:
            return image
        try:
            data = page_as_shown(image.data, number - 1)
        except Unreadable as error:
            raise InputRefused(str(error)) from None
        kind = binary_type(data) or PNG
        name = file_name(f"{image.name} {number}", "", extension=kind.extension)
        return Download(name=name, media_type=kind.media_type, data=data)

    def add(self, task_ref: int, *, name: str, data: bytes) -> None:
        """Keep the image a task was made of; the one before is replaced.

        Raises:
            InputRefused: when it is too large, packed or unpacked, or no image that can be shown.
            NotFound: when there is no such task.
            NotPermitted: for viewers.
        """
        if len(data) > LARGEST:
            raise InputRefused(f"An image can have up to {LARGEST // 1_000_000} MB.")
        kind = _kind_of(data)
        if refusal := too_large(data):
            raise InputRefused(refusal)
        if kind is TIFF:
            with self._team.reading(Role.EDITOR) as session:
                self._team.task(session, task_ref)  # before anything is done for whoever may not
            _refuse_unreadable(data)
        with self._team.writing(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            source = Source(
                team_id=self._team.team_id,
                name=clean_label(name) or "image",
                media_type=kind.media_type,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                added_at=self._team.clock(),
            )
            rows.put(session=session, task_ref=task_ref, source=source, data=data)
            self._finish(session, task, removed=False)

    def remove(self, task_ref: int) -> None:
        """Forget the image of a task; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            task = self._team.task(session, task_ref)
            if not rows.remove(session=session, task_ref=task_ref):
                raise NotFound("There is no image for this task.")
            self._finish(session, task, removed=True)

    def _finish(self, session: Session, task: Task, *, removed: bool) -> None:
        self._team.note(session, Action.IMAGE_ADDED, task.task_id, {"removed": removed})
        self._team.touch(session)


def _kind_of(data: bytes) -> FileType:
    kind = image_type(data)
    if kind in _UNKNOWN_TO_ALL:
        raise InputRefused(
            f"This image is {_UNKNOWN_TO_ALL[kind]}, which the OCR service does not read and few programs show. "
            "Save or share it as JPEG, and add that."
        )
    if kind is None:
        raise InputRefused(_REFUSED)
    return kind


def _refuse_unreadable(data: bytes) -> None:
    """Read its first page once, so that nobody keeps what is never seen."""
    try:
        page_as_shown(data, 0)
    except NotNow:
        return  # it is seen later, or says so then
    except Unreadable as error:
        raise InputRefused(str(error)) from None
