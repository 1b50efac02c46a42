"""`/healthz`, `/readyz` and `/metrics`."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.bootstrap import Dashboard
from dashboard.errors import DashboardError, NotFound, StoreError
from dashboard.models import State
from dashboard.store.board_filter import BoardFilter
from dashboard.web.current_team import as_seen

STALE_SECONDS = 30.0
"""A poller that has not reached the database for this long is not ready."""

Metric = CounterMetricFamily | GaugeMetricFamily


def routes(dashboard: Callable[[], Dashboard]) -> list[BaseRoute]:
    """The health routes of a server."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        problems, details = await run_in_threadpool(lambda: (unready(dashboard), remarks(dashboard)))
        body = {"ready": not problems, "problems": problems, "details": details}
        return JSONResponse(body, status_code=503 if problems else 200)

    seen = as_seen(dashboard)

    async def metrics(request: Request) -> Response:
        try:
            text = await run_in_threadpool(lambda: _asked_for(seen(request)))
        except NotFound as error:
            return PlainTextResponse(f"{error}\n", status_code=404)
        except DashboardError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def figures(*collectors: Collector) -> bytes:
    """What these collectors say, as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def _asked_for(dashboard: Dashboard) -> bytes:
    team = TeamFigures(dashboard)
    # Among members, what the process does for all teams together is for who runs it: see web.operators.
    return figures(ProcessFigures(dashboard), team) if dashboard.settings.access == "open" else figures(team)


def unready(dashboard: Callable[[], Dashboard]) -> list[str]:
    """Why this server should not get traffic; empty when it should."""
    try:
        found = dashboard()
        found.team.board.look(BoardFilter(), per_page=1)
    except DashboardError as error:
        return [str(error)]
    # What is readable of an unfit one must not make it look well every now and then.
    if words := found.database.unfit or found.database.lack_of_room():
        return [words]
    poller = found.poller
    if found.settings.poller == "off":
        return []
    if not poller.is_running:
        return ["The poller is not running."]
    beat_at = poller.pulse.beat_at
    if poller.pulse.is_full or beat_at is None or time.monotonic() - beat_at > STALE_SECONDS:
        return [poller.pulse.store_trouble or "The poller is not getting ahead."]
    return []


def remarks(dashboard: Callable[[], Dashboard]) -> list[str]:
    """What is not as it should be although this server should get traffic."""
    try:
        found = dashboard()
        among_us = found.settings.access == "open"  # otherwise anybody may ask here, without a sign-in
        return [condition.headline for condition in found.outlook.whole(names_services=among_us)]
    except DashboardError:
        return []  # it is said as a problem


class ProcessFigures(Collector):
    """What the process does, for whichever team; read when asked, so that it costs nothing in between."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._poller = dashboard.poller
        self._outlook = dashboard.outlook

    def collect(self) -> Iterator[Metric]:
        """The current figures."""
        pulse = self._poller.pulse
        polls = CounterMetricFamily("ocr_dashboard_polls", "Calls to the OCR service", labels=["result"])
        for result, count in sorted(pulse.polls.copy().items()):
            polls.add_metric([result], count)
        yield polls
        yield CounterMetricFamily(
            "ocr_dashboard_poll_seconds", "Time spent waiting for the OCR service", value=pulse.poll_seconds
        )
        yield CounterMetricFamily(
            "ocr_dashboard_fenced", "Outcomes refused because another poller was first", value=pulse.fenced
        )
        yield GaugeMetricFamily("ocr_dashboard_in_flight", "Calls under way", value=pulse.in_flight)
        yield GaugeMetricFamily(
            "ocr_dashboard_poller_running", "1 while the poller loop lives", value=self._poller.is_running
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_index_behind",
            "Stored texts of all teams that no search finds yet",
            value=self._outlook.not_searchable(),
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_index_outdated",
            "Texts of all teams that are found as an older version read them, until they are indexed anew",
            value=self._outlook.not_renewed(),
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_retention_held",
            "Finished tasks of all teams that are not deleted until the clock is relied on",
            value=self._outlook.retention_held(),
        )
        yield self._clocks()

    def _clocks(self) -> Metric:
        of = "Seconds by which the clock is ahead of another: this machine's of the database's, ours of a service's"
        ahead = GaugeMetricFamily("ocr_dashboard_clock_ahead_seconds", of, labels=["of"])
        for name, seconds in {
            "database": self._outlook.machine_ahead(),
            **self._outlook.ahead_of_services(),
        }.items():
            ahead.add_metric([name], seconds)
        return ahead


class TeamFigures(Collector):
    """How the tasks of the asker's team stand."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._board = dashboard.team.board
        self._behind = dashboard.outlook.not_searchable(dashboard.team.team_id)

    def collect(self) -> Iterator[Metric]:
        """The current figures."""
        try:
            view = self._board.look(BoardFilter(), per_page=1)
        except StoreError:
            return  # the database is away; the process's own figures still help to see it
        tasks = GaugeMetricFamily("ocr_dashboard_tasks", "Stored tasks", labels=["state"])
        for state in State:
            tasks.add_metric([state.value], view.counts.by_state.get(state, 0))
        yield tasks
        yield GaugeMetricFamily(
            "ocr_dashboard_parked_tasks", "Open tasks that cannot be asked about", value=view.counts.parked
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_at_risk_tasks",
            "Open tasks that have less than two hours, at the latest, until the service deletes their results",
            value=view.at_risk.tasks,
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_unsearchable_texts", "Stored texts that no search finds yet", value=self._behind
        )
        yield GaugeMetricFamily(
            "ocr_dashboard_time_seconds", "This server's clock", value=datetime.now(UTC).timestamp()
        )
