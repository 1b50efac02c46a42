"""What ``ocr-dashboard doctor`` looks at: settings, database, secrets, service. Changes nothing of value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard import private_files
from dashboard.cloud.client import CloudClient
from dashboard.counts import count_of
from dashboard.errors import CloudError, DashboardError
from dashboard.models import Operation, TaskAddress
from dashboard.models.membership_rules import parse_rules
from dashboard.services.credentials import secret_keys
from dashboard.services.credentials.service_list import ServiceList
from dashboard.services.credentials.token_test import NOBODYS_TASK
from dashboard.services.library.indexing import READING
from dashboard.services.upkeep import backups
from dashboard.services.upkeep.conditions import database_skew, not_searchable, service_skews
from dashboard.services.upkeep.timekeeping import DatabaseClock
from dashboard.settings import PREFIX, Settings
from dashboard.store import key_file, library_rows, soundness
from dashboard.store.database import Database, sqlite_url
from dashboard.store.identities import teams_named
from dashboard.store.migrating import migrate
from dashboard.store.secrecy import SETTING, SecretBox, load_keys, verify_readable
from dashboard.store.service_use import services_in_use
from dashboard.store.teams import DEFAULT_SLUG


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    subject: str
    sentence: str


def examine(load: Callable[[], Settings]) -> Iterator[Finding]:
    """Look at one thing after the other; stops where the next one would make no sense."""
    try:
        settings = load()
    except DashboardError as error:
        yield Finding(ok=False, subject="settings", sentence=str(error))
        return
    services = f"services that may be called: {', '.join(settings.api_urls)}"
    yield Finding(ok=True, subject="settings", sentence=f"data folder {settings.data_dir}; {services}")
    yield from _database(settings)
    yield from _backups(settings)
    yield from _files(settings)
    for api_url in settings.api_urls:
        yield from _service(api_url)


def _database(settings: Settings) -> Iterator[Finding]:
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    keys = secret_keys.configured_keys(settings)
    try:
        database = Database(configured or sqlite_url(settings.data_dir))
    except DashboardError as error:
        yield Finding(ok=False, subject="database", sentence=str(error))
        return
    try:
        migrate(database)
        soundness.examine(database)
        kind = "PostgreSQL" if configured else "SQLite"
        full = database.lack_of_room()
        yield Finding(ok=full is None, subject="database", sentence=full or f"{kind}, up to date")
        box = SecretBox(load_keys(settings.data_dir, keys, database=database))
        with database.writing() as session:
            verify_readable(session=session, box=box)
        yield from _clock(database)
        yield from _library(database)
        yield from _unlisted(settings, database)
        yield from _unmade(settings, database)
        path = secret_keys.key_file_of(settings)
        where = f"the key file {path}; keep a copy elsewhere" if path else SETTING
        yield Finding(ok=True, subject="secrets", sentence=f"stored tokens can be read with {where}")
        if path is not None and key_file.is_exposed(path):
            sentence = f"others can read it (permissions {key_file.permissions(path)}): chmod 600 {path}"
            yield Finding(ok=False, subject="key file", sentence=sentence)
    except DashboardError as error:
        yield Finding(ok=False, subject="database and secrets", sentence=str(error))
    finally:
        database.close()


def _backups(settings: Settings) -> Iterator[Finding]:
    try:
        for ok, sentence in backups.findings(settings, datetime.now(UTC)):
            yield Finding(ok=ok, subject="backups", sentence=sentence)
    except (DashboardError, OSError) as error:
        yield Finding(ok=False, subject="backups", sentence=f"they cannot be looked at: {error}")


def _files(settings: Settings) -> Iterator[Finding]:
    """What others on this machine can get at although the server closes it where it can; the key is said above."""
    for path, reason in private_files.still_exposed(settings.data_dir):
        if path.name == key_file.KEY_FILE:
            continue
        is_folder, mode = path == settings.data_dir, private_files.permissions(path)
        means = f"chmod {'700' if is_folder else '600'} {path}"
        if is_folder and reason:
            means = f"name a folder of its own in {PREFIX}DATA_DIR, or {means}"
        sentence = f"others can get at {path} (permissions {mode})"
        sentence += f", and it is not closed by itself: {reason}. To do: {means}" if reason else f": {means}"
        yield Finding(ok=False, subject="data folder" if is_folder else "file", sentence=sentence)


def _clock(database: Database) -> Iterator[Finding]:
    """This machine's clock and the database's apart."""
    ahead = DatabaseClock(database, wall=lambda: datetime.now(UTC)).machine_ahead()
    if found := database_skew(ahead):
        yield Finding(ok=False, subject="clock", sentence=f"{found.headline} {found.advice}")


def _library(database: Database) -> Iterator[Finding]:
    """Stored texts that no search finds yet; nothing has to be done about them."""
    with database.reading() as session:
        missing = sum(library_rows.count_missing(session=session).values())
        outdated = sum(library_rows.count_outdated(session=session, reading=READING).values())
    if found := not_searchable(missing):
        sentence = f"{found.headline} A running server indexes them by itself."
        yield Finding(ok=True, subject="library", sentence=sentence)
    if outdated:
        sentence = (
            f"{count_of(outdated, 'older text')} to be indexed anew. A running server does it by itself."
        )
        yield Finding(ok=True, subject="library", sentence=sentence)


def _unlisted(settings: Settings, database: Database) -> Iterator[Finding]:
    """Tokens and tasks that wait because the operator does not list their service."""
    services = ServiceList(settings.api_urls)
    with database.reading() as session:
        in_use = services_in_use(session)
    for api_url, (tokens, tasks) in in_use.items():
        if services.find(api_url) is None:
            sentence = (
                f"{api_url} is not listed, so {count_of(tokens, 'token')} and {count_of(tasks, 'open task')} wait. "
                f"If it may be called, add it to {PREFIX}MORE_API_URLS; else remove them"
            )
            yield Finding(ok=False, subject="services", sentence=sentence)


def _unmade(settings: Settings, database: Database) -> Iterator[Finding]:
    """Rules of single sign-on for teams that do not exist."""
    try:
        named = {rule.team for rule in parse_rules(settings.sso_members)}
    except ValueError as error:
        yield Finding(ok=False, subject="single sign-on", sentence=f"{PREFIX}SSO_MEMBERS: {error}")
        return
    with database.reading() as session:
        made = teams_named(session=session, slugs=sorted(named))
    for slug in sorted(named - made.keys() - {DEFAULT_SLUG}):  # that one is made at the first start
        sentence = (
            f"{PREFIX}SSO_MEMBERS names the team {slug}, which does not exist, so nobody gets in by that rule: "
            f"ocr-dashboard team make {slug}"
        )
        yield Finding(ok=False, subject="single sign-on", sentence=sentence)


def _service(api_url: str) -> Iterator[Finding]:
    """Ask the evaluation mode about an ID nobody has: needs no token and costs nothing (fact sheet 5).

    What time the service says it is, is compared with this machine's clock.
    """
    client = CloudClient(pool_size=1, get_seconds=10.0, resolve=ServiceList([api_url]).resolve)
    address = TaskAddress(
        api_url=api_url,
        operation=Operation.RECOGNIZE_IMAGE,
        trial=True,
        task_id=NOBODYS_TASK,
    )
    try:
        client.fetch(address, access_token=None)
    except CloudError as error:
        sentence = f"{api_url}: {error} The dashboard works without it; so does --sandbox."
        yield Finding(ok=False, subject="service", sentence=sentence)
    else:
        yield Finding(ok=True, subject="service", sentence=f"{api_url} answers")
    finally:
        client.close()
    for found in service_skews(client.clocks.ahead()):
        yield Finding(ok=False, subject="service's clock", sentence=f"{found.headline} {found.advice}")
