"""Who can open an address that is sent away."""

import pytest

from dashboard.ui.public_address import is_only_here


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8501/s/x",
        "http://127.1.2.3/",
        "http://localhost:8501",
        "http://LOCALHOST./",
        "http://ocr.localhost/",
        "http://[::1]:8501/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0:8501/",
        "http://[::]/",
    ],
)
def test_this_computer(address: str) -> None:
    """Means somebody else's on theirs."""
    assert is_only_here(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.20:8501/s/x",
        "http://ocr.example.org/ocr/s/x",
        "https://localhost.example.org/",
        "http://ocr:8501",
        "http://[2001:db8::1]/",
        "http://10.0.0.1/",
        "",
    ],
)
def test_elsewhere(address: str) -> None:
    """Others may reach it."""
    assert not is_only_here(address)
