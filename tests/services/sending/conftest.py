"""A dashboard that sends to a sandbox in this process, or to nobody; nothing runs by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard import bootstrap
from dashboard.bootstrap import Dashboard
from dashboard.models.dispatches import Pieces
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.samples import latin
from dashboard.settings import load_settings

Keep = Callable[..., int]


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A sandbox over HTTP."""
    with SandboxServer() as server:
        yield server.url


@pytest.fixture
def app(tmp_path: Path, database_url: str, service: str) -> Iterator[Dashboard]:
    """It has a token, the default one."""
    built = bootstrap.build(
        load_settings(data_dir=tmp_path / "data", database_url=database_url, api_url=service)
    )
    built.team.credentials.add(label="Demo", access_token=DEMO_ACCESS_TOKEN)
    yield built
    built.stop()


@pytest.fixture
def keep(app: Dashboard, tmp_path: Path) -> Keep:
    """Keeps an image that is unlike all others; gives back its ID."""
    count = 0

    def keep(name: str = "", data: bytes | None = None, media_type: str = "image/png") -> int:
        nonlocal count
        count += 1
        path = tmp_path / f"dropped-{count}"
        path.write_bytes(data if data is not None else latin().image + count.to_bytes(4, "big"))
        kept = app.team.kept_sources.keep(
            name=name or f"scan-{count}.png", data=Pieces.of_file(path), media_type=media_type
        )
        return kept.id

    return keep
