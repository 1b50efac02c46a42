"""Who holds a lease, which processes poll, and which services cannot be reached."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HELD = sa.text("holder IS NOT NULL")


def upgrade() -> None:
    """Add them; leases that are held now end as they would have."""
    op.add_column("task", sa.Column("holder", sa.String))
    op.create_index("ix_task_holder", "task", ["holder"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_table(
        "process",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("started_at", sa.Float(53), nullable=False),
        sa.Column("beat_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "outage",
        sa.Column("api_url", sa.String, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("probe_at", sa.Float(53)),
        sa.Column("detail", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("outage")
    op.drop_table("process")
    op.drop_index("ix_task_holder", "task")
    op.drop_column("task", "holder")
