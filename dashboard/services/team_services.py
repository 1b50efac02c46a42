"""The services of one team in somebody's name: bound for every request, with what is worth keeping shared."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.cloud.client import CloudClient
from dashboard.cloud.jwt import token_expiry
from dashboard.dropping.staging import Staging
from dashboard.models import Actor
from dashboard.polling.learning import Learning
from dashboard.polling.ports import Tokens
from dashboard.services.credentials.credentials import Credentials
from dashboard.services.credentials.token_test import TokenTest
from dashboard.services.drop_in.drop_in import DropIn
from dashboard.services.drop_in.drop_in_tokens import DropInTokens
from dashboard.services.drop_in.fetching import Fetching
from dashboard.services.drop_in.forwarding import Forwarding
from dashboard.services.library.indexing import Indexing
from dashboard.services.library.library import Library
from dashboard.services.library.saved_views import SavedViews
from dashboard.services.results.comparisons import Comparisons
from dashboard.services.results.corrections import Corrections
from dashboard.services.results.result_export import ResultExport
from dashboard.services.results.sharing import Sharing
from dashboard.services.results.sources import Sources
from dashboard.services.sending.batches import Batches
from dashboard.services.sending.kept_sources import KeptSources, SourceRoom
from dashboard.services.sending.presets import Presets
from dashboard.services.sending.runs import Runs
from dashboard.services.sending.submitting import Submitting
from dashboard.services.tasks.board import Board, BoardMemory
from dashboard.services.tasks.dropped_files import DroppedFiles
from dashboard.services.tasks.endings import Endings
from dashboard.services.tasks.endpoint_search import EndpointSearch
from dashboard.services.tasks.intake import Intake
from dashboard.services.tasks.regular_run import RegularRun
from dashboard.services.tasks.task_counts import TaskCounts
from dashboard.services.tasks.tasks import Tasks
from dashboard.services.team.api_calls import ApiCalls
from dashboard.services.team.members import Members
from dashboard.services.team.team_export import TeamExport
from dashboard.services.team.team_import import TeamImport
from dashboard.services.team.team_settings import TeamSettings
from dashboard.services.team_scope import TeamScope
from dashboard.store.database import Database
from dashboard.store.outbox import DatabaseOutbox
from dashboard.store.secrecy import SecretBox


class TeamServices:
    """Everything that can be done for one team; what the actor's role does not allow is refused by each service."""

    def __init__(self, shared: "Teams", team: TeamScope, memory: BoardMemory) -> None:
        self.team_id = team.team_id
        self.actor = team.actor
        self.intake = Intake(
            team,
            default_api_url=shared.default_api_url,
            check_api_url=shared.check_api_url,
            wake=shared.wake,
            learning=shared.learning,
        )
        self.credentials = Credentials(
            team,
            box=shared.box,
            default_api_url=shared.default_api_url,
            check_api_url=shared.check_api_url,
            token_expiry=token_expiry,
            wake=shared.wake,
            counts=shared.counts,
        )
        self.token_test = TokenTest(team, tokens=shared.tokens, api=shared.cloud, wake=shared.wake)
        self.tasks = Tasks(team, tokens=shared.tokens, api=shared.cloud, wake=shared.wake, renew=shared.renew)
        self.endpoint_search = EndpointSearch(
            team, tokens=shared.tokens, api=shared.cloud, tasks=self.tasks, credentials=self.credentials
        )
        self.board = Board(team, memory)
        self.members = Members(team, forget=shared.forget)
        self.team_settings = TeamSettings(team, forget=shared.forget, reserved=shared.reserved_slugs)
        self.team_export = TeamExport(team)
        self.result_export = ResultExport(team)
        self.comparisons = Comparisons(team)
        self.corrections = Corrections(team, renew=shared.renew)
        self.sharing = Sharing(team)
        self.library = Library(team)
        self.saved_views = SavedViews(team)
        self.api_calls = ApiCalls(team, box=shared.box)
        self.sources = Sources(team)
        self.dropped = DroppedFiles(team, shared.staging)
        self.kept_sources = KeptSources(team, room=shared.source_room)
        self.batches = Batches(
            team,
            default_api_url=shared.default_api_url,
            check_api_url=shared.check_api_url,
            wake=shared.wake,
        )
        self.submitting = Submitting(
            dropped=self.dropped, kept_sources=self.kept_sources, batches=self.batches
        )
        chosen = DropInTokens(
            team, default_api_url=shared.default_api_url, by_default=shared.drop_in_by_default
        )
        self.drop_in = DropIn(team, chosen=chosen, members=self.members)
        self.forwarding = Forwarding(
            team,
            tokens=shared.tokens,
            relay=shared.cloud,
            outbox=shared.outbox,
            chosen=chosen,
            kept_sources=self.kept_sources,
            wake=shared.ring,
            holder=shared.holder,
            stopping=shared.stopping,
        )
        self.fetching = Fetching(
            team, tokens=shared.tokens, api=shared.cloud, chosen=chosen, intake=self.intake, tasks=self.tasks
        )
        self.presets = Presets(team)
        self.runs = Runs(team, batches=self.batches)
        self.regular_run = RegularRun(
            team, tokens=shared.tokens, api=shared.cloud, intake=self.intake, sources=self.sources
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """What the services of all teams share; boards and counts are kept, so that ten viewers cost what one does."""

    database: Database
    box: SecretBox
    clock: Callable[[], datetime]
    tokens: Tokens
    cloud: CloudClient
    default_api_url: Callable[[], str]
    check_api_url: Callable[[str], str]
    wake: Callable[[], None]
    ring: Callable[[], None]
    """Has the poller alone look at once."""
    forget: Callable[[], None]
    renew: Callable[[int], None]
    reserved_slugs: frozenset[str]
    endings: Endings
    staging: Staging
    outbox: DatabaseOutbox
    learning: Learning = field(default_factory=Learning)
    holder: str | None = None
    """This process, where it polls and so beats."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to end."""
    drop_in_by_default: bool = False
    source_room: SourceRoom = field(default_factory=SourceRoom)
    counts: TaskCounts = field(default_factory=TaskCounts)
    boards: dict[int, BoardMemory] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def team_import(self, *, indexing: Indexing, told: Callable[[int], None]) -> TeamImport:
        """What brings in teams of other deployments; ``told`` hears how many tasks are in."""
        return TeamImport(
            database=self.database, box=self.box, indexing=indexing, clock=self.clock, told=told
        )

    def of(self, team_id: int, actor: Actor) -> TeamServices:
        """The services of a team, in this actor's name."""
        with self.lock:
            memory = self.boards.setdefault(team_id, BoardMemory())
        return TeamServices(self, TeamScope(self.database, team_id, actor, self.clock), memory)
