"""How long tasks take, by kind; what a call is worth, by token."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; nothing is known yet, and all tokens cost as usual."""
    op.create_table(
        "task_history",
        sa.Column("api_url", sa.String, primary_key=True),
        sa.Column("operation", sa.String, primary_key=True),
        sa.Column("trial", sa.Boolean, primary_key=True),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("open_seconds", sa.JSON, nullable=False),
    )
    op.add_column("credential", sa.Column("poll_cost", sa.String, nullable=False, server_default="normal"))


def downgrade() -> None:
    """Forget what was learned, and what calls are worth."""
    with op.batch_alter_table("credential") as batch:
        batch.drop_column("poll_cost")
    op.drop_table("task_history")
