"""Small pictures of sources: for every role of the team that holds them, for nobody else."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.bootstrap import Dashboard
from dashboard.models.dispatches import Pieces
from tests.dropping import made
from tests.web.serving import V1


@pytest.fixture
def source(dashboard: Dashboard, tmp_path: Path) -> int:
    """An image that is held."""
    path = tmp_path / "a.png"
    path.write_bytes(made.as_file("PNG"))
    kept = dashboard.team.kept_sources.keep(
        name="<b>a.png", data=Pieces.of_file(path), media_type="image/png", thumbnail=made.as_file("JPEG")
    )
    return kept.id


def test_its_small_picture(client: TestClient, source: int) -> None:
    """A JPEG that a browser keeps for a while and nobody else does."""
    answer = client.get(f"{V1}/sources/{source}/thumbnail")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.content == made.as_file("JPEG")


@pytest.mark.parametrize(("number", "status"), [("999", 404), ("0", 422), ("x", 422), (str(2**40), 422)])
def test_there_is_none(client: TestClient, number: str, status: int) -> None:
    """Of others, and of what is no number."""
    assert client.get(f"{V1}/sources/{number}/thumbnail").status_code == status
