"""What PostgreSQL's tools are called with."""

from pathlib import Path

import pytest

from dashboard.store.postgresql_tools import dump_command, password_of, restore_command

FILE = Path("/backups/of ours.dump")


@pytest.mark.parametrize(
    ("url", "plain", "password"),
    [
        ("postgres://u:p%40ss@h:5/db", "postgresql://u@h:5/db", "p@ss"),
        ("postgresql+psycopg://u@h/db?sslmode=require", "'postgresql://u@h/db?sslmode=require'", ""),
        (
            "postgresql://u@/db?host=/run/a b&password=planted",
            "'postgresql://u@/db?host=%2Frun%2Fa%20b'",
            "planted",
        ),
        ("postgresql://u:x@h/db?sslpassword=planted", "postgresql://u@h/db", "x"),
    ],
)
def test_no_secret_is_shown_and_the_password_is_known(url: str, plain: str, password: str) -> None:
    """The same database, in words the tools know, ready for a shell."""
    assert dump_command(url, FILE).endswith(f" '--file={FILE}' {plain}")
    quoted = plain.replace("'postgresql", "'--dbname=postgresql") if "'" in plain else f"--dbname={plain}"
    assert restore_command(url, FILE).endswith(f" {quoted} '{FILE}'")
    assert "planted" not in dump_command(url, FILE) + restore_command(url, FILE)
    assert password_of(url) == password
