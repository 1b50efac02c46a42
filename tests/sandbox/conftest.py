"""One sandbox over real HTTP for the whole folder, with a clock that tests move by hand."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer, SandboxState
from dashboard.sandbox.faults import Call
from dashboard.sandbox.samples import latin


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time, aware UTC."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move it on."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def shared_clock() -> ManualClock:
    """The clock of the shared sandbox."""
    return ManualClock()


@pytest.fixture(scope="session")
def shared_sandbox(shared_clock: ManualClock) -> Iterator[SandboxServer]:
    """Starting and stopping one for every test would cost most of the time."""
    with SandboxServer(state=SandboxState(clock=shared_clock)) as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """A listening sandbox with all faults off."""
    shared_sandbox.state.faults.clear()
    yield shared_sandbox
    shared_sandbox.state.faults.clear()


@pytest.fixture
def advance(shared_clock: ManualClock) -> Callable[[float], None]:
    """Move the sandbox's clock on, in seconds."""
    return shared_clock.advance


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A session that carries the demo token and follows no redirects by itself."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {DEMO_ACCESS_TOKEN}"
        yield session


@pytest.fixture
def submit(sandbox: SandboxServer, http: requests.Session) -> Callable[..., str]:
    """Submit latin.png (or another image) to a path and get the task ID."""

    def send(path: str = "RecognizeImage", image: bytes = latin().image, **settings: object) -> str:
        body = {"image": base64.b64encode(image).decode(), "settings": settings}
        answer = http.post(f"{sandbox.url}/v5.0/ocr/{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.text

    return send


@pytest.fixture
def done(submit: Callable[..., str], advance: Callable[[float], None]) -> Callable[[str], str]:
    """A completed task with parts of this result type."""

    def make(result_type: str) -> str:
        task_id = submit(resultType=result_type)
        advance(10)
        return task_id

    return make


@pytest.fixture
def switch_on(sandbox: SandboxServer) -> Callable[..., requests.Response]:
    """Ask the sandbox for a fault."""

    def ask(**wish: object) -> requests.Response:
        return requests.post(f"{sandbox.url}/sandbox/faults", json=wish, timeout=5)

    return ask


@pytest.fixture
def call(sandbox: SandboxServer, http: requests.Session) -> Callable[[Call, str], requests.Response]:
    """Make a call of this kind, about this task where it is about one."""
    form = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "right"}
    body = {"image": base64.b64encode(latin().image).decode(), "settings": {}}
    image = "v5.0/ocr/RecognizeImage"
    addresses = {
        Call.TOKEN: ("POST", "connect/token"),
        Call.SUBMIT: ("POST", image),
        Call.FETCH: ("GET", image),
        Call.STATUS: ("GET", "v5.0/ocr/Utilities/GetTaskStatus"),
        Call.CANCEL: ("DELETE", image),
    }

    def ask(kind: Call, task_id: str = "") -> requests.Response:
        method, path = addresses[kind]
        return http.request(
            method,
            f"{sandbox.url}/{path}",
            params={"id": task_id} if method != "POST" else None,
            data=form if kind is Call.TOKEN else None,
            json=body if kind is Call.SUBMIT else None,
            timeout=0.5,
            allow_redirects=False,
            stream=True,
        )

    return ask
