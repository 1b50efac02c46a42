"""Short names for what is done at a desk."""

from dashboard.models import Actor
from dashboard.services.board import Board
from dashboard.services.credentials import Credentials
from dashboard.services.desks import Desk
from dashboard.services.intake import Intake
from dashboard.services.members import Members
from dashboard.services.tasks import Tasks
from dashboard.services.team_settings import TeamSettings
from dashboard.services.token_test import TokenTest


class AtDesk:
    """Whatever has a desk."""

    __slots__ = ()
    desk: Desk

    @property
    def team_id(self) -> int:
        """Whose tasks and tokens these are."""
        return self.desk.team_id

    @property
    def actor(self) -> Actor:
        """In whose name things are done."""
        return self.desk.actor

    @property
    def intake(self) -> Intake:
        """Registers tasks."""
        return self.desk.intake

    @property
    def credentials(self) -> Credentials:
        """The tokens."""
        return self.desk.credentials

    @property
    def token_test(self) -> TokenTest:
        """Tries a token."""
        return self.desk.token_test

    @property
    def tasks(self) -> Tasks:
        """The tasks, one by one."""
        return self.desk.tasks

    @property
    def board(self) -> Board:
        """The tasks, all together."""
        return self.desk.board

    @property
    def team_settings(self) -> TeamSettings:
        """The team as a whole."""
        return self.desk.team_settings

    @property
    def members(self) -> Members:
        """Who belongs to the team."""
        return self.desk.members
