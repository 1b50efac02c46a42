"""The ASGI app: Streamlit's pages, our routes beside them, and the life of the poller.

``ocr-dashboard serve`` runs it, ``streamlit run dashboard/server.py`` finds it, and so does any ASGI server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.file_util import get_static_dir
from streamlit.runtime import get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager

from dashboard import addresses, bootstrap, logs
from dashboard.ending import ENDING
from dashboard.errors import SettingsRefused, StoreError
from dashboard.networks import is_loopback
from dashboard.services.team.access import COOKIE, Access
from dashboard.services.team.visitors import Visitor
from dashboard.web import health, joining, page_script, share_pages
from dashboard.web.admission import Admission
from dashboard.web.api_mount import ApiMount
from dashboard.web.base_path import BasePath
from dashboard.web.drop_in import DropInRoute
from dashboard.web.forwarding import Forwarding, Proxies
from dashboard.web.gate import Gate, known_hosts
from dashboard.web.listening import Listening
from dashboard.web.media import Holders, Media
from dashboard.web.named_team import TeamAddress
from dashboard.web.operators import Operators
from dashboard.web.page_messages import PageFailures, PageMessages
from dashboard.web.page_script import PageScript
from dashboard.web.redirects import Redirects
from dashboard.web.store_trouble import StoreTrouble
from dashboard.web.unknown_address import UnknownAddress
from dashboard.web.uploads import Uploads

log = logs.get_logger(__name__)

_NOT_DRAWN = (
    '<div class="ocr-callout" data-tone="bad" role="alert"><p><b>This page could not be drawn.</b></p>'
    "<p>Load it again. If that does not help, tell whoever runs the dashboard: its log says more.</p></div>"
)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the dashboard and poll, with or without a browser; close both at the end."""
    opened: list[bootstrap.Dashboard] = []
    ENDING.within_seconds(lambda: opened[0] if opened else None)
    dashboard = await asyncio.to_thread(bootstrap.current)
    opened.append(dashboard)
    await asyncio.to_thread(dashboard.start)
    if _holders is not None:
        _holders.watch(get_instance().media_file_mgr, looking=_looking)
    try:
        yield {}
    finally:
        await asyncio.to_thread(dashboard.stop)
        bootstrap.use(None)


def on_script_error(error: Exception) -> bool:
    """Log what a page did not expect, and show one calm sentence instead of what is left of it."""
    _failures.tell(error)
    st.html(_NOT_DRAWN)
    return True


def routes() -> list[BaseRoute]:
    """Everything that is not a page."""
    inside: list[BaseRoute] = [
        *health.routes(bootstrap.current),
        *share_pages.routes(lambda: bootstrap.current().shared_results, lambda: bootstrap.current().clock()),
        DropInRoute(bootstrap.current),
        ApiMount(bootstrap.current),
    ]
    inside += page_script.routes(_scripts())
    if _settings.access == "open":
        return inside
    return [*joining.routes(_access), *_single_sign_on(), *inside]


def middleware() -> list[Middleware]:
    """What every request passes, outermost first."""
    gate = Middleware(
        Gate,
        hosts=known_hosts(_settings.host, _settings.allowed_hosts),
        this_machine_only=is_loopback(_settings.host),
    )
    below = Middleware(BasePath, base_path=_settings.base_path, proxies=_proxies)
    sign_in = _settings.sso_name if _settings.sso_issuer else ""
    admission = Middleware(Admission, access=_access, sign_in=sign_in)
    operators = Middleware(Operators, token=_settings.metrics_token, dashboard=bootstrap.current)
    members_only = [] if _settings.access == "open" else [operators, admission, Middleware(TeamAddress)]
    pages = addresses.paths(with_team=_settings.access == "team")
    around_pages = [
        Middleware(PageScript, scripts=_scripts()),
        Middleware(Uploads, parked=_parked),
        Middleware(Media, holders=_holders),
        Middleware(UnknownAddress, pages=pages, shell=Path(get_static_dir()) / "index.html"),
        Middleware(PageMessages),
    ]
    # Which proxy it is that says a path, only the connection tells: before its word for the address is taken.
    edge = [Middleware(Listening, proxies=_proxies), below, Middleware(Forwarding, proxies=_proxies)]
    return [*edge, gate, Middleware(StoreTrouble), Middleware(Redirects), *members_only, *around_pages]


def _scripts() -> list[str]:
    """What is put into every page."""
    below = [page_script.FOLDER] if _settings.base_path or _settings.proxies else []
    members_only = [page_script.STANDING] if _settings.access == "team" else []
    return [*below, *members_only, page_script.AWAY, page_script.DRAWN]


def _parked(session: str) -> int:
    """Bytes of uploads that Streamlit holds for a page."""
    files = get_instance().uploaded_file_mgr
    if not isinstance(files, MemoryUploadedFileManager):
        return 0
    return sum(len(record.data) for record in list(files.file_storage.get(session, {}).values()))


def _looking() -> Visitor | None:
    """Who looks at the page that is being drawn on this thread; nobody while the database cannot say."""
    with suppress(StoreError):
        return _access().visitor(st.context.cookies.get(COOKIE))
    return None


def _single_sign_on() -> list[BaseRoute]:
    if not _settings.sso_issuer:
        return []
    try:
        from dashboard.web import sso_routes
    except ModuleNotFoundError as error:
        sentence = f"single sign-on needs the package {error.name}: pip install 'ocr-dashboard[sso]'"
        raise SettingsRefused(sentence) from None
    return sso_routes.routes(lambda: bootstrap.current().single_sign_on, _settings)


def _access() -> Access:
    return bootstrap.current().access


_settings = bootstrap.settings()
logs.configure(level=_settings.log_level, as_json=_settings.log_json)
logs.leave_out("streamlit.error_util", "_log_uncaught_app_exception")  # on_script_error says it
_proxies = Proxies(_settings.proxies)
_failures = PageFailures()
_holders = None if _settings.access == "open" else Holders()
# Ours are named; no folder beside app.py is a menu, whatever an older version or somebody has left there.
PagesManager.uses_pages_directory = False

app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=lifespan,
    routes=routes(),
    middleware=middleware(),
    on_script_error=on_script_error,
)
