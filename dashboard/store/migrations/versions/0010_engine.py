"""Who holds a lease, which processes poll, and which services cannot be reached."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HELD = sa.text("holder IS NOT NULL")
_OPEN = sa.text("next_poll_at IS NOT NULL")
_LANE_CREDENTIAL = sa.text("(CASE WHEN trial THEN 0 ELSE coalesce(credential_id, 0) END)")


def upgrade() -> None:
    """Add them; leases that are held now end as they would have."""
    op.add_column("task", sa.Column("holder", sa.String))
    op.create_index("ix_task_holder", "task", ["holder"], sqlite_where=_HELD, postgresql_where=_HELD)
    for name, *moments in (
        ("ix_task_lane", "next_poll_at", "expires_at"),
        ("ix_task_deadline", "expires_at", "next_poll_at"),
    ):
        columns: list[str | sa.TextClause] = ["api_url", _LANE_CREDENTIAL, *moments]
        op.create_index(name, "task", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)
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
    op.drop_index("ix_task_deadline", "task")
    op.drop_index("ix_task_lane", "task")
    op.drop_index("ix_task_holder", "task")
    op.drop_column("task", "holder")
