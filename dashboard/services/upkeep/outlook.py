"""Collects what is not as it should be although everything works; asks no database, so that any page can say it."""

from collections.abc import Callable
from datetime import datetime

from dashboard.cloud.service_clocks import ServiceClocks
from dashboard.services.library.catching_up import CatchUp
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.services.upkeep import conditions
from dashboard.services.upkeep.conditions import Condition
from dashboard.services.upkeep.housekeeping import Housekeeping
from dashboard.services.upkeep.timekeeping import Timekeeper


class Outlook:
    """What this process knows.

    Args:
        catching_up: what is not searchable yet.
        inner_texts: what is not read yet.
        housekeeping: what is not deleted yet.
        timekeeper: whether the clock is relied on.
        clock: the time of everything stored, aware UTC.
        machine_ahead: seconds by which this machine's clock is ahead of that one.
        services: what time the services say it is.
    """

    def __init__(
        self,
        *,
        catching_up: CatchUp,
        inner_texts: InnerTexts,
        housekeeping: Housekeeping,
        timekeeper: Timekeeper,
        clock: Callable[[], datetime],
        machine_ahead: Callable[[], float],
        services: ServiceClocks,
    ) -> None:
        self._catching_up = catching_up
        self._inner_texts = inner_texts
        self._housekeeping = housekeeping
        self._timekeeper = timekeeper
        self._clock = clock
        self._machine_ahead = machine_ahead
        self._services = services

    def whole(self, team_id: int | None = None, *, names_services: bool = True) -> list[Condition]:
        """Everything there is to say, to a team or about all of them; strangers need not learn of the services."""
        unread = outdated = None
        if team_id is None:
            outdated = self.outdated()
            trouble = self._inner_texts.trouble
            unread = conditions.not_read(self._inner_texts.waiting, trouble=trouble)
        found = [
            conditions.database_skew(self.machine_ahead()),
            *conditions.service_skews(self.ahead_of_services() if names_services else {}),
            self.retention(team_id),
            self.search(team_id),
            outdated,
            unread,
        ]
        return [condition for condition in found if condition is not None]

    def search(self, team_id: int | None = None) -> Condition | None:
        """What a search does not find yet."""
        behind, given_up = self.not_searchable(team_id), self._catching_up.given_up(team_id)
        begun = self._catching_up.begun_with(team_id)
        trouble = self._catching_up.trouble
        return conditions.not_searchable(behind, of=begun, trouble=trouble, given_up=given_up)

    def outdated(self, team_id: int | None = None) -> Condition | None:
        """What a search finds only as an older version read it."""
        left, whole = self._catching_up.outdated(team_id)
        given_up, trouble = self._catching_up.given_up(team_id), self._catching_up.trouble
        return conditions.outdated(left, of=whole, trouble=trouble, given_up=given_up)

    def retention(self, team_id: int | None = None) -> Condition | None:
        """What is being deleted, or would be if the clock were right."""
        return conditions.retention_going(self._housekeeping.going(team_id)) or conditions.retention_held(
            self._housekeeping.held(team_id), self._timekeeper.latest, now=self._clock()
        )

    def not_searchable(self, team_id: int | None = None) -> int:
        """How many stored texts no search finds yet."""
        return self._catching_up.behind(team_id)

    def not_renewed(self) -> int:
        """How many texts of all teams a search finds only as an older version read them."""
        return self._catching_up.outdated()[0]

    def retention_held(self) -> int:
        """How many finished tasks of all teams wait to be deleted until the clock is relied on."""
        return self._housekeeping.held()

    def machine_ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of the database's."""
        return self._machine_ahead()

    def ahead_of_services(self) -> dict[str, float]:
        """The same for each service that has answered lately."""
        return dict(self._services.ahead())
