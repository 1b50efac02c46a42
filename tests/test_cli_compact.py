"""``ocr-dashboard compact``."""

import pytest

from dashboard import bootstrap
from dashboard.settings import load_settings
from tests.commands import Run


def test_it_says_what_it_has_done(run: Run) -> None:
    """In megabytes; while a server runs, it refuses in one sentence."""
    code, said = run("compact")
    assert code == 0
    assert said.startswith("The database takes 0.")
    server = bootstrap.build(load_settings())
    code, said = run("compact")
    server.stop()
    assert (code, "in use" in said) == (1, True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql(run: Run, database_url: str) -> None:
    """There is nothing to do."""
    code, said = run("compact", database_url=database_url)
    assert (code, "by itself" in said) == (1, True)
