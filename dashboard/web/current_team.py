"""For whom a request is answered: the team and the role of who sent it."""

from collections.abc import Callable

from starlette.requests import Request

from dashboard.bootstrap import Dashboard
from dashboard.errors import NotFound
from dashboard.services.team.visitors import Visitor
from dashboard.web.admission import SCOPE_KEY

TEAM = "team"
"""Query parameter that names the team of somebody who belongs to several."""

_NOT_YOURS = "There is no such team among yours."


def as_seen(dashboard: Callable[[], Dashboard]) -> Callable[[Request], Dashboard]:
    """A dependency: the dashboard for whoever the admission let in; as it is where there is none."""

    def bound(request: Request) -> Dashboard:
        app = dashboard()
        if app.settings.access == "open":
            return app
        who = request.scope.get(SCOPE_KEY)
        named = request.query_params.get(TEAM)
        if isinstance(who, Visitor):
            place = who.place(named)
            if place is None:
                raise NotFound(_NOT_YOURS)
            return app.seen_by(place.team_id, who.actor(place))
        if isinstance(who, tuple):
            seen = app.seen_by(*who)
            # A script that names another team must not believe that it got its answer.
            if named and seen.team.team_settings.team().slug != named:
                raise NotFound(_NOT_YOURS)
            return seen
        raise NotFound("There is nothing here.")  # never without the admission in front

    return bound
