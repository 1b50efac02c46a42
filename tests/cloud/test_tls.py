"""Certificates: an unknown one is refused, a chosen authority is respected."""

import datetime as dt
import ipaddress
import ssl
import time
from itertools import repeat
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from dashboard.cloud.client import CloudClient
from dashboard.errors import NoAnswer
from dashboard.models import State
from tests.cloud.wire import PENDING, TOKEN, Serve, at, http, trickling


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=9))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_unknown_certificates_are_refused(
    client: CloudClient, serve: Serve, seen: list[bytes], certificate: Path
) -> None:
    """Nothing is sent to a server that cannot prove who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    url = serve(http(PENDING), tls=context)
    with pytest.raises(NoAnswer, match="secure connection"):
        client.fetch(at(url), access_token=TOKEN)
    assert seen == []


def test_a_chosen_authority_is_not_overridden(
    serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session's own bundle wins over the environment, and the deadline holds over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", DEFAULT_CA_BUNDLE_PATH)
    session = requests.Session()
    session.verify = str(certificate)
    client = CloudClient(session, get_timeout=0.5)
    good = serve(http(PENDING), tls=context)
    assert client.fetch(at(good), access_token=TOKEN).state is State.PENDING
    slow = serve(trickling(b"HTTP/1.1 200 OK\r\nX: ", repeat(b"x")), tls=context)
    started = time.monotonic()
    with pytest.raises(NoAnswer, match=r"within 0\.5 s"):
        client.fetch(at(slow), access_token=TOKEN)
    assert time.monotonic() - started < 2.0
    client.close()
