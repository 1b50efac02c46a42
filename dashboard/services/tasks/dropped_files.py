"""What somebody has dropped on the page and not yet sent: theirs alone, for editors."""

from collections.abc import Iterable

from dashboard.dropping.kinds import refuse_large
from dashboard.dropping.staging import Dropped, Incoming, Staging, Waiting
from dashboard.errors import NotFound
from dashboard.models import Role
from dashboard.results.files import Download
from dashboard.results.sniffing import JPEG
from dashboard.services.team_scope import TeamScope


class DroppedFiles:
    """The dropped files of one person in one team; without access control, of everybody at this machine."""

    def __init__(self, team: TeamScope, staging: Staging) -> None:
        self._team = team
        self._staging = staging

    @property
    def largest(self) -> int:
        """Bytes of one file that are taken."""
        return self._staging.largest

    def begin(self, size: int) -> Incoming:
        """Where a file of so many bytes (as far as is known) is to be written that comes in.

        Raises:
            InputRefused: when it is too large, or too much is waiting.
            NotPermitted: for viewers.
        """
        self._require()
        refuse_large(size, self._staging.largest)
        return self._staging.begin(self._whose, size, self._team.clock())

    def take(self, incoming: Incoming, name: str, *, place: int = 0) -> Waiting:
        """Look at what was written there; gives back what became of it. ``place`` is where it stands among the others.

        Raises:
            DiskFull: when there is no room for what is made of it.
            NotPermitted: for viewers.
        """
        self._require()
        return self._staging.take(incoming, name, place=place)

    def all(self) -> Waiting:
        """What is waiting; raises NotPermitted for viewers."""
        self._require()
        return self._staging.all(self._whose)

    def some(self, ids: Iterable[str]) -> list[Dropped]:
        """Those of them that are still there, in the order of :meth:`all`; raises NotPermitted for viewers."""
        wanted = set(ids)
        return [one for one in self.all().files if one.id in wanted]

    def thumbnail(self, dropped_id: str) -> Download[bytes]:
        """A small picture of one; raises NotFound, and NotPermitted for viewers."""
        found = self.some([dropped_id])
        if not found or found[0].thumbnail is None:
            raise NotFound("There is no picture of this file.")
        try:
            data = found[0].thumbnail.read_bytes()
        except FileNotFoundError:
            raise NotFound("There is no picture of this file.") from None
        return Download(name=f"{dropped_id}{JPEG.extension}", media_type=JPEG.media_type, data=data)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget some, because they were sent or are not wanted; raises NotPermitted for viewers."""
        self._require()
        self._staging.remove(self._whose, ids)

    def _require(self) -> None:
        with self._team.reading(Role.EDITOR):
            pass

    @property
    def _whose(self) -> str:
        """A folder's name that nobody chooses for themselves."""
        actor = self._team.actor
        who = f"p{actor.person_id}" if actor.person_id else f"k{actor.key_id}" if actor.key_id else "here"
        return f"{self._team.team_id}-{who}"
