"""Runs the steps on the connection it is given; how we start is the business of ``migrating``.

Nothing is configured here: no ini file, no logging, no second engine.
"""

from alembic import context

from dashboard.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes tables by copying them
)
with context.begin_transaction():
    context.run_migrations()
