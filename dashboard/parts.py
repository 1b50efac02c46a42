"""Everything a page, a route or a command needs: the parts, and how they start and stop together."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.cloud.client import CloudClient
from dashboard.dropping import opening
from dashboard.ending import WorkingPart, stop_all
from dashboard.logs import get_logger
from dashboard.models import SANDBOX_URL, Actor
from dashboard.polling.poller import Poller
from dashboard.polling.sender import Sender
from dashboard.results.workers import WORKERS
from dashboard.services.library.indexing import Indexing
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.services.results.sharing import SharedResults
from dashboard.services.team.access import Access
from dashboard.services.team.drop_in_access import DropInAccess
from dashboard.services.team.single_sign_on import SingleSignOn
from dashboard.services.team_services import Teams, TeamServices
from dashboard.services.upkeep.backups import Backups
from dashboard.services.upkeep.housekeeping import Housekeeping
from dashboard.services.upkeep.outlook import Outlook
from dashboard.services.upkeep.sandbox import Sandbox
from dashboard.services.upkeep.timekeeping import Timekeeper
from dashboard.settings import Settings
from dashboard.store.database import Database
from dashboard.store.wake_ups import WakeUps

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything a page, a route or a command needs, built once per process."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    cloud: CloudClient
    poller: Poller
    sender: Sender
    wake_ups: WakeUps
    sandbox: Sandbox
    access: Access
    drop_in_access: DropInAccess
    single_sign_on: SingleSignOn
    teams: Teams
    timekeeper: Timekeeper
    housekeeping: Housekeeping
    backups: Backups
    indexing: Indexing
    inner_texts: InnerTexts
    outlook: Outlook
    shared_results: SharedResults
    team: TeamServices
    """What is done here, for one team and in somebody's name."""

    def seen_by(self, team_id: int, actor: Actor) -> "Dashboard":
        """The same dashboard for another team, in another name."""
        return replace(self, team=self.teams.of(team_id, actor))

    @property
    def default_api_url(self) -> str:
        """The service of new tasks and tokens that name none."""
        return SANDBOX_URL if self.sandbox.wanted else self.settings.api_url

    @property
    def api_urls(self) -> list[str]:
        """The services people can choose from, the default one first."""
        others = [*self.settings.api_urls, *([SANDBOX_URL] if self.sandbox.url else [])]
        return list(dict.fromkeys([self.default_api_url, *others]))

    def start(self) -> None:
        """Begin to poll (unless another process does) and to serve the sandbox where it is needed."""
        for slug in self.single_sign_on.teams_missing():
            log.warning("single_sign_on.no_such_team", team=slug, advice=f"ocr-dashboard team make {slug}")
        self.timekeeper.start()
        self.sandbox.resume()
        self.database.checkpointing.start()
        self.indexing.start()
        if self.settings.poller == "on":
            self.start_polling()
        self.housekeeping.start()
        self.backups.start()

    def start_polling(self) -> None:
        """Begin to poll, and to do what follows from results."""
        self.poller.start()
        self.sender.start()
        self.wake_ups.start()
        self.inner_texts.start()

    def begin_to_stop(self) -> None:
        """Begin no new work, and give back what was claimed; returns at once."""
        self.teams.stopping.set()
        for part in self._working:
            part.begin_to_stop()

    @property
    def _working(self) -> tuple[WorkingPart, ...]:
        """What has a thread of its own, in the order in which it is stopped."""
        return (
            self.sender,
            self.poller,
            self.wake_ups,
            self.housekeeping,
            self.timekeeper,
            self.backups,
            self.indexing,
            self.inner_texts,
            self.teams.endings,
        )

    def stop(self) -> None:
        """Stop within a second or so; nothing that arrived is lost. May be called again."""
        self.begin_to_stop()
        WORKERS.end_all()
        opening.WORKERS.end_all()
        stop_all(*self._working, self.sandbox)
        self.cloud.close()
        self.database.close()
