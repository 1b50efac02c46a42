"""Task IDs found in either case, rows that were stored in both stay; a default token for each service."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the small letters of IDs that have capitals, and say which token has been the default until now."""
    op.add_column("task", sa.Column("lower_id", sa.String))
    op.create_index("ix_task_lower_id", "task", ["team_id", "lower_id"])
    op.execute("UPDATE task SET lower_id = lower(task_id) WHERE task_id <> lower(task_id)")
    op.execute(
        "UPDATE credential SET is_default = true WHERE id IN ("
        "SELECT max(id) FROM credential AS mine WHERE NOT EXISTS ("
        "SELECT 1 FROM credential AS other WHERE other.team_id = mine.team_id "
        "AND other.api_url = mine.api_url AND other.is_default) GROUP BY team_id, api_url)"
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_task_lower_id", "task")
    op.drop_column("task", "lower_id")
