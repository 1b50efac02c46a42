"""When this deployment was last seen running."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; its one row is made by the first process."""
    op.create_table(
        "clock_seen",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seen_at", sa.Float(53), nullable=False),
        sa.Column("steady_seconds", sa.Float, nullable=False),
        sa.Column("gap_seconds", sa.Float),
        sa.Column("gap_at", sa.Float(53)),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("clock_seen")
