"""Redirects: followed within the service, never with a token to anywhere else."""

import socket

import pytest

from dashboard.cloud.client import CloudClient
from dashboard.errors import UnreadableAnswer
from dashboard.models import Operation, State
from dashboard.models.recognition import RecognitionSettings
from tests.cloud.wire import PENDING, TOKEN, Serve, at, http


def test_redirects_to_another_place_are_not_followed(
    client: CloudClient, serve: Serve, seen: list[bytes]
) -> None:
    """Neither the token nor anything else reaches another host, port or scheme."""
    elsewhere = serve(http(PENDING))
    own: list[str] = []
    locations = [
        elsewhere,
        elsewhere.replace("http://", "//"),
        "https://127.0.0.1/",
        "http://user:pass@{own}/x",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "ftp://127.0.0.1/",
    ]
    for location in locations:
        target = location

        def behave(conn: socket.socket, _request: bytes, target: str = target) -> None:
            place = target.format(own=own[-1].removeprefix("http://"))
            conn.sendall(http(b"", "302 Found", f"Location: {place}"))

        own.append(serve(behave))
        with pytest.raises(UnreadableAnswer, match="redirects to"):
            client.fetch(at(own[-1]), access_token=TOKEN)
    hosts = [request.lower().split(b"host: ")[1].split(b"\r\n")[0].decode() for request in seen]
    assert hosts == [url.removeprefix("http://") for url in own]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
def test_redirects_within_the_service_are_followed(
    client: CloudClient, serve: Serve, seen: list[bytes], status: str
) -> None:
    """A new path on the same host keeps the token."""

    def behave(conn: socket.socket, request: bytes) -> None:
        moved = b"GET /new" in request
        conn.sendall(http(PENDING) if moved else http(b"x" * 999, status, "Location: /new?id=1"))

    assert client.fetch(at(serve(behave)), access_token=TOKEN).state is State.PENDING
    assert len(seen) == 2
    assert all(f"Bearer {TOKEN}".encode() in request for request in seen)


@pytest.mark.parametrize(
    "location",
    [
        "/",
        "/admin",
        "/asposed/x",
        "/aspose/../admin",
        "../../../../admin",
        "{own}/aspose/../admin",
        "{own}/aspose/%2e%2e/admin",
        "{own}/aspose/%252E%252E/admin",
        "{own}/aspose/..%2fadmin",
        "{own}/aspose/..;/admin",
        "{own}/aspose/..\\admin",
        "{own}/other",
    ],
)
def test_redirects_do_not_leave_the_path_of_a_service(
    client: CloudClient, serve: Serve, seen: list[bytes], location: str
) -> None:
    """Where a service lives below a path, the rest of its host is somebody else's."""
    own: list[str] = []

    def behave(conn: socket.socket, _request: bytes) -> None:
        conn.sendall(http(b"", "302 Found", f"Location: {location.format(own=own[0])}"))

    own.append(serve(behave))
    with pytest.raises(UnreadableAnswer, match="redirects to"):
        client.fetch(at(f"{own[0]}/aspose"), access_token=TOKEN)
    assert len(seen) == 1


def test_redirects_below_the_path_of_a_service_are_followed(
    client: CloudClient, serve: Serve, seen: list[bytes]
) -> None:
    """They stay with it."""

    def behave(conn: socket.socket, request: bytes) -> None:
        moved = b"GET /aspose/new" in request
        conn.sendall(http(PENDING) if moved else http(b"", "302 Found", "Location: /aspose/new?id=1"))

    assert client.fetch(at(f"{serve(behave)}/aspose/"), access_token=TOKEN).state is State.PENDING
    assert len(seen) == 2


def test_a_login_is_not_redirected_away(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """It carries the secret."""
    url = serve(http(b"", "307 Temporary Redirect", "Location: /admin/connect/token"))
    with pytest.raises(UnreadableAnswer, match="redirects to"):
        client.login(api_url=f"{url}/aspose", client_id="i", client_secret="planted-secret")
    assert len(seen) == 1


def test_redirects_end(client: CloudClient, serve: Serve, seen: list[bytes]) -> None:
    """After three redirects it is enough."""
    url = serve(http(b"", "302 Found", "Location: /again"))
    with pytest.raises(UnreadableAnswer, match="in circles"):
        client.fetch(at(url), access_token=TOKEN)
    assert len(seen) == 4


def test_a_redirected_submission_is_not_turned_into_a_question(
    client: CloudClient, serve: Serve, seen: list[bytes]
) -> None:
    """A POST is only repeated where the server says nothing was done."""
    url = serve(http(b"", "302 Found", "Location: /again"))
    with pytest.raises(UnreadableAnswer):
        client.submit(
            api_url=url,
            operation=Operation.RECOGNIZE_IMAGE,
            trial=True,
            image=b"GIF89a",
            settings=RecognitionSettings(),
            access_token=None,
        )
    assert len(seen) == 1
