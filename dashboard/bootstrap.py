"""The one place that knows the concrete parts and wires them together.

Production calls :func:`current`; tests call :func:`build` with their own settings and clock.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dashboard.cloud.client import CloudClient
from dashboard.dropping.staging import FOLDER, Staging
from dashboard.models import SANDBOX_URL, SYSTEM
from dashboard.networks import is_loopback
from dashboard.parts import Dashboard
from dashboard.polling.learning import Learning
from dashboard.polling.poller import MOST_TIMES, Poller
from dashboard.polling.sender import Sender
from dashboard.polling.token_keeper import TokenKeeper
from dashboard.results.decoding import decode_parts
from dashboard.services.credentials.service_list import ServiceList
from dashboard.services.library.indexing import Indexing, of_new_result
from dashboard.services.results.inner_texts import InnerTexts
from dashboard.services.results.sharing import SharedResults
from dashboard.services.sending.kept_sources import SourceRoom
from dashboard.services.sending.source_keeping import SourceKeeping
from dashboard.services.tasks.endings import Endings
from dashboard.services.team.access import Access
from dashboard.services.team.drop_in_access import DropInAccess
from dashboard.services.team.single_sign_on import SingleSignOn, member_rules
from dashboard.services.team_services import Teams
from dashboard.services.upkeep.backups import Backups
from dashboard.services.upkeep.housekeeping import Housekeeping
from dashboard.services.upkeep.outlook import Outlook
from dashboard.services.upkeep.own_files import close_to_others
from dashboard.services.upkeep.sandbox import Sandbox
from dashboard.services.upkeep.timekeeping import DatabaseClock, Timekeeper
from dashboard.settings import Settings, load_settings
from dashboard.store import teams
from dashboard.store.database import Database, sqlite_url
from dashboard.store.database_clock import database_time
from dashboard.store.histories import Histories
from dashboard.store.migrating import migrate
from dashboard.store.minting import TokenShelf
from dashboard.store.outbox import DatabaseOutbox
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.store.processes import Processes
from dashboard.store.secrecy import open_box, verify_readable
from dashboard.store.wake_ups import WakeUps

__all__ = ["Dashboard", "build", "configure", "current", "settings", "use", "utc_now"]


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    *,
    sandbox: bool = False,
    worker: bool = False,
    clock: Callable[[], datetime] | None = None,
) -> Dashboard:
    """Open the database (migrating it), unlock the secrets and wire the parts; starts nothing.

    Args:
        settings: what was configured.
        sandbox: whether new tasks go to the sandbox inside this process.
        worker: whether this process only polls; it then leaves the sandbox of a server alone.
        clock: where "now" comes from, aware UTC; the database's clock by default.

    Raises:
        StoreError: with a sentence, when the database or the stored secrets cannot be used.
        SettingsRefused: when a key or a rule of single sign-on is malformed.
    """
    rules = member_rules(settings.sso_members)
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    keys = settings.secret_keys.get_secret_value() if settings.secret_keys else None
    database = Database(configured or sqlite_url(settings.data_dir))
    close_to_others(settings.data_dir)
    databases_clock = DatabaseClock(database, wall=utc_now)
    given, clock = clock, clock or databases_clock
    try:
        box = open_box(settings.data_dir, keys, database=database)
        migrate(database)
        databases_clock.sync()
        with database.writing() as session:
            verify_readable(session=session, box=box)
            team_id = teams.default_team(session=session, now=clock()).id or 0
    except Exception:
        database.close()
        raise
    stand_in = Sandbox(data_dir=settings.data_dir, database=database, clock=clock, wanted=sandbox)
    services = ServiceList(
        settings.api_urls, sandbox_url=lambda: stand_in.url, resolve_sandbox=stand_in.resolve
    )
    cloud = CloudClient(pool_size=MOST_TIMES * settings.workers, resolve=services.resolve, clock=clock)
    access = Access(database=database, clock=clock, cookie_keys=box.derived(b"sign-in"))
    tokens = TokenKeeper(api=cloud, box=box, shelf=TokenShelf(database), may_call=services.require)
    timekeeper = Timekeeper(
        database=database,
        sync=databases_clock.sync,
        moment=(lambda _: given()) if given else database_time,
    )
    staging = Staging(settings.data_dir / FOLDER, largest=settings.upload_mb * 1_000_000)
    keeping = SourceKeeping(database, rest=time.sleep)
    housekeeping = Housekeeping(
        database=database,
        look=timekeeper.look,
        sweep=lambda now: (staging.forget_old(now), keeping.sweep(now)),
    )
    indexing = Indexing(database=database, clock=clock)
    inner_texts = InnerTexts(database=database, clock=clock, renew=indexing.renew)
    skipped = [SANDBOX_URL] if worker else []
    processes = Processes(database)
    learning = Learning(cost=settings.poll_cost)
    ledger = DatabaseLedger(
        database,
        histories=Histories(database, learning),
        index=indexing.put_new,
        stored=inner_texts.stored,
        skip_api_urls=skipped,
        holder=processes.id,
    )
    outbox = DatabaseOutbox(
        database,
        holder=processes.id,
        most_in_lane=settings.sending,
        skip_api_urls=skipped,
        learning=learning,
    )
    sender = Sender(api=cloud, tokens=tokens, outbox=outbox)
    poller = Poller(
        api=cloud,
        tokens=tokens,
        ledger=ledger,
        decode=decode_parts,
        prepare=of_new_result,
        load=indexing.prepare,
        processes=processes,
        workers=settings.workers,
        learning=learning,
        service_time=cloud.clocks.time_of,
        trusts_clock=timekeeper.trusts_clock,
        beside=sender,
    )
    every_team = Teams(
        database=database,
        box=box,
        clock=clock,
        tokens=tokens,
        cloud=cloud,
        default_api_url=lambda: SANDBOX_URL if stand_in.wanted else settings.api_url,
        check_api_url=services.checked,
        wake=poller.wake,
        ring=poller.ring,
        forget=access.forget,
        renew=indexing.renew_outdated,
        reserved_slugs=frozenset(rule.team for rule in rules),
        endings=Endings(database),
        staging=staging,
        outbox=outbox,
        learning=learning,
        source_room=SourceRoom(round(settings.sources_gb * 1e9) or None),
        holder=processes.id if settings.poller == "on" else None,
        drop_in_by_default=settings.access == "open" and is_loopback(settings.host),
    )
    return Dashboard(
        settings=settings,
        database=database,
        clock=clock,
        cloud=cloud,
        poller=poller,
        sender=sender,
        wake_ups=WakeUps(database, poller.wake),
        sandbox=stand_in,
        access=access,
        drop_in_access=DropInAccess(
            database=database,
            clock=clock,
            signing_keys=box.derived(b"drop-in"),
            open_team=team_id if settings.access == "open" else None,
        ),
        single_sign_on=SingleSignOn(
            database=database,
            clock=clock,
            access=access,
            rules=rules,
            life=timedelta(hours=settings.sso_hours),
            state_key=box.derived(b"single sign-on")[-1],
        ),
        teams=every_team,
        timekeeper=timekeeper,
        housekeeping=housekeeping,
        backups=Backups(settings=settings, clock=clock, unfit=lambda: database.unfit),
        indexing=indexing,
        inner_texts=inner_texts,
        outlook=Outlook(
            catching_up=indexing.catching_up,
            inner_texts=inner_texts,
            housekeeping=housekeeping,
            timekeeper=timekeeper,
            clock=clock,
            machine_ahead=databases_clock.machine_ahead,
            services=cloud.clocks,
        ),
        shared_results=SharedResults(database=database, clock=clock),
        team=every_team.of(team_id, SYSTEM),
    )


_lock = threading.RLock()
_settings: Settings | None = None
_sandbox = False
_current: Dashboard | None = None


def configure(settings: Settings, *, sandbox: bool = False) -> None:
    """Say, before anything is built, which settings this process runs with (the command line does)."""
    global _settings, _sandbox
    with _lock:
        _settings, _sandbox = settings, sandbox


def settings() -> Settings:
    """The settings of this process, read on first use."""
    global _settings  # noqa: PLW0603 - see configure
    with _lock:
        if _settings is None:
            _settings = load_settings()
        return _settings


def current() -> Dashboard:
    """The dashboard of this process, built on first use; raises what :func:`build` raises."""
    global _current  # noqa: PLW0603 - see configure
    with _lock:
        if _current is None:
            _current = build(settings(), sandbox=_sandbox)
        return _current


def use(dashboard: Dashboard | None) -> None:
    """Put another dashboard in place (tests, and the server after it stopped)."""
    global _current  # noqa: PLW0603 - see configure
    with _lock:
        _current = dashboard
