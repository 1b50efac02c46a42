"""The services over real databases, with a clock moved by hand and a fake service."""

from dataclasses import dataclass, field

import pytest
from cryptography.fernet import Fernet
from sqlmodel import col, select

from dashboard.cloud.jwt import token_expiry
from dashboard.models import SYSTEM, Actor, Credential, Task, Team
from dashboard.polling.token_keeper import TokenKeeper
from dashboard.services.credentials.credentials import Credentials
from dashboard.services.credentials.service_list import ServiceList
from dashboard.services.credentials.token_test import TokenTest
from dashboard.services.results.result_export import ResultExport
from dashboard.services.tasks.board import Board
from dashboard.services.tasks.intake import Intake
from dashboard.services.tasks.tasks import Tasks
from dashboard.services.team.access import Access
from dashboard.services.team.members import Members
from dashboard.services.team_scope import TeamScope
from dashboard.store.database import Database
from dashboard.store.minting import TokenShelf
from dashboard.store.secrecy import SecretBox
from dashboard.testing import FakeClock, FakeOcrApi

KEY = Fernet.generate_key().decode()
SERVICE = "https://ocr.example"
OTHER_SERVICE = "https://other.example"

KEYS = (b"k" * 32,)
"""What cookies are signed with."""


@dataclass(kw_only=True)
class Desk:
    """Everything a page or a route works with, and what is behind it."""

    database: Database
    team_id: int
    clock: FakeClock = field(default_factory=FakeClock)
    api: FakeOcrApi = field(default_factory=FakeOcrApi)
    box: SecretBox = field(default_factory=lambda: SecretBox([KEY]))
    wakes: int = 0
    actor: Actor = SYSTEM

    def __post_init__(self) -> None:
        team = self.scope()
        services = ServiceList([SERVICE, OTHER_SERVICE])
        self.intake = Intake(
            team, default_api_url=lambda: SERVICE, check_api_url=services.checked, wake=self._wake
        )
        self.credentials = Credentials(
            team,
            box=self.box,
            default_api_url=lambda: SERVICE,
            check_api_url=services.checked,
            token_expiry=token_expiry,
            wake=self._wake,
        )
        self.tokens = TokenKeeper(
            api=self.api,
            box=self.box,
            shelf=TokenShelf(self.database),
            sleep=lambda _: None,
            may_call=services.require,
        )
        self.tasks = Tasks(team, tokens=self.tokens, api=self.api, wake=self._wake, renew=lambda _: None)
        self.result_export = ResultExport(team)
        self.token_test = TokenTest(team, tokens=self.tokens, api=self.api, wake=self._wake)
        self.board = Board(team)

    def scope(self, actor: Actor | None = None) -> TeamScope:
        """What any other service of this team is made of, in somebody's name."""
        return TeamScope(self.database, self.team_id, actor or self.actor, self.clock)

    def task(self, task_ref: int) -> Task:
        """A task as it is stored."""
        with self.database.reading() as session:
            return session.get_one(Task, task_ref)

    def stored_tokens(self) -> list[Credential]:
        """All tokens as they are stored, oldest first."""
        with self.database.reading() as session:
            return list(session.exec(select(Credential).order_by(col(Credential.id))).all())

    def change(self, task_ref: int, **values: object) -> None:
        """Set columns of a task, as a poll would have."""
        with self.database.writing() as session:
            row = session.get_one(Task, task_ref)
            for name, value in values.items():
                setattr(row, name, value)

    def _wake(self) -> None:
        self.wakes += 1


@pytest.fixture
def desk(database: Database, team_id: int) -> Desk:
    """The services of the default team; the test runs on both databases."""
    return Desk(database=database, team_id=team_id)


@pytest.fixture
def other_desk(desk: Desk) -> Desk:
    """The services of another team in the same database."""
    team = Team(slug="others", name="Others", created_at=desk.clock())
    with desk.database.writing() as session:
        session.add(team)
        session.flush()
    assert team.id is not None
    return Desk(database=desk.database, team_id=team.id, clock=desk.clock)


@pytest.fixture
def access(desk: Desk) -> Access:
    """The sign-ins of a deployment."""
    return Access(database=desk.database, clock=desk.clock, cookie_keys=KEYS)


@pytest.fixture
def members(desk: Desk, access: Access) -> Members:
    """What owners decide, in the machine's own name."""
    return members_as(desk, access, SYSTEM)


def members_as(desk: Desk, access: Access, actor: Actor) -> Members:
    """The same, in somebody's name."""
    return Members(desk.scope(actor), forget=access.forget)
