"""PostgreSQL's driver, without loading it: who works with SQLite has no use for its 10 MB."""

import sys
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    import psycopg


def is_of_driver(error: object) -> "TypeGuard[psycopg.Error]":
    """Whether the driver has raised this; it cannot have before somebody has loaded it."""
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, driver.Error)
