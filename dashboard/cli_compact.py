"""``ocr-dashboard compact``: the SQLite file without its gaps."""

import typer

from dashboard import logs
from dashboard.errors import InputRefused
from dashboard.services.credentials import secret_keys
from dashboard.settings import load_settings
from dashboard.store import compacting

_MEGABYTE = 1_000_000


def compact() -> None:
    """Write the SQLite file anew, without what deleted results have left; stop servers and workers before.

    Newer files give back their space by themselves; from then on this one does as well.
    """
    settings = load_settings()
    logs.configure(level="warning", as_json=settings.log_json)
    with secret_keys.opened(settings) as database:
        if not database.is_sqlite:
            raise InputRefused(
                "PostgreSQL reuses and gives back space by itself; there is nothing to do here."
            )
        before, after = compacting.compact(database)
    typer.echo(
        f"The database takes {after / _MEGABYTE:,.1f} MB; before, it took {before / _MEGABYTE:,.1f} MB."
    )
