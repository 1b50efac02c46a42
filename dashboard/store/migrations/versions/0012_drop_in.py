"""The drop-in address: whether a team has it, who comes to it, what came by it; and answers exactly as they came."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; keys of before are keys, and no team has the address because of this."""
    op.add_column("team", sa.Column("drop_in", sa.Boolean))
    op.add_column("api_key", sa.Column("kind", sa.String, nullable=False, server_default="key"))
    op.add_column("api_key", sa.Column("drop_in_at", sa.Float(53)))
    op.add_column("batch", sa.Column("key_id", sa.Integer))
    op.add_column("batch", sa.Column("drop_in", sa.String))
    op.create_index("ix_batch_drop_in", "batch", ["team_id", "drop_in"], unique=True)
    op.add_column("part", sa.Column("wire", sa.Text))


def downgrade() -> None:
    """Drop them; what came by the address stays."""
    op.drop_column("part", "wire")
    op.drop_index("ix_batch_drop_in", "batch")
    op.drop_column("batch", "drop_in")
    op.drop_column("batch", "key_id")
    op.drop_column("api_key", "drop_in_at")
    op.drop_column("api_key", "kind")
    op.drop_column("team", "drop_in")
