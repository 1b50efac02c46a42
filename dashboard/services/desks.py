"""The services of one team in somebody's name: bound for every request, with what is worth keeping shared."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.cloud.client import CloudClient
from dashboard.cloud.jwt import token_expiry
from dashboard.models import Actor
from dashboard.polling.ports import Tokens
from dashboard.services.board import Board, BoardMemory
from dashboard.services.comparing import Comparing
from dashboard.services.corrections import Corrections
from dashboard.services.credentials import Credentials
from dashboard.services.indexing import Indexing
from dashboard.services.intake import Intake
from dashboard.services.library import Library
from dashboard.services.members import Members
from dashboard.services.regular_run import RegularRun
from dashboard.services.result_export import ResultExport
from dashboard.services.sharing import Sharing
from dashboard.services.sources import Sources
from dashboard.services.support_bundle import SupportBundle
from dashboard.services.task_counts import TaskCounts
from dashboard.services.tasks import Tasks
from dashboard.services.team_export import TeamExport
from dashboard.services.team_import import TeamImport
from dashboard.services.team_scope import TeamScope
from dashboard.services.team_settings import TeamSettings
from dashboard.services.token_test import TokenTest
from dashboard.store.database import Database
from dashboard.store.secrecy import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that can be done for one team; what the actor's role does not allow is refused by each service."""

    team_id: int
    actor: Actor
    intake: Intake
    credentials: Credentials
    token_test: TokenTest
    tasks: Tasks
    board: Board
    members: Members
    team_settings: TeamSettings
    team_export: TeamExport
    result_export: ResultExport
    comparing: Comparing
    corrections: Corrections
    sharing: Sharing
    library: Library
    sources: Sources
    regular_run: RegularRun
    support_bundle: SupportBundle


class Desks:
    """Makes desks; boards and counts are kept for each team, so that ten viewers cost what one does."""

    def __init__(
        self,
        *,
        database: Database,
        box: SecretBox,
        clock: Callable[[], datetime],
        tokens: Tokens,
        cloud: CloudClient,
        default_api_url: Callable[[], str],
        check_api_url: Callable[[str], str],
        wake: Callable[[], None],
        forget: Callable[[], None],
        index: Callable[[Session, Sequence[int]], None],
        reserved_slugs: frozenset[str],
    ) -> None:
        self._database = database
        self._reserved_slugs = reserved_slugs
        self._box = box
        self._clock = clock
        self._tokens = tokens
        self._cloud = cloud
        self._default_api_url = default_api_url
        self._check_api_url = check_api_url
        self._wake = wake
        self._forget = forget
        self._index = index
        self._counts = TaskCounts()
        self._lock = threading.Lock()
        self._boards: dict[int, BoardMemory] = {}

    def team_import(self, *, indexing: Indexing, told: Callable[[int], None]) -> TeamImport:
        """What brings in teams of other deployments; ``told`` hears how many tasks are in."""
        return TeamImport(
            database=self._database, box=self._box, indexing=indexing, clock=self._clock, told=told
        )

    def of(self, team_id: int, actor: Actor) -> Desk:
        """The desk of a team, in this actor's name."""
        team, wake = TeamScope(self._database, team_id, actor, self._clock), self._wake
        with self._lock:
            memory = self._boards.setdefault(team_id, BoardMemory())
        intake = Intake(
            team,
            default_api_url=self._default_api_url,
            check_api_url=self._check_api_url,
            wake=wake,
        )
        sources = Sources(team)
        return Desk(
            team_id=team_id,
            actor=actor,
            intake=intake,
            credentials=Credentials(
                team,
                box=self._box,
                default_api_url=self._default_api_url,
                check_api_url=self._check_api_url,
                token_expiry=token_expiry,
                wake=wake,
                counts=self._counts,
            ),
            token_test=TokenTest(
                team,
                tokens=self._tokens,
                api=self._cloud,
                wake=wake,
            ),
            tasks=Tasks(
                team,
                tokens=self._tokens,
                api=self._cloud,
                wake=wake,
                index=self._index,
            ),
            board=Board(team, memory),
            team_settings=TeamSettings(
                team,
                forget=self._forget,
                reserved=self._reserved_slugs,
            ),
            team_export=TeamExport(team),
            result_export=ResultExport(team),
            comparing=Comparing(team),
            corrections=Corrections(team, index=self._index),
            library=Library(team),
            sources=sources,
            regular_run=RegularRun(
                team,
                tokens=self._tokens,
                api=self._cloud,
                intake=intake,
                sources=sources,
            ),
            support_bundle=SupportBundle(team),
            sharing=Sharing(team),
            members=Members(team, forget=self._forget),
        )
