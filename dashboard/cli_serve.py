"""Commands that run a server, or look at one: serve, worker, sandbox, doctor, support."""

import contextlib
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from dashboard import bootstrap, freed_memory, logs
from dashboard.cli_team import address_of
from dashboard.ending import ENDING
from dashboard.errors import DashboardError, SettingsRefused
from dashboard.loading import loading
from dashboard.services.credentials import secret_keys
from dashboard.services.upkeep import checkup, installation_bundle
from dashboard.settings import Settings, load_settings
from dashboard.store.key_file import ADVICE

LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(case_sensitive=False, help="How much is logged."),
]
LogJson = Annotated[bool | None, typer.Option("--log-json/--log-text", help="Log JSON objects or text.")]


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    sandbox: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option("--sandbox", help="Use a stand-in of the service, with samples; no token, no internet."),
    ] = False,
    log_level: LogLevel = None,
    log_json: LogJson = None,
) -> None:
    """Serve the dashboard in the browser and poll in the background."""
    ENDING.at_once()
    freed_memory.give_back()
    settings = _settings(host=host, port=port, log_level=log_level, log_json=log_json)
    _refuse_busy_port(settings)
    bootstrap.configure(settings, sandbox=sandbox)
    root = _config_root()
    # Streamlit looks for its config beside the program it believes was started.
    sys.argv = [str(root / "ocr-dashboard")]
    key_file = secret_keys.key_file_of(settings)
    is_new_key = key_file is not None and not key_file.exists()
    dashboard = bootstrap.current()  # a wrong key or a locked database is said here, in one sentence
    if is_new_key:
        typer.echo(f"Stored tokens are encrypted with a new key in {key_file}. {ADVICE}")
    if sandbox:
        team = dashboard.team
        dashboard.sandbox.seed(intake=team.intake, credentials=team.credentials, sources=team.kept_sources)
    with loading():
        from dashboard.server import app  # Streamlit is slow to import and reads its config while it is

    invitation = None if settings.access == "open" else dashboard.access.first_link(dashboard.team.team_id)
    threading.Thread(target=_announce, args=(settings, invitation), daemon=True).start()
    ENDING.under_uvicorn()
    app.run(config={"server.port": settings.port, "server.address": settings.host})
    typer.echo("Stopped.")
    ENDING.leave()


def worker(log_level: LogLevel = None, log_json: LogJson = None) -> None:
    """Poll without serving pages; run as many as you like on one PostgreSQL."""
    ENDING.at_once()
    freed_memory.give_back()
    settings = _settings(log_level=log_level, log_json=log_json)
    dashboard = bootstrap.build(settings, worker=True)
    ENDING.within_seconds(lambda: dashboard)
    dashboard.database.checkpointing.start()
    dashboard.timekeeper.start()
    dashboard.start_polling()
    typer.echo("Polling. Press Ctrl+C to stop.")
    ENDING.wait()
    dashboard.stop()
    ENDING.leave()


def sandbox(
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port to listen on, on this machine only; 0 for any free one."),
    ] = 8600,
    token_seconds: Annotated[
        int, typer.Option(min=1, max=86_400, help="How long the access tokens live that it mints.")
    ] = 3600,
    log_level: LogLevel = None,
) -> None:
    """Run the stand-in of the OCR service alone, for scripts and tests."""
    logs.configure(level=log_level or "info")
    from dashboard import sandbox as stand_in  # only this command needs it

    def announce(url: str) -> None:
        typer.echo(f"Sandbox of the OCR service at {url} (OCR_DASHBOARD_API_URL). Ctrl+C stops it.")
        typer.echo(f"An access token it takes: {stand_in.DEMO_ACCESS_TOKEN}")
        typer.echo(
            f"A client ID and secret it takes: {stand_in.DEMO_CLIENT_ID} {stand_in.DEMO_CLIENT_SECRET}"
        )

    state = stand_in.SandboxState(token_seconds=token_seconds, reader=stand_in.reader_here())
    try:
        stand_in.SandboxServer(port=port, state=state).run(announce)
    except OSError as error:
        raise SettingsRefused(_not_listening("127.0.0.1", port, error)) from None
    finally:
        state.close()


def doctor() -> None:
    """Check settings, database, secrets and the service, and say what to do about each."""
    logs.configure(level="warning")
    healthy = True
    for finding in checkup.examine(load_settings):
        typer.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.subject}: {finding.sentence}")
        healthy = healthy and finding.ok
    if not healthy:
        raise typer.Exit(1)


def make_support_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite it.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Collect what helps to find a fault, without secrets and results, in one file to send on."""
    logs.configure(level="error")
    findings = list(checkup.examine(load_settings))
    settings: Settings | None = None
    dashboard: bootstrap.Dashboard | None = None
    with contextlib.suppress(DashboardError):  # it is among the findings
        settings = load_settings()
        dashboard = bootstrap.build(settings, worker=True)
    try:
        bundle = installation_bundle.collect(findings=findings, settings=settings, stored=dashboard)
    finally:
        if dashboard is not None:
            dashboard.stop()
    installation_bundle.write(file, bundle, overwrite=force)
    typer.echo(f"Written: {file}. It holds task IDs and labels, and no secrets, texts or images.")


def _settings(**given: object) -> Settings:
    settings = load_settings(**given)
    logs.configure(level=settings.log_level, as_json=settings.log_json)
    return settings


def _config_root() -> Path:
    """The folder with ``.streamlit``: inside an installed package, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here if (here / ".streamlit").is_dir() else here.parent


def _refuse_busy_port(settings: Settings) -> None:
    """Say it before anything is opened; otherwise two servers would share a database unasked."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            raise SettingsRefused(_not_listening(settings.host, settings.port, error)) from None


def _not_listening(host: str, port: int, error: OSError) -> str:
    reason = str(error.strerror).partition(" (while")[0]  # Python may add the address once more
    return (
        f"cannot listen on {host} port {port}: {reason}. "
        "Is it running already? Choose another port with --port"
    )


def _announce(settings: Settings, invitation: str | None) -> None:
    """Print the address once it answers."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host.strip("[]")  # noqa: S104 - comparing
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, settings.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            address = address_of(settings)
            typer.echo(f"OCR Dashboard is ready at {address}")
            if invitation:
                typer.echo(f"Nobody owns the team yet. Become its first owner: {address}/join/{invitation}")
            return
