"""Views of the library and of the board that a team keeps under a name."""

from collections.abc import Sequence
from enum import StrEnum

from dashboard.errors import InputRefused, NotFound
from dashboard.models import Action, Role, SavedView
from dashboard.services.labels import typed_label
from dashboard.services.library.library import LONGEST_QUERY
from dashboard.services.team_scope import TeamScope
from dashboard.store import saved_views as rows


class Place(StrEnum):
    """A page that has views."""

    LIBRARY = "library"
    BOARD = "board"


class SavedViews:
    """The saved views of one team; a name is used once in all of it."""

    def __init__(self, team: TeamScope) -> None:
        self._team = team

    def of(self, place: Place) -> Sequence[SavedView]:
        """Those of one page, by name."""
        with self._team.reading() as session:
            found = rows.of(session=session, team_id=self._team.team_id)
        return [view for view in found if view.place == place]

    def save(self, place: Place, name: str, query: str) -> None:
        """Keep what a page shows for the team; a view of the same page and name is replaced.

        Args:
            place: the page.
            name: what people call it.
            query: as in the address of that page.

        Raises:
            InputRefused: without a name, when another page has a view of it, or when the query is too long.
            NotPermitted: for viewers.
        """
        called = typed_label(name)
        if not called:
            raise InputRefused("A saved view needs a name.")
        if len(query) > LONGEST_QUERY:
            raise InputRefused("This search is too long to be saved.")
        with self._team.writing(Role.EDITOR) as session:
            known = rows.of(session=session, team_id=self._team.team_id)
            if taken := [view.place for view in known if view.name == called and view.place != place]:
                raise InputRefused(f"The {taken[0]} has a view of this name. Choose another one.")
            view = SavedView(
                team_id=self._team.team_id,
                place=place.value,
                name=called,
                query=query,
                created_by=self._team.actor.name,
                created_at=self._team.clock(),
            )
            rows.put(session=session, view=view)
            self._team.note(session, Action.VIEW_SAVED, called)

    def remove(self, view_id: int) -> None:
        """Forget a saved view; raises NotFound, NotPermitted."""
        with self._team.writing(Role.EDITOR) as session:
            if not rows.remove(session=session, team_id=self._team.team_id, view_id=view_id):
                raise NotFound("There is no such view in this team.")
            self._team.note(session, Action.VIEW_REMOVED, f"view {view_id}")
