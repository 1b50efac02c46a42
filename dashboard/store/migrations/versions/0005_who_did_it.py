"""The audit log says who it was by what people cannot choose; sign-ins of one person are told from others'."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBERS = ("sign_in_id", "person_id", "link_id", "key_id")
WORDS = ("link", "account")


def upgrade() -> None:
    """Add the columns; of what happened before, only the display name is known."""
    op.add_column("sign_in", sa.Column("first_id", sa.Integer))
    for name in NUMBERS:
        op.add_column("audit_entry", sa.Column(name, sa.Integer))
    for name in WORDS:
        op.add_column("audit_entry", sa.Column(name, sa.String))


def downgrade() -> None:
    """Forget them."""
    for name in (*NUMBERS, *WORDS):
        op.drop_column("audit_entry", name)
    op.drop_column("sign_in", "first_id")
